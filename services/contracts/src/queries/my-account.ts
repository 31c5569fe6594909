import { Rejection } from '@holdfast/domain';
import { Instant } from '@holdfast/events';
import { PersonKeyTable, PersonTexts } from '@holdfast/service';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { classOf } from '../domain/hold.ts';
import { AccountTable, BillingMethodTable } from '../tables/account.table.ts';
import { type AppealRow, HoldAppealTable } from '../tables/appeal.table.ts';
import { ContactTable, type Email, emailPlace } from '../tables/contact.table.ts';
import { AccountHoldTable } from '../tables/hold.table.ts';
import { accountStatus } from './account-status.ts';

/** The caller's own account: address, whether it may send offers already, and which holds stand on it (S-11). */
@Injectable()
export class MyAccount {
  constructor(
    private readonly orm: MikroORM,
    private readonly texts: PersonTexts,
  ) {}

  /** @throws Rejection account.unknown */
  async of(accountId: string): Promise<object> {
    const em = this.orm.em.fork();
    const account = await em.findOne(AccountTable, { id: accountId });
    if (!account) throw new Rejection('account.unknown');
    const methods = await em.count(BillingMethodTable, { accountId });
    const holds = await em.find(
      AccountHoldTable,
      { accountId, status: 'standing' },
      { orderBy: { id: 'asc' }, limit: 200 },
    );
    const standing = { holdId: { $in: holds.map(({ id }) => id) } };
    const appeals = await em.find(HoldAppealTable, standing, { orderBy: { id: 'asc' } });
    const contact = await em.findOne(ContactTable, { id: accountId });
    const key = (await em.findOne(PersonKeyTable, { id: accountId })) ?? undefined;
    const known = contact && this.texts.open<Email>(key, emailPlace(accountId), contact.email);
    return {
      accountId,
      status: await accountStatus(em, account, holds),
      roles: account.roles,
      region: account.region,
      ...(known ?? {}),
      ...(contact ? { newsByMail: !contact.newsRefusedAt } : {}),
      billingMethodVerified: methods > 0,
      holds: holds.map(({ id, kind, reason, placedAt }) => {
        const since = Instant.encode(placedAt);
        const appeal = appeals.findLast(({ holdId }) => holdId === id);
        return {
          holdId: id,
          kind,
          reasonClass: classOf(reason),
          since,
          ...(appeal ? { appeal: own(appeal) } : {}),
        };
      }),
    };
  }
}

/** How it stands with the newest appeal against a hold; who decides it, and the words, are for operators. */
const own = ({ id, status, openedAt, refusal, againAt }: AppealRow): object => ({
  appealId: id,
  status,
  since: Instant.encode(openedAt),
  ...(refusal ? { reasonClass: refusal, againAt: Instant.encode(againAt!) } : {}),
});
