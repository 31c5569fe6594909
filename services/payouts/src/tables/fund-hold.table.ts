import type { Tx } from '@holdfast/messaging';
import { defineEntity, p } from '@mikro-orm/postgresql';
import type { Taken } from '../domain/balance.ts';
import type { FundHold } from '../domain/fund-hold.ts';

/** Holds on paid money, one per cause (B-5). */
export const FundHoldTable = defineEntity({
  name: 'FundHold',
  tableName: 'fund_holds',
  properties: {
    id: p.uuid().primary(),
    agreementId: p.uuid(),
    accountId: p.text(),
    cause: p.text().$type<FundHold['cause']>(),
    causeId: p.uuid(),
    /** Which credits gave how much, as digit strings. */
    fromPending: p.json<readonly { creditId: string; amountMinor: string }[]>(),
    fromAvailableMinor: p.bigint(),
    standing: p.boolean(),
    placedAt: p.datetime(),
    version: p.integer(),
  },
});

/** What may be taken by the next one who asks: a view on the ledger's stored balance. */
export const AvailableView = defineEntity({
  name: 'AvailableBalance',
  tableName: 'available_balances',
  properties: { id: p.text().primary(), amountMinor: p.bigint() },
});

export async function loadFundHold(
  tx: Tx,
  cause: Pick<FundHold, 'cause' | 'causeId'>,
): Promise<FundHold | undefined> {
  const row = await tx.one(FundHoldTable, { ...cause, standing: true });
  if (!row) return undefined;
  const { id, agreementId, accountId, fromAvailableMinor } = row;
  return { id, agreementId, accountId, ...cause, fromPending: decoded(row.fromPending), fromAvailableMinor };
}

export const insertFundHold = (tx: Tx, hold: FundHold): void =>
  tx.insert(FundHoldTable, {
    ...hold,
    fromPending: hold.fromPending.map((part) => ({ ...part, amountMinor: String(part.amountMinor) })),
    standing: true,
    placedAt: tx.now,
  });

/** It ends as it was placed: what became of its money stands in the journals. */
export async function endFundHold(tx: Tx, { id }: FundHold): Promise<void> {
  const row = (await tx.one(FundHoldTable, { id }))!;
  tx.save(FundHoldTable, { ...row, standing: false });
}

const decoded = (parts: readonly { creditId: string; amountMinor: string }[]): Taken['fromPending'] =>
  parts.map(({ creditId, amountMinor }) => ({ creditId, amountMinor: BigInt(amountMinor) }));
