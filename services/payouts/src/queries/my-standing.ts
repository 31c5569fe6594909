import { NotYet } from '@holdfast/domain';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { neededForm } from '../domain/person.ts';
import { AccountHoldTable, kindsOf, PersonTable } from '../tables/person.table.ts';

/** What stands between a freelancer and a withdrawal: identity, tax form and which one, holds (W-4). No name, no reasons. */
@Injectable()
export class MyStanding {
  constructor(private readonly orm: MikroORM) {}

  /** @throws NotYet account.unknown: it may just have been opened in contracts */
  async of(accountId: string): Promise<object> {
    const em = this.orm.em.fork();
    const person = await em.findOne(PersonTable, { id: accountId });
    if (!person) throw new NotYet('account.unknown');
    const holds = await em.find(AccountHoldTable, { accountId, standing: true });
    const needed = neededForm({ region: person.region ?? undefined });
    return {
      accountId,
      identity: person.identity,
      taxForm: person.taxFormStatus,
      ...(needed ? { taxFormNeeded: needed } : {}),
      holds: kindsOf(holds),
    };
  }
}
