import { credit, debit, type Journal, journal, type Money } from '@holdfast/domain';
import type { DisputeView } from './chargeback.ts';
import { cardCash } from './journals.ts';
import { refundPayable } from './refund-journals.ts';

/**
 * The holder's bank disputes a charge that was to verify the card (P-2). Nothing was bought by it, so that it is not
 * contested: what the bank takes is booked as of any chargeback (P-11), and its word is awaited.
 */
export type SmallDispute = Readonly<{
  id: string;
  accountId: string;
  status: 'received' | 'lost' | 'won';
  amount: Money;
  /** What the bank took besides, and what of it came back. */
  fee: Money;
  feeReturned: Money;
  /** Lost before the charge had gone back: what was owed to the client is owed no more. */
  tookOwed: boolean;
}>;

export type SmallDisputeStep = 'receive' | 'lose' | 'win';

/** What a look shows to have happened since the last one; without money nothing has. */
export function nextStepOf(
  status: SmallDispute['status'] | undefined,
  view: DisputeView,
): SmallDisputeStep | undefined {
  if (!status) return view.debited ? 'receive' : undefined;
  if (status === 'won') return undefined;
  if (view.status === 'won' && view.reinstated) return 'win';
  return status === 'received' && view.status === 'lost' ? 'lose' : undefined;
}

const disputed = 'E.chargeback.disputed';
const expense = 'E.expense.chargeback';
const feeExpense = 'E.expense.chargeback_fee';

export const smallDisputeJournal = ({ id, accountId, amount, fee }: SmallDispute): Journal =>
  journal({
    kind: 'chargeback',
    causeId: id,
    accountId,
    lines: [
      debit(disputed, amount.amountMinor),
      debit(feeExpense, fee.amountMinor),
      credit(cardCash, amount.amountMinor + fee.amountMinor),
    ],
  });

/** The client has it from the bank: that was owed, or is paid twice. */
export const smallDisputeLostJournal = ({ id, accountId, amount, tookOwed }: SmallDispute): Journal =>
  journal({
    kind: 'chargeback_lost',
    causeId: id,
    accountId,
    lines: [
      debit(tookOwed ? refundPayable : expense, amount.amountMinor),
      credit(disputed, amount.amountMinor),
    ],
  });

/** The bank gave it back, also after it was lost: then what the loss had debited is as it was before. */
export const smallDisputeWonJournal = (
  { id, accountId, amount, tookOwed }: SmallDispute,
  { wasLost, feeReturned }: Readonly<{ wasLost: boolean; feeReturned: Money }>,
): Journal =>
  journal({
    kind: 'chargeback_won',
    causeId: id,
    accountId,
    lines: [
      debit(cardCash, amount.amountMinor + feeReturned.amountMinor),
      credit(wasLost ? (tookOwed ? refundPayable : expense) : disputed, amount.amountMinor),
      credit(feeExpense, feeReturned.amountMinor),
    ],
  });
