import type { Refusal } from '../answering.ts';
import type { Step } from '../step.ts';
import { invalid } from './errors.ts';
import { type Charge, type Dispute, disputes } from './model.ts';

const open = ['warning_needs_response', 'warning_under_review', 'needs_response', 'under_review'];

export function isOpen({ status }: Dispute): boolean {
  return open.includes(status);
}

export function isInquiry({ status }: Dispute): boolean {
  return status.startsWith('warning_');
}

/** The payer's bank has taken the money, and not given it back. */
export function isDebited({ transactions }: Dispute): boolean {
  return transactions.length === 1;
}

export function disputesOf({ tx }: Step, charge: Charge): Dispute[] {
  return [...tx.all(disputes)].filter((dispute) => dispute.charge === charge.id);
}

/** Neither given back to the payer nor taken back by the payer's bank (sections 4.4 and 4.5). */
export function leftMinorOf(step: Step, charge: Charge): bigint {
  const takenMinor = disputesOf(step, charge)
    .filter(isDebited)
    .reduce((total, { amountMinor }) => total + amountMinor, 0n);
  return charge.amountMinor - charge.refundedMinor - takenMinor;
}

/** A refund beside an open chargeback could pay the payer twice (section 4.4); an inquiry has moved nothing. */
export function isRefundable(step: Step, charge: Charge): boolean {
  return !disputesOf(step, charge).some((dispute) => isOpen(dispute) && !isInquiry(dispute));
}

export function chargedBack(): Refusal {
  return invalid('The charge has been charged back.', { code: 'charge_disputed' });
}
