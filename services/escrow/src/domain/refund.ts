import { add, isLate, type Money, plusDays, Rejection, usd } from '@holdfast/domain';
import type { EventOf, escrowEvents, RefundCause, RefundFailure } from '@holdfast/events';
import type { RefundDecided, RefundFailed } from './milestone-events.ts';

type EscrowEvent = EventOf<typeof escrowEvents>;
export type RefundPaid = Extract<EscrowEvent, { type: 'escrow.refund.paid' }>;
export type RefundReversed = Extract<EscrowEvent, { type: 'escrow.refund.reversed' }>;
export type RefundCancelled = Extract<EscrowEvent, { type: 'escrow.refund.cancelled' }>;
export type RefundRefused = Extract<EscrowEvent, { type: 'escrow.refund.refused' }>;
export type PayInKind = RefundDecided['kind'];

/** What goes back: the principal with its part of the client fee, and the fees that go with it (P-5, P-6, P-12). */
export type RefundParts = Readonly<{
  principal: Money;
  clientFee: Money;
  initiationFee: Money;
  /** On both fees. */
  tax: Money;
}>;

/** What a refund after release takes back of one release, and which lot it goes back to (E-19, E-21). */
export type DrawnShare = Readonly<{
  releaseId: string;
  lotId: string;
  principalMinor: bigint;
  clientFeeMinor: bigint;
  freelancerFeeMinor: bigint;
  taxMinor: bigint;
}>;

/** The net that left the freelancer's balance for a refund after release, and the fee that goes back with it (E-25). */
export type Drawn = Readonly<{
  /** One draw may pay refunds to several charges: all or nothing together. */
  transferId: string;
  net: Money;
  freelancerFee: Money;
  shares: readonly DrawnShare[];
}>;

/**
 * Money that goes back to the client, to the source of one charge (E-15, E-23): its own record, decided first and paid
 * when the provider confirms. The states are those of section 2 of docs/domain-rules.md.
 */
export type Refund = Readonly<{
  id: string;
  agreementId: string;
  clientId: string;
  freelancerId: string;
  fundingId: string;
  milestoneId?: string;
  bonusId?: string;
  refundRequestId?: string;
  cause: RefundCause;
  parts: RefundParts;
  drawn?: Drawn;
  /** How often it was sent to a provider. */
  attempt: number;
  decidedAt: Date;
}> &
  (
    | { status: 'drawing' | 'refunding' }
    | { status: 'refunded' | 'refused' | 'reversed' | 'cancelled'; endedAt: Date }
    | { status: 'refund_failed'; failure: RefundFailure }
  );

/** All that the client gets back. */
export const amountOf = ({ principal, clientFee, initiationFee, tax }: RefundParts): Money =>
  [principal, clientFee, initiationFee, tax].reduce(add, usd(0n));

/** Statuses in which money of it is still owed, to the client or to the freelancer. */
export const openRefundStatuses: readonly Refund['status'][] = ['drawing', 'refunding', 'refund_failed'];

/** The money is owed to the client and on its way: the first time, or by another attempt (E-23). */
export function decidedEvent(refund: Refund, kind: PayInKind, balance?: Money): RefundDecided {
  const { agreementId, id: refundId, fundingId, milestoneId, bonusId, refundRequestId } = refund;
  const { cause, parts, attempt } = refund;
  return {
    type: 'escrow.refund.decided',
    agreementId,
    refundId,
    fundingId,
    ...(milestoneId ? { milestoneId } : {}),
    ...(bonusId ? { bonusId } : {}),
    ...(refundRequestId ? { refundRequestId } : {}),
    principal: parts.principal,
    clientFee: parts.clientFee,
    amount: amountOf(parts),
    cause,
    attempt,
    kind,
    ...(balance ? { balance } : {}),
  };
}

/** The provider confirmed it. */
export function pay(refund: Refund, kind: PayInKind, now: Date): [Refund, RefundPaid] {
  const { id: refundId, agreementId, parts } = refund;
  const paid: RefundPaid = {
    type: 'escrow.refund.paid',
    agreementId,
    refundId,
    amount: amountOf(parts),
    kind,
  };
  return [{ ...base(refund), status: 'refunded', endedAt: now }, paid];
}

/** It did not reach the client, or came back afterwards (fault 36): never left as refunded. */
export function fail(refund: Refund, kind: PayInKind, failure: RefundFailure): [Refund, RefundFailed] {
  const { id: refundId, agreementId, milestoneId, parts } = refund;
  const failed: RefundFailed = {
    type: 'escrow.refund.failed',
    agreementId,
    refundId,
    ...(milestoneId ? { milestoneId } : {}),
    amount: amountOf(parts),
    kind,
    reason: failure,
  };
  return [{ ...base(refund), status: 'refund_failed', failure }, failed];
}

/** Another attempt of what failed, by the way that two persons chose (E-23, S-11). @throws Rejection refund.not_failed */
export function retry(refund: Refund): Refund {
  if (refund.status !== 'refund_failed') throw new Rejection('refund.not_failed');
  return nextAttempt(refund);
}

/** The balance does not give it: nothing moved (E-25). */
export function refuse(refund: Refund, reason: RefundRefused['reason'], now: Date): [Refund, RefundRefused] {
  const { id: refundId, agreementId } = refund;
  const refused: RefundRefused = { type: 'escrow.refund.refused', agreementId, refundId, reason };
  return [{ ...base(refund), status: 'refused', endedAt: now }, refused];
}

/**
 * The client could not be reached by any method: the net is the freelancer's again, by a transfer of its own (E-25).
 * @throws Rejection refund.not_failed | refund.not_drawn | refund.reversed_too_early
 */
export function reverse(
  refund: Refund,
  { transferId, now, days }: Readonly<{ transferId: string; now: Date; days: number }>,
): [Refund, RefundReversed] {
  const { id: refundId, agreementId, freelancerId: accountId, status, drawn, decidedAt } = refund;
  if (status !== 'refund_failed') throw new Rejection('refund.not_failed');
  if (!drawn) throw new Rejection('refund.not_drawn');
  if (!isLate(now, plusDays(decidedAt, days))) throw new Rejection('refund.reversed_too_early');
  const reversed: RefundReversed = {
    type: 'escrow.refund.reversed',
    ...{ agreementId, refundId, accountId, net: drawn.net, transferId },
  };
  return [{ ...base(refund), status: 'reversed', endedAt: now }, reversed];
}

/** The client's bank has taken the money back for good: nothing is owed of it any more (E-24). */
export function cancel(refund: Refund, chargebackId: string, now: Date): [Refund, RefundCancelled] {
  const { id: refundId, agreementId, parts } = refund;
  const amount = amountOf(parts);
  const cancelled: RefundCancelled = {
    type: 'escrow.refund.cancelled',
    ...{ agreementId, refundId, amount, chargebackId },
  };
  return [{ ...base(refund), status: 'cancelled', endedAt: now }, cancelled];
}

/** Sent for the first time, or once more. */
export const nextAttempt = (refund: Refund): Refund => ({
  ...base(refund),
  attempt: refund.attempt + 1,
  status: 'refunding',
});

/** What outlives a state. */
function base(refund: Refund) {
  const { id, agreementId, clientId, freelancerId, fundingId, milestoneId, bonusId } = refund;
  const { refundRequestId, cause, parts, drawn, attempt, decidedAt } = refund;
  return {
    id,
    agreementId,
    clientId,
    freelancerId,
    fundingId,
    milestoneId,
    bonusId,
    refundRequestId,
    cause,
    parts,
    drawn,
    attempt,
    decidedAt,
  };
}
