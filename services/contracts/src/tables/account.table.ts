import type { Tx } from '@holdfast/messaging';
import { defineEntity, p } from '@mikro-orm/postgresql';
import type { Account } from '../domain/account.ts';

export const AccountTable = defineEntity({
  name: 'Account',
  tableName: 'accounts',
  properties: {
    /** The `sub` of the person's token (S-12). */
    id: p.text().primary(),
    roles: p.json<Account['roles']>(),
    region: p.text().$type<Account['region']>(),
    version: p.integer(),
  },
});

/** Contracts' own copy of who has a verified billing method, built from escrow's facts (A-7). */
export const BillingMethodTable = defineEntity({
  name: 'BillingMethod',
  tableName: 'billing_methods',
  properties: {
    id: p.uuid().primary(),
    accountId: p.text(),
    kind: p.text(),
    version: p.integer(),
  },
});

export async function loadAccount(tx: Tx, id: string): Promise<Account | undefined> {
  const row = await tx.one(AccountTable, { id });
  return row && { id: row.id, roles: row.roles, region: row.region };
}

export const insertAccount = (tx: Tx, account: Account): void => tx.insert(AccountTable, { ...account });
