import type { Step } from '../step.ts';
import { move } from './balance-transactions.ts';
import { disputeObject } from './dispute-object.ts';
import { disputesOf, isDebited, isInquiry, isOpen, leftMinorOf } from './disputed-charges.ts';
import { tell } from './events.ts';
import { endMandate } from './mandates.ts';
import { type Charge, charges, type Dispute, disputes, paymentIntents } from './model.ts';

/** How a payer's bank opens a dispute; that of a bank debit is always final, without appeal (section 4.3). */
export type Opening = Readonly<{
  kind: 'inquiry' | 'chargeback' | 'final';
  amountMinor: bigint;
  reason: string;
  feeMinor: bigint;
  answerDays: number;
}>;

/** What the bank, or the payer, decides. */
export type Outcome = 'won' | 'lost' | 'escalate' | 'withdrawn' | 'reinstated_later';

/** Due work: what nobody answered ends by itself. */
export const disputeDeadline = 'card.dispute';

const dayMs = 86_400_000;
/** 120 days: an inquiry that has not become a chargeback by then never will. */
const inquiryMs = 120 * dayMs;

/** @returns why there can be no such dispute, undefined if there can */
export function whyNotDisputable(
  step: Step,
  charge: Charge,
  { kind, amountMinor }: Pick<Opening, 'kind' | 'amountMinor'>,
): string | undefined {
  if (kind === 'inquiry' && isDebit(charge)) return 'the bank of a debited account does not inquire';
  if (!charge.isCaptured) return 'the charge never succeeded';
  if (disputesOf(step, charge).some(isOpen)) return 'the charge has an open dispute';
  const leftMinor = leftMinorOf(step, charge);
  return amountMinor > leftMinor ? `only ${leftMinor} is left of the charge` : undefined;
}

/** A chargeback takes amount and fee at once; an inquiry takes nothing. That of a bank debit ends the mandate. */
export function openDispute(step: Step, charge: Charge, opening: Opening): Dispute {
  const { tx, atMs, simulation } = step;
  const { kind, amountMinor, reason, feeMinor, answerDays } = opening;
  const isFinal = kind === 'final' || isDebit(charge);
  const opened: Dispute = {
    id: tx.newId(isFinal ? 'dp' : 'du'), // As such a provider's older ones are called.
    createdAtMs: atMs,
    status: kind === 'inquiry' ? 'warning_needs_response' : 'needs_response',
    amountMinor,
    currency: charge.currency,
    charge: charge.id,
    intent: charge.intent,
    reason,
    feeMinor,
    answerDays,
    dueAtMs: atMs + answerDays * dayMs,
    isFinal,
    isWithdrawn: false,
    evidence: {},
    submissions: 0,
    transactions: [],
    metadata: {},
  };
  tx.put(charges, charge.id, { ...charge, latestDispute: opened.id });
  if (kind === 'inquiry') {
    simulation.clock.schedule(tx, disputeDeadline, opened.id, atMs + inquiryMs);
    save(step, opened);
    tell(step, 'charge.dispute.created', disputeObject(step, opened));
    return opened;
  }
  const debited: Dispute = { ...debit(step, opened), status: isFinal ? 'lost' : 'needs_response' };
  save(step, debited);
  tell(step, 'charge.dispute.created', disputeObject(step, debited));
  tell(step, 'charge.dispute.funds_withdrawn', disputeObject(step, debited));
  if (isFinal) {
    endMandate(step, charge.paymentMethod);
    tell(step, 'charge.dispute.closed', disputeObject(step, debited));
  } else {
    simulation.clock.schedule(tx, disputeDeadline, debited.id, debited.dueAtMs);
  }
  return debited;
}

/** @returns why the dispute cannot end so, undefined if it can */
export function whyNotDecidable(step: Step, dispute: Dispute, outcome: Outcome): string | undefined {
  const is = `the dispute is ${dispute.status}`;
  switch (outcome) {
    case 'won':
    case 'lost':
      return isOpen(dispute) && !isInquiry(dispute) ? undefined : is;
    case 'withdrawn':
      return isOpen(dispute) && !dispute.isWithdrawn ? undefined : is;
    case 'reinstated_later':
      return dispute.status === 'lost' && !dispute.isFinal ? undefined : is;
    case 'escalate': {
      if (!isOpen(dispute) || !isInquiry(dispute)) return is;
      const charge = step.tx.get(charges, dispute.charge);
      const leftMinor = charge ? leftMinorOf(step, charge) : 0n;
      return dispute.amountMinor > leftMinor ? `only ${leftMinor} is left of the charge` : undefined;
    }
  }
}

/** As `whyNotDecidable` allows. Whether the fee comes back with the money is a matter of the contract. */
export function decide(step: Step, dispute: Dispute, outcome: Outcome, feeReturned: boolean): Dispute {
  switch (outcome) {
    case 'won':
      return win(step, dispute, feeReturned);
    case 'lost':
      return end(step, { ...dispute, status: 'lost' }, dispute);
    case 'escalate':
      return escalate(step, dispute);
    case 'withdrawn':
      return withdraw(step, dispute, feeReturned);
    case 'reinstated_later': {
      const reinstated = reinstate(step, { ...dispute, status: 'won' }, feeReturned);
      tell(step, 'charge.dispute.updated', disputeObject(step, reinstated));
      return reinstated;
    }
  }
}

/** Not answered in time it is lost; an inquiry that nobody escalated is closed. */
export function expireDispute(step: Step, dispute: Dispute): void {
  if (isInquiry(dispute)) closeInquiry(step, dispute);
  else if (dispute.status === 'needs_response') decide(step, dispute, 'lost', false);
}

/** The bank reads the evidence; if the payer has given the dispute up meanwhile, that decides it. */
export function submitEvidence(step: Step, dispute: Dispute): Dispute {
  const submitted: Dispute = {
    ...dispute,
    status: isInquiry(dispute) ? 'warning_under_review' : 'under_review',
    submissions: dispute.submissions + 1,
  };
  if (!isInquiry(dispute)) step.simulation.clock.unschedule(step.tx, disputeDeadline, dispute.id);
  return dispute.isWithdrawn ? win(step, submitted, false) : update(step, submitted);
}

/** We do not contest it. */
export function acceptDispute(step: Step, dispute: Dispute): Dispute {
  return isInquiry(dispute) ? closeInquiry(step, dispute) : decide(step, dispute, 'lost', false);
}

export function update(step: Step, dispute: Dispute): Dispute {
  save(step, dispute);
  tell(step, 'charge.dispute.updated', disputeObject(step, dispute));
  return dispute;
}

/** The inquiry becomes a chargeback: only now money moves. */
function escalate(step: Step, inquiry: Dispute): Dispute {
  const { tx, atMs, simulation } = step;
  const dueAtMs = atMs + inquiry.answerDays * dayMs;
  const escalated: Dispute = { ...debit(step, inquiry), status: 'needs_response', dueAtMs, submissions: 0 };
  simulation.clock.schedule(tx, disputeDeadline, inquiry.id, dueAtMs);
  update(step, escalated);
  tell(step, 'charge.dispute.funds_withdrawn', disputeObject(step, escalated));
  return escalated;
}

/** Given up by the payer; a chargeback is lost all the same unless it is answered (section 4.4). */
function withdraw(step: Step, dispute: Dispute, feeReturned: boolean): Dispute {
  if (isInquiry(dispute)) return closeInquiry(step, dispute);
  if (dispute.status === 'under_review') return win(step, { ...dispute, isWithdrawn: true }, feeReturned);
  return update(step, { ...dispute, isWithdrawn: true });
}

function win(step: Step, dispute: Dispute, feeReturned: boolean): Dispute {
  return end(step, reinstate(step, { ...dispute, status: 'won' }, feeReturned), dispute);
}

function closeInquiry(step: Step, inquiry: Dispute): Dispute {
  return end(step, { ...inquiry, status: 'warning_closed' }, inquiry);
}

function end(step: Step, ended: Dispute, before: Dispute): Dispute {
  step.simulation.clock.unschedule(step.tx, disputeDeadline, ended.id);
  save(step, ended);
  const earlier = { type: 'charge.dispute.updated', object: disputeObject(step, before) };
  tell(step, 'charge.dispute.closed', disputeObject(step, ended), earlier);
  return ended;
}

function reinstate(step: Step, dispute: Dispute, feeReturned: boolean): Dispute {
  if (!isDebited(dispute)) return dispute;
  const fee = { kind: 'dispute_fee_returned', amountMinor: dispute.feeMinor } as const;
  const line = move(step, {
    ...movementOf(step, dispute),
    kind: 'dispute_reinstated',
    ...(feeReturned && dispute.feeMinor > 0n ? { fee } : {}),
  });
  const reinstated: Dispute = { ...dispute, transactions: [...dispute.transactions, line.id] };
  save(step, reinstated);
  tell(step, 'charge.dispute.funds_reinstated', disputeObject(step, reinstated));
  return reinstated;
}

function debit(step: Step, dispute: Dispute): Dispute {
  const fee = { kind: 'dispute_fee', amountMinor: dispute.feeMinor } as const;
  const line = move(step, {
    ...movementOf(step, dispute),
    kind: 'dispute',
    ...(dispute.feeMinor > 0n ? { fee } : {}),
  });
  return { ...dispute, transactions: [line.id] };
}

function isDebit({ methodType }: Charge): boolean {
  return methodType === 'us_bank_account';
}

/** Known by the dispute's id: nobody on our side has named it. */
function movementOf({ tx }: Step, { id, intent, amountMinor, currency }: Dispute) {
  const metadata = tx.get(paymentIntents, intent)?.metadata ?? {};
  return { source: id, parentId: intent, amountMinor, currency, metadata, reference: id };
}

function save({ tx }: Step, dispute: Dispute): void {
  tx.put(disputes, dispute.id, dispute);
}
