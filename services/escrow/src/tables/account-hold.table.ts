import type { HoldKind } from '@holdfast/events';
import type { Rows, Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';

/** Escrow's own copy of the holds of contracts, one row per cause (S-5, S-12). */
export const AccountHoldTable = defineEntity({
  name: 'AccountHold',
  tableName: 'account_holds',
  properties: {
    id: p.uuid().primary(),
    accountId: p.text(),
    kind: p.text().$type<HoldKind>(),
    standing: p.boolean(),
    placedAt: p.datetime(),
    version: p.integer(),
  },
});

export type AccountHold = Omit<InferEntity<typeof AccountHoldTable>, 'version'>;

/** Under these no money of the account's agreements moves (E-16, S-5). */
export const freezesMoney = ({ kind }: Pick<AccountHold, 'kind'>): boolean =>
  kind === 'safety' || kind === 'closed';

/** Under it the account's client funds nothing (S-5). What is funded under those that freeze is frozen at once. */
export const forbidsPaying = ({ kind }: Pick<AccountHold, 'kind'>): boolean => kind === 'financial';

export async function isKeptFromPaying(rows: Rows, accountId: string): Promise<boolean> {
  return (await rows.many(AccountHoldTable, { accountId, standing: true })).some(forbidsPaying);
}

/** Those of both parties under which money that is funded now is frozen at once. */
export async function freezingHolds(
  tx: Tx,
  { clientId, freelancerId }: { clientId: string; freelancerId: string },
): Promise<AccountHold[]> {
  const ofClient = await tx.many(AccountHoldTable, { accountId: clientId, standing: true });
  const ofFreelancer = await tx.many(AccountHoldTable, { accountId: freelancerId, standing: true });
  return [...ofClient, ...ofFreelancer].filter(freezesMoney);
}
