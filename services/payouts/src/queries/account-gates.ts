import { NotYet } from '@holdfast/domain';
import { Instant } from '@holdfast/events';
import { PersonKeyTable, PersonTexts } from '@holdfast/service';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { neededForm } from '../domain/person.ts';
import { AccountChangeTable, type ChangeReason, reasonPlace } from '../tables/account-change.table.ts';
import { AccountHoldTable, kindsOf, PersonTable } from '../tables/person.table.ts';

/** Enough to see how it came to this; the newest come first. */
const listedMax = 100;

/** For operators: what stands before a person's withdrawals, and who recorded what, and why (S-3, P-13, AD-21). */
@Injectable()
export class AccountGates {
  constructor(
    private readonly orm: MikroORM,
    private readonly texts: PersonTexts,
  ) {}

  /** @throws NotYet account.unknown: it may just have been opened in contracts */
  async of(accountId: string): Promise<object> {
    const em = this.orm.em.fork();
    const person = await em.findOne(PersonTable, { id: accountId });
    if (!person) throw new NotYet('account.unknown');
    const [holds, changes, key] = await Promise.all([
      em.find(AccountHoldTable, { accountId, standing: true }),
      em.find(AccountChangeTable, { accountId }, { orderBy: { id: 'desc' }, limit: listedMax }),
      em.findOne(PersonKeyTable, { id: accountId }),
    ]);
    const { identity, identityDueAt, taxForm, taxFormStatus, taxFormAt, region } = person;
    const needed = neededForm({ region: region ?? undefined });
    return {
      accountId,
      identity: { status: identity, ...(identityDueAt ? { dueAt: Instant.encode(identityDueAt) } : {}) },
      taxForm: {
        status: taxFormStatus,
        ...(needed ? { needed } : {}),
        ...(taxForm ? { type: taxForm, recordedAt: Instant.encode(taxFormAt!) } : {}),
      },
      holds: kindsOf(holds),
      changes: changes.map(({ id, what, methodId, value, changedBy, changedAt, reasonSealed }) => ({
        what,
        ...(methodId ? { methodId } : {}),
        value,
        by: changedBy,
        // Null where the person was erased (C-9).
        reason:
          this.texts.open<ChangeReason>(key ?? undefined, reasonPlace(id), reasonSealed)?.reason ?? null,
        at: Instant.encode(changedAt),
      })),
    };
  }
}
