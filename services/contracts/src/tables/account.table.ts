import type { Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type { Account } from '../domain/account.ts';
import type { Parties } from '../domain/offer.ts';
import { loadStandingHolds } from './hold.table.ts';

export const AccountTable = defineEntity({
  name: 'Account',
  tableName: 'accounts',
  properties: {
    /** The `sub` of the person's token (S-12). */
    id: p.text().primary(),
    roles: p.json<Account['roles']>(),
    region: p.text().$type<Account['region']>(),
    closedAt: p.datetime().nullable(),
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
    removed: p.boolean(),
    version: p.integer(),
  },
});

const toRow = ({
  id,
  roles,
  region,
  closedAt,
}: Account): Omit<InferEntity<typeof AccountTable>, 'version'> => ({
  id,
  roles,
  region,
  closedAt: closedAt ?? null,
});

/**
 * First the account, then its holds: one that is placed after the first reading has given the account another version,
 * so that whoever decides without it decides again. Without the hold that is being lifted.
 */
export async function loadAccount(tx: Tx, id: string, liftedHoldId?: string): Promise<Account | undefined> {
  const row = await tx.one(AccountTable, { id });
  if (!row) return undefined;
  const holds = await loadStandingHolds(tx, { accountId: id });
  const standing = holds.filter((hold) => hold.id !== liftedHoldId);
  const { roles, region, closedAt } = row;
  return { id, roles, region, holds: standing.map(({ kind }) => kind), closedAt: closedAt ?? undefined };
}

/** Both parties of an offer: its keys to their accounts say that they are there. */
export async function loadParties(
  tx: Tx,
  { clientId, freelancerId }: Parties,
  liftedHoldId?: string,
): Promise<{ client: Account; freelancer: Account }> {
  const client = await loadAccount(tx, clientId, liftedHoldId);
  const freelancer = await loadAccount(tx, freelancerId, liftedHoldId);
  return { client: client!, freelancer: freelancer! };
}

export const insertAccount = (tx: Tx, account: Account): void => tx.insert(AccountTable, toRow(account));
export const saveAccount = (tx: Tx, account: Account): void => tx.save(AccountTable, toRow(account));
