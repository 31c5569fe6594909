import { Rejection } from '@holdfast/domain';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { AccountTable, BillingMethodTable } from '../tables/account.table.ts';

/** The caller's own account, and whether it may send offers already. */
@Injectable()
export class MyAccount {
  constructor(private readonly orm: MikroORM) {}

  /** @throws Rejection account.unknown */
  async of(accountId: string): Promise<object> {
    const em = this.orm.em.fork();
    const account = await em.findOne(AccountTable, { id: accountId });
    if (!account) throw new Rejection('account.unknown');
    const methods = await em.count(BillingMethodTable, { accountId });
    return { accountId, roles: account.roles, region: account.region, billingMethodVerified: methods > 0 };
  }
}
