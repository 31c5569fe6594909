import type { Tx } from '@holdfast/messaging';
import { resume, suspend } from '../domain/refund-attempt.ts';
import { hasOpenChargeback } from '../tables/chargeback.table.ts';
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

/** The last chargeback on the charge ended, and what is left of it may go back. */
export async function resumeRefunds(tx: Tx, fundingId: string): Promise<void> {
  for (const { attempt, frame } of await loadAttemptsOfCharge(tx, fundingId)) {
    const resumed = resume(attempt, tx.now);
    if (resumed !== attempt) saveRefundAttempt(tx, resumed, frame);
  }
}
