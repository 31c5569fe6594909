import type { Tx } from '@holdfast/messaging';
import type { Refund } from '../domain/refund.ts';
import { drop, resume, suspend } from '../domain/refund-attempt.ts';
import { hasOpenChargeback } from '../tables/chargeback.table.ts';
import { fromRow, RefundTable } from '../tables/refund.table.ts';
import { loadAttemptsOfCharge, saveRefundAttempt } from '../tables/refund-attempt.table.ts';

/** While a chargeback is open on a charge no refund call is made on it (E-23, P-9): the client would be paid twice. */
export function isChargedBack(tx: Tx, fundingId: string): Promise<boolean> {
  return hasOpenChargeback(tx, fundingId);
}

/** A chargeback on the charge opened: refunds that are not at the provider yet wait for its end. */
export async function suspendRefunds(tx: Tx, fundingId: string): Promise<void> {
  for (const { attempt, frame } of await loadAttemptsOfCharge(tx, fundingId)) {
    const suspended = suspend(attempt, tx.now);
    if (suspended !== attempt) saveRefundAttempt(tx, suspended, frame);
  }
}

/** Refunds of the charge that are owed and not with a provider: a lost chargeback takes their place (E-24). */
export async function owedRefunds(tx: Tx, fundingId: string): Promise<Refund[]> {
  const attempts = await loadAttemptsOfCharge(tx, fundingId);
  const refunds = (await tx.many(RefundTable, { fundingId })).map(fromRow);
  return refunds.filter(({ id, status, attempt: number }) => {
    if (status !== 'refunding') return status === 'refund_failed';
    const own = attempts.find(({ attempt }) => attempt.refundId === id && attempt.number === number);
    return own !== undefined && ['waiting', 'requested', 'unknown'].includes(own.attempt.status);
  });
}

/**
 * A refund of the charge may have been executed, and nobody knows yet, or payouts has not said whether it gives what one
 * draws: its loss waits for that (F7, E-25).
 */
export async function isInDoubt(tx: Tx, fundingId: string): Promise<boolean> {
  if ((await tx.many(RefundTable, { fundingId, status: 'drawing' })).length > 0) return true;
  const attempts = await loadAttemptsOfCharge(tx, fundingId);
  return attempts.some(({ attempt }) => attempt.status === 'unknown');
}

/** A chargeback was lost that covers these refunds: what of them waited is never sent. */
export async function dropRefunds(
  tx: Tx,
  fundingId: string,
  refundIds: readonly (string | undefined)[],
): Promise<void> {
  for (const { attempt, frame } of await loadAttemptsOfCharge(tx, fundingId)) {
    const dropped = refundIds.includes(attempt.refundId) ? drop(attempt, tx.now) : attempt;
    if (dropped !== attempt) saveRefundAttempt(tx, dropped, frame);
  }
}

/** The last chargeback on the charge ended, and what is left of it may go back, but for what was dropped with it. */
export async function resumeRefunds(
  tx: Tx,
  fundingId: string,
  droppedIds: readonly (string | undefined)[],
): Promise<void> {
  for (const { attempt, frame } of await loadAttemptsOfCharge(tx, fundingId)) {
    if (droppedIds.includes(attempt.refundId)) continue;
    const resumed = resume(attempt, tx.now);
    if (resumed !== attempt) saveRefundAttempt(tx, resumed, frame);
  }
}
