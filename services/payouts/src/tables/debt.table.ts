import { usd } from '@holdfast/domain';
import type { Rows, Tx } from '@holdfast/messaging';
import { defineEntity, p } from '@mikro-orm/postgresql';
import type { Debt, DebtOpened, DebtSettled } from '../domain/debt.ts';

/** What freelancers owe the platform, and for what (B-6). */
export const DebtTable = defineEntity({
  name: 'Debt',
  tableName: 'debts',
  properties: {
    id: p.uuid().primary(),
    accountId: p.text(),
    agreementId: p.uuid(),
    /** The chargeback, or another cause. */
    causeId: p.uuid(),
    amountMinor: p.bigint(),
    leftMinor: p.bigint(),
    open: p.boolean(),
    openedAt: p.datetime(),
    version: p.integer(),
  },
});

export async function loadOpenDebts(tx: Rows, accountId: string): Promise<Debt[]> {
  const rows = await tx.many(DebtTable, { accountId, open: true });
  return rows.map(({ id, openedAt, leftMinor }) => ({ id, accountId, openedAt, left: usd(leftMinor) }));
}

export const insertDebt = (
  tx: Tx,
  { debtId: id, accountId, amount, left }: DebtOpened,
  cause: { agreementId: string; causeId: string },
): void =>
  tx.insert(DebtTable, {
    id,
    accountId,
    ...cause,
    amountMinor: amount.amountMinor,
    leftMinor: left.amountMinor,
    open: true,
    openedAt: tx.now,
  });

export async function saveSettled(tx: Tx, settled: readonly DebtSettled[]): Promise<void> {
  for (const { debtId: id, left } of settled) {
    const row = (await tx.one(DebtTable, { id }))!;
    tx.save(DebtTable, { ...row, leftMinor: left.amountMinor, open: left.amountMinor > 0n });
  }
}
