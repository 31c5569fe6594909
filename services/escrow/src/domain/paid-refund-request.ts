import { isLate, type Money, plusDays, Rejection, usd } from '@holdfast/domain';
import type { EventOf, escrowEvents } from '@holdfast/events';
import type { Payment, PlannedDraw } from './drawn-refund.ts';

type EscrowEvent = EventOf<typeof escrowEvents>;
export type RefundAsked = Extract<EscrowEvent, { type: 'escrow.refund.asked' }>;
export type RefundDeclined = Extract<EscrowEvent, { type: 'escrow.refund.declined' }>;

/**
 * The client asks the freelancer for paid money (E-18). Nothing happens by silence: the freelancer gives of it, or declines,
 * or the time is over in which it can be given.
 */
export type PaidRefundRequest = Readonly<{
  id: string;
  agreementId: string;
  clientId: string;
  freelancerId: string;
  milestoneId?: string;
  bonusId?: string;
  /** Of what was released. */
  amount: Money;
  askedAt: Date;
  /** Until then the freelancer can give all of it. */
  openUntil: Date;
}> &
  (
    | { status: 'open' }
    | { status: 'given'; transferId: string; endedAt: Date }
    | { status: 'declined' | 'lapsed'; endedAt: Date }
  );

type Asking = Omit<PaidRefundRequest, 'amount' | 'openUntil' | 'status'>;

/**
 * As much as the freelancer could give now (E-18). What was released first of it decides until when that is so.
 * @throws Rejection paid_refund_request.open: one is not answered yet
 */
export function ask(
  asking: Asking,
  {
    planned,
    payments,
    days,
  }: { planned: readonly PlannedDraw[]; payments: readonly Payment[]; days: number },
  open: PaidRefundRequest | undefined,
): [PaidRefundRequest & { status: 'open' }, RefundAsked] {
  if (open && !isOver(open, asking.askedAt)) throw new Rejection('paid_refund_request.open');
  const drawn = new Set(planned.flatMap(({ shares }) => shares.map(({ releaseId }) => releaseId)));
  const releasedAt = payments
    .filter(({ id }) => drawn.has(id))
    .map((payment) => payment.releasedAt.getTime());
  const openUntil = plusDays(new Date(Math.min(...releasedAt)), days);
  const amount = usd(planned.reduce((sum, { parts }) => sum + parts.principal.amountMinor, 0n));
  const { id: paidRefundRequestId, askedAt: _, ...ids } = asking;
  return [
    { ...asking, amount, openUntil, status: 'open' },
    { type: 'escrow.refund.asked', paidRefundRequestId, ...ids, amount, openUntil },
  ];
}

/** @throws Rejection paid_refund_request.closed */
export function decline(request: PaidRefundRequest, now: Date): [PaidRefundRequest, RefundDeclined] {
  if (request.status !== 'open') throw new Rejection('paid_refund_request.closed');
  const { id: paidRefundRequestId, agreementId, milestoneId, bonusId, amount } = request;
  const ids = { paidRefundRequestId, agreementId, ...(milestoneId ? { milestoneId } : { bonusId }) };
  return [
    { ...request, status: 'declined', endedAt: now },
    { type: 'escrow.refund.declined', ...ids, amount },
  ];
}

/** Whoever gives of the same payment has answered it, with all or with a part; the balance may still refuse (E-25). */
export const give = (request: PaidRefundRequest, transferId: string, now: Date): PaidRefundRequest => ({
  ...request,
  status: 'given',
  transferId,
  endedAt: now,
});

/** The balance did not give it: the client still asks. */
export function reopen({ transferId: _, endedAt: __, ...request }: Given): PaidRefundRequest {
  return { ...request, status: 'open' };
}
export type Given = PaidRefundRequest & { status: 'given' };

export const lapse = (request: PaidRefundRequest, now: Date): PaidRefundRequest => ({
  ...request,
  status: 'lapsed',
  endedAt: now,
});

export const isOver = ({ openUntil }: PaidRefundRequest, now: Date): boolean => isLate(now, openUntil);
