import { credit, debit, type Journal, journal } from '@holdfast/domain';
import type { Refund } from './refund.ts';
import { amountOf } from './refund.ts';
import type { RefundAttempt } from './refund-attempt.ts';

/** Which accounts a refund debits and credits: decided first, paid later (E-23). */

export const refundPayable = 'E.refund.payable';

/** G-7.2a, G-8.3a: held money and what goes back with it is owed to the client. */
export function refundJournal(refund: Refund): Journal {
  const { id, agreementId, milestoneId, parts } = refund;
  const { principal, clientFee, initiationFee, tax } = parts;
  return journal({
    kind: 'refund',
    causeId: id,
    agreementId,
    lines: [
      debit(`E.escrow.milestone:${milestoneId}`, principal.amountMinor),
      debit(`E.fee.client_held:${milestoneId}`, clientFee.amountMinor),
      debit(`E.fee.initiation_held:${agreementId}`, initiationFee.amountMinor),
      debit('E.tax.payable', tax.amountMinor),
      credit(refundPayable, amountOf(parts).amountMinor),
    ],
  });
}

/** G-7.2b: the provider paid it from what it holds. */
export function refundPaidJournal(refund: Refund, attempt: RefundAttempt, cash: string): Journal {
  return journal({
    kind: 'refund_paid',
    causeId: attempt.id,
    agreementId: refund.agreementId,
    lines: [debit(refundPayable, attempt.amount.amountMinor), credit(cash, attempt.amount.amountMinor)],
  });
}

/** G-34.3: it came back after it had arrived. A fact of its own, since the first one was true when it was booked. */
export function refundReturnedJournal(refund: Refund, attempt: RefundAttempt, cash: string): Journal {
  return journal({
    kind: 'refund_returned',
    causeId: attempt.id,
    agreementId: refund.agreementId,
    lines: [debit(cash, attempt.amount.amountMinor), credit(refundPayable, attempt.amount.amountMinor)],
  });
}
