import { isLate, type Money, plusDays, plusHours, Rejection } from '@holdfast/domain';
import type { EventOf, escrowEvents, PinnedSettings, RefundReason } from '@holdfast/events';
import type { HeldMilestone } from './milestone.ts';
import type { RefundRequested } from './milestone-events.ts';

type EscrowEvent = EventOf<typeof escrowEvents>;
export type DeadlineMoved = Extract<EscrowEvent, { type: 'escrow.deadline.moved' }>;
export type DeadlineSuspended = Extract<EscrowEvent, { type: 'escrow.deadline.suspended' }>;

/**
 * The client's request for escrow back (E-13). Its deadline runs, stands still while money of it is frozen (E-16),
 * waits for the second proven notice, or is stopped since a notice did not arrive (C-8).
 */
export type RefundRequest = Readonly<{
  id: string;
  agreementId: string;
  clientId: string;
  freelancerId: string;
  requestedAt: Date;
}> &
  (
    | { status: 'running'; dueAt: Date }
    | { status: 'suspended'; leftMs: number }
    | { status: 'unproven' | 'stopped' }
    /** `settled`: the client has paid it all in the meantime. */
    | { status: 'approved' | 'silent' | 'settled'; endedAt: Date }
  );

/** When persons were told of the deadline, with proof (C-7). */
export type Proof = Readonly<{ noticeId: string; provenAt: Date }>;

type ForfeitSettings = Pick<PinnedSettings, 'forfeit.notice_hours'>;

export const isOpenRequest = ({ status }: RefundRequest): boolean =>
  status === 'running' || status === 'suspended' || status === 'unproven' || status === 'stopped';

/** Asks for what the client does not pay; the freelancer has `refund.response_days` (E-13, E-14). */
export function requestRefund(
  asked: Readonly<{
    refundRequestId: string;
    agreementId: string;
    clientId: string;
    freelancerId: string;
    milestones: readonly { milestoneId: string; amount: Money }[];
    reason?: RefundReason;
    statementHash?: string;
    now: Date;
  }>,
  settings: Pick<PinnedSettings, 'refund.response_days'>,
): RefundRequested {
  const { now: requestedAt, milestones, ...facts } = asked;
  return {
    type: 'escrow.refund.requested',
    ...facts,
    milestones: [...milestones],
    requestedAt,
    dueAt: plusDays(requestedAt, settings['refund.response_days']),
  };
}

/** A request over frozen money begins standing still (E-16). */
export function startRequest(requested: RefundRequested, isFrozen: boolean): RefundRequest {
  const { refundRequestId: id, agreementId, clientId, freelancerId, requestedAt, dueAt } = requested;
  const request = { id, agreementId, clientId, freelancerId, requestedAt };
  const running: RefundRequest = { ...request, status: 'running', dueAt };
  return isFrozen ? suspendRequest(running, requestedAt) : running;
}

/** The freelancer says yes, before the deadline (E-14). @throws Rejection refund_request.over | refund_request.closed */
export function approve(request: RefundRequest, now: Date): RefundRequest {
  if (!isOpenRequest(request)) throw new Rejection('refund_request.closed', { state: request.status });
  if (request.status === 'running' && isLate(now, request.dueAt)) throw new Rejection('refund_request.over');
  return ended(request, 'approved', now);
}

/**
 * The deadline of E-14 is reached. Silence is a forfeit: without two proven notices, the second of them early enough,
 * nobody loses anything by it (C-8).
 * @returns undefined where it does not run, or not yet to its end
 */
export function fallSilent(
  request: RefundRequest,
  proofs: readonly Proof[],
  settings: ForfeitSettings,
  now: Date,
): RefundRequest | undefined {
  if (request.status !== 'running' || !isLate(now, request.dueAt)) return undefined;
  const provenFrom = silenceFrom(proofs, settings);
  if (!provenFrom) return { ...base(request), status: 'unproven' };
  if (provenFrom > request.dueAt) return { ...base(request), status: 'running', dueAt: provenFrom };
  return ended(request, 'silent', request.dueAt);
}

/** Whether silence has granted it by then, also where its timer waits for facts and has not fired yet (E-14, M-17). */
export function isSilentBy(
  request: RefundRequest,
  proofs: readonly Proof[],
  settings: ForfeitSettings,
  at: Date,
): boolean {
  const after = fallSilent(request, proofs, settings, at);
  if (after?.status === 'running') return isSilentBy(after, proofs, settings, at);
  return after?.status === 'silent';
}

/** From when on silence counts: `forfeit.notice_hours` after the second proof (C-8); undefined without one. */
export function silenceFrom(proofs: readonly Proof[], settings: ForfeitSettings): Date | undefined {
  const instants = proofs.map(({ provenAt }) => provenAt).sort((a, b) => a.getTime() - b.getTime());
  const second = instants[1];
  return second && plusHours(second, settings['forfeit.notice_hours']);
}

/** One more notice is proven: a second one that came late moves the deadline (C-8). */
export function proveNotice(
  request: RefundRequest,
  proofs: readonly Proof[],
  settings: ForfeitSettings,
  isFrozen: boolean,
): RefundRequest {
  const provenFrom = silenceFrom(proofs, settings);
  if (!provenFrom) return request;
  const isLater = request.status === 'running' && provenFrom > request.dueAt;
  if (request.status !== 'unproven' && !isLater) return request;
  const running: RefundRequest = { ...base(request), status: 'running', dueAt: provenFrom };
  return isFrozen
    ? suspendRequest(running, plusHours(provenFrom, -settings['forfeit.notice_hours']))
    : running;
}

/** The freelancer could not be told: nothing happens by silence any more, an operator looks (C-8). */
export const stopRequest = (request: RefundRequest): RefundRequest =>
  isOpenRequest(request) && request.status !== 'stopped' ? { ...base(request), status: 'stopped' } : request;

/** Money of it is frozen: the deadline keeps the time that was left at that instant (E-16). */
export function suspendRequest(request: RefundRequest, at: Date): RefundRequest {
  // One that had ended by then is not stopped any more: the timer has the word (M-16).
  if (request.status !== 'running' || isLate(at, request.dueAt)) return request;
  return { ...base(request), status: 'suspended', leftMs: request.dueAt.getTime() - at.getTime() };
}

/** The last freeze ended: it goes on with the time that was left (E-16). */
export const resumeRequest = (request: RefundRequest, now: Date): RefundRequest =>
  request.status === 'suspended'
    ? { ...base(request), status: 'running', dueAt: new Date(now.getTime() + request.leftMs) }
    : request;

/** The client has paid all of it (E-7). */
export const settleRequest = (request: RefundRequest, now: Date): RefundRequest =>
  isOpenRequest(request) ? ended(request, 'settled', now) : request;

export function movedEvent(
  { id: deadlineId, agreementId }: RefundRequest,
  dueAt: Date,
  reason: DeadlineMoved['reason'],
): DeadlineMoved {
  return {
    type: 'escrow.deadline.moved',
    agreementId,
    deadlineKind: 'refund.silence',
    deadlineId,
    dueAt,
    reason,
  };
}

/** What is told where the deadline stands still from here on, with the time left (M-20). */
export function suspendedEvent(
  before: RefundRequest,
  after: RefundRequest,
  now: Date,
): DeadlineSuspended | undefined {
  if (before.status === after.status) return undefined;
  const { id: deadlineId, agreementId } = after;
  const named = { agreementId, deadlineKind: 'refund.silence', deadlineId } as const;
  const told = { type: 'escrow.deadline.suspended', ...named } as const;
  switch (after.status) {
    case 'suspended':
      return { ...told, leftMs: after.leftMs, reason: 'frozen' };
    case 'unproven':
      return { ...told, leftMs: 0, reason: 'notice_not_proven' };
    case 'stopped':
      return { ...told, leftMs: leftOf(before, now), reason: 'notice_bounced' };
    default:
      return undefined;
  }
}

function leftOf(request: RefundRequest, now: Date): number {
  if (request.status === 'suspended') return request.leftMs;
  return request.status === 'running' ? Math.max(0, request.dueAt.getTime() - now.getTime()) : 0;
}

const ended = (
  request: RefundRequest,
  status: 'approved' | 'silent' | 'settled',
  endedAt: Date,
): RefundRequest => ({ ...base(request), status, endedAt });

/** What outlives a state. */
function base({ id, agreementId, clientId, freelancerId, requestedAt }: RefundRequest) {
  return { id, agreementId, clientId, freelancerId, requestedAt };
}

/** What of a milestone is asked back, of all that may be. */
export type PayNamed = Readonly<{ milestoneId: string; pay: Money }>;

/**
 * Each milestone of which money is held is named once, with what is paid of it (E-13).
 * @throws Rejection end.milestones_differ: one is missing, named twice, or holds nothing
 */
export function assertAllNamed(held: readonly HeldMilestone[], named: readonly PayNamed[]): void {
  const ids = new Set(named.map(({ milestoneId }) => milestoneId));
  const missing = held.filter(({ id }) => !ids.has(id)).map(({ id }) => id);
  const known = named.every(({ milestoneId }) => held.some(({ id }) => id === milestoneId));
  if (missing.length > 0 || !known || ids.size !== named.length) {
    throw new Rejection('end.milestones_differ', { missing });
  }
}
