import { payoutsEvents } from '@holdfast/events';
import type { Tx } from '@holdfast/messaging';
import { settleDebts } from '../domain/debt.ts';
import { loadOpenDebts, saveSettled } from '../tables/debt.table.ts';
import { touchPerson } from '../tables/person.table.ts';
import { reviewHolds } from './review-holds.ts';

/**
 * What comes to a freelancer pays debts first; without any left their withdrawals go on (B-6).
 * @returns what debts took, and what is left for the balance
 */
export async function payDebts(
  tx: Tx,
  accountId: string,
  amountMinor: bigint,
): Promise<{ paidMinor: bigint; restMinor: bigint }> {
  const debts = await loadOpenDebts(tx, accountId);
  if (debts.length === 0) return { paidMinor: 0n, restMinor: amountMinor };
  const { settled, restMinor } = settleDebts(debts, amountMinor);
  await saveSettled(tx, settled);
  tx.publish(payoutsEvents, settled);
  const isFree = settled.length === debts.length && settled.every(({ left }) => left.amountMinor === 0n);
  if (isFree && (await touchPerson(tx, accountId))) await reviewHolds(tx, accountId, { isInDebt: false });
  return { paidMinor: amountMinor - restMinor, restMinor };
}
