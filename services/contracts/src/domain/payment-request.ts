import { plusHours, Rejection } from '@holdfast/domain';
import type { contractsEvents, EventOf } from '@holdfast/events';
import type { Agreement } from './agreement.ts';
import { assertRunning } from './agreement-end.ts';
import { isSettled, type Milestone } from './milestone.ts';

export type PaymentRequested = Extract<
  EventOf<typeof contractsEvents>,
  { type: 'contracts.payment.requested' }
>;

/** What the freelancer has asked to be paid for; it moves no money by itself (E-27). */
export type PaymentRequest = Readonly<{
  id: string;
  agreementId: string;
  milestoneIds: readonly string[];
  requestedAt: Date;
}>;

/** 24 h: each request is mailed to the client, who cannot refuse mails about money (C-4). */
const everyHours = 24;

export type Asking = Readonly<{
  paymentRequestId: string;
  /** None: the whole project. */
  asked?: readonly string[];
  milestones: readonly Milestone[];
  earlier: readonly PaymentRequest[];
  now: Date;
}>;

/**
 * The freelancer asks for the payment of milestones, or of all that is not paid (rule E-27).
 * @throws Rejection agreement.closing | agreement.ended | agreement.paused | milestone.unknown | milestone.released |
 *   milestone.settled | payment.nothing_open | payment.requested_already
 */
export function requestPayment(
  agreement: Agreement,
  { paymentRequestId, asked, milestones, earlier, now }: Asking,
): PaymentRequested {
  assertRunning(agreement);
  if (agreement.status === 'paused') throw new Rejection('agreement.paused');
  const wanted = asked ? asked.map((id) => payable(milestones, id)) : milestones.filter(isOpen);
  if (wanted.length === 0) throw new Rejection('payment.nothing_open');
  const milestoneIds = wanted.map(({ id }) => id);
  assertNotToday(earlier, milestoneIds, now);
  const { id: agreementId, clientId, freelancerId } = agreement;
  return {
    type: 'contracts.payment.requested',
    ...{ agreementId, paymentRequestId, clientId, freelancerId, milestoneIds, requestedAt: now },
  };
}

const isOpen = (milestone: Milestone): boolean => !isSettled(milestone);

function payable(milestones: readonly Milestone[], milestoneId: string): Milestone {
  const milestone = milestones.find(({ id }) => id === milestoneId);
  if (!milestone) throw new Rejection('milestone.unknown');
  if (milestone.status === 'released') throw new Rejection('milestone.released');
  if (isSettled(milestone)) throw new Rejection('milestone.settled', { state: milestone.status });
  return milestone;
}

function assertNotToday(
  earlier: readonly PaymentRequest[],
  milestoneIds: readonly string[],
  now: Date,
): void {
  const recent = earlier.find(
    (request) =>
      plusHours(request.requestedAt, everyHours) > now &&
      request.milestoneIds.some((id) => milestoneIds.includes(id)),
  );
  if (!recent) return;
  const againAt = plusHours(recent.requestedAt, everyHours).toISOString();
  throw new Rejection('payment.requested_already', { paymentRequestId: recent.id, againAt });
}

/** A request begins with `contracts.payment.requested`, and stays as it is. */
export const begun = ({
  paymentRequestId: id,
  agreementId,
  milestoneIds,
  requestedAt,
}: PaymentRequested): PaymentRequest => ({ id, agreementId, milestoneIds, requestedAt });
