import { Rejection } from '@holdfast/domain';
import { PersonKeyTable, PersonTexts } from '@holdfast/service';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { AccountTable } from '../tables/account.table.ts';
import { HoldAppealTable } from '../tables/appeal.table.ts';
import { AccountHoldTable, type HoldRow } from '../tables/hold.table.ts';
import { accountStatus } from './account-status.ts';
import { shownAppeal, shownHold } from './shown-hold.ts';

/** All holds of an account for operators, lifted ones too: who placed and lifted them, why, and what was said against (S-5, S-11, AD-21). */
@Injectable()
export class AccountHolds {
  constructor(
    private readonly orm: MikroORM,
    private readonly texts: PersonTexts,
  ) {}

  /** @throws Rejection account.unknown */
  async of(accountId: string): Promise<object> {
    const em = this.orm.em.fork();
    const account = await em.findOne(AccountTable, { id: accountId });
    if (!account) throw new Rejection('account.unknown');
    const key = (await em.findOne(PersonKeyTable, { id: accountId })) ?? undefined;
    const holds = await em.find(AccountHoldTable, { accountId }, { orderBy: { id: 'asc' }, limit: 1_000 });
    const standing = holds.filter(({ status }) => status === 'standing');
    const status = await accountStatus(em, account, standing);
    const appeals = await em.find(HoldAppealTable, { accountId }, { orderBy: { id: 'asc' }, limit: 1_000 });
    const shown = (hold: HoldRow): object => {
      const against = appeals.filter(({ holdId }) => holdId === hold.id);
      const said = against.map((appeal) => shownAppeal(this.texts, key, appeal));
      return { ...shownHold(this.texts, key, hold), ...(said.length > 0 ? { appeals: said } : {}) };
    };
    return { accountId, status, holds: holds.map(shown) };
  }
}
