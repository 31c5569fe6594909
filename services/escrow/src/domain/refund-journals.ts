import { credit, debit, type Journal, journal } from '@holdfast/domain';
import { amountOf, type Drawn, type Refund } from './refund.ts';
import type { RefundAttempt } from './refund-attempt.ts';
import { clearingAccount } from './withdrawal.ts';

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

/** G-19.2a: payouts has taken the net; with both fees, earned until then, it is owed to the client (E-19, E-25). */
export function drawnJournal(refund: Refund, { transferId, net, freelancerFee }: Drawn): Journal {
  const { id, agreementId, freelancerId, parts } = refund;
  return journal({
    kind: 'refund',
    causeId: id,
    agreementId,
    accountId: freelancerId,
    transferId,
    lines: [
      debit(clearingAccount, net.amountMinor),
      debit('E.revenue.freelancer_fee', freelancerFee.amountMinor),
      debit('E.revenue.client_fee', parts.clientFee.amountMinor),
      debit('E.tax.payable', parts.tax.amountMinor),
      credit(refundPayable, amountOf(parts).amountMinor),
    ],
  });
}

/** The reverse of G-19.2a: both fees are earned again, and the net is the freelancer's (E-25, R-10). */
export function reversedJournal(refund: Refund, { net, freelancerFee }: Drawn, transferId: string): Journal {
  const { id, agreementId, freelancerId, parts } = refund;
  return journal({
    kind: 'refund_reversed',
    causeId: id,
    agreementId,
    accountId: freelancerId,
    transferId,
    lines: [
      debit(refundPayable, amountOf(parts).amountMinor),
      credit(clearingAccount, net.amountMinor),
      credit('E.revenue.freelancer_fee', freelancerFee.amountMinor),
      credit('E.revenue.client_fee', parts.clientFee.amountMinor),
      credit('E.tax.payable', parts.tax.amountMinor),
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
