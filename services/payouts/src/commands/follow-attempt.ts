import { type Journal, usd } from '@holdfast/domain';
import { payoutsEvents } from '@holdfast/events';
import { newId, type Tx } from '@holdfast/messaging';
import type { Attempt } from '../domain/attempt.ts';
import { clearedMinor, paidJournal, returnedJournal, undoneJournal } from '../domain/journals.ts';
import { evolve, follow, type Withdrawal, type WithdrawalEvent } from '../domain/withdrawal.ts';
import { disable, evolve as evolveMethod } from '../domain/withdrawal-method.ts';
import { ClearingTransferTable } from '../tables/clearing-transfer.table.ts';
import { type LoadedWithdrawal, saveWithdrawal } from '../tables/withdrawal.table.ts';
import { loadMethod, saveMethod } from '../tables/withdrawal-method.table.ts';

/**
 * What an attempt's new state means for its withdrawal, in the same commit: state, fact, journal, transfer, and
 * the method that cannot be used any more (W-12, W-13, W-16).
 */
export async function followAttempt(
  tx: Tx,
  { withdrawal, frame }: LoadedWithdrawal,
  { attempt, nextCallAt, cutOff }: { attempt: Attempt; nextCallAt: Date | undefined; cutOff: string },
): Promise<void> {
  const event = follow(withdrawal, attempt, { now: tx.now, cutOff, transferId: newId() });
  if (!event) {
    saveWithdrawal(tx, withdrawal, { ...frame, nextCallAt: nextCallAt ?? null });
    return;
  }
  // A second attempt is made at the next cut-off; the one that ended is not asked about any more.
  const isSecond = event.type === 'payouts.withdrawal.resumed' && event.reason === 'second_attempt';
  const nextAt = isSecond ? event.dueAt : nextCallAt;
  saveWithdrawal(tx, evolve(withdrawal, event), { ...frame, nextCallAt: nextAt ?? null });
  tx.publish(payoutsEvents, [event]);
  const journal = journalOf(withdrawal, event);
  if (journal) post(tx, withdrawal, journal);
  if (event.type === 'payouts.withdrawal.returned' && event.reason === 'bad_details') {
    await disableMethod(tx, withdrawal);
  }
}

function journalOf(withdrawal: Withdrawal, event: WithdrawalEvent): Journal | undefined {
  switch (event.type) {
    case 'payouts.withdrawal.failed':
      return undoneJournal(event);
    case 'payouts.withdrawal.paid':
      return paidJournal(event);
    case 'payouts.withdrawal.returned':
      return returnedJournal(withdrawal, event);
    default:
      return undefined;
  }
}

/** Whatever it moves on clearing is a transfer that escrow must answer (M-22). */
function post(tx: Tx, { id: withdrawalId, accountId }: Withdrawal, journal: Journal): void {
  tx.post(journal);
  const { amountMinor } = usd(clearedMinor(journal));
  if (amountMinor === 0n) return;
  tx.insert(ClearingTransferTable, {
    id: journal.transferId!,
    accountId,
    withdrawalId,
    causeId: null,
    kind: journal.kind as 'withdrawal_paid' | 'withdrawal_returned',
    amountMinor,
    postedAt: tx.now,
    status: 'sent',
  });
}

/** W-13: nothing more is sent to details that are wrong. */
async function disableMethod(tx: Tx, { methodId }: Withdrawal): Promise<void> {
  const method = await loadMethod(tx, methodId);
  const disabled = disable(method, 'bad_details');
  if (!disabled) return;
  saveMethod(tx, evolveMethod(method, disabled));
  tx.publish(payoutsEvents, [disabled]);
}
