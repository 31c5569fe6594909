import type { Money } from '@holdfast/domain';
import type { EventOf, escrowEvents } from '@holdfast/events';
import { type Holding, type Milestone, type MilestoneSubmitted, reviewedSubmission } from './milestone.ts';

/** What escrow decided about a milestone's money and its submissions; escrow is right about both (M-16). */
export type EscrowFact = Extract<
  EventOf<typeof escrowEvents>,
  {
    type:
      | 'escrow.funding.started'
      | 'escrow.funding.failed'
      | 'escrow.milestone.funded'
      | 'escrow.milestone.rolled'
      | 'escrow.review.started'
      | 'escrow.review.suspended'
      | 'escrow.review.resumed'
      | 'escrow.submission.refused'
      | 'escrow.milestone.changes_requested'
      | 'escrow.milestone.released'
      | 'escrow.milestone.frozen'
      | 'escrow.milestone.unfrozen'
      | 'escrow.milestone.refunded'
      | 'escrow.milestone.charged_back'
      | 'escrow.refund.requested'
      | 'escrow.refund.decided'
      | 'escrow.refund.failed'
      | 'escrow.deadline.moved'
      | 'escrow.deadline.suspended';
  }
>;
type Fact<Type extends EscrowFact['type']> = Extract<EscrowFact, { type: Type }>;
type Leaving = Fact<
  | 'escrow.milestone.released'
  | 'escrow.milestone.rolled'
  | 'escrow.milestone.charged_back'
  | 'escrow.refund.decided'
>;

/** Whose state a fact changes. A refund names no milestone where it gives back a bonus, or a charge of nothing. */
export function concernedMilestones(event: EscrowFact): readonly string[] {
  if ('milestoneIds' in event) return event.milestoneIds;
  if ('milestones' in event) return event.milestones.map(({ milestoneId }) => milestoneId);
  return 'milestoneId' in event && event.milestoneId ? [event.milestoneId] : [];
}

/**
 * Which submission a fact of escrow answers, or whose review it ends: a release that names none, or money that leaves
 * otherwise (E-7, E-9). One that is only sent still gets its own answer (M-16).
 */
export function answeredSubmission(milestone: Milestone, event: EscrowFact): string | undefined {
  if ('submissionId' in event && event.submissionId) return event.submissionId;
  const reviewed = reviewedSubmission(milestone);
  return reviewed && !reviewedSubmission(evolve(milestone, event)) ? reviewed : undefined;
}

/** The state after an event. */
export function evolve(milestone: Milestone, event: MilestoneSubmitted | EscrowFact): Milestone {
  switch (event.type) {
    case 'contracts.milestone.submitted':
      return { ...milestone, sent: event.submissionId } as Milestone;
    case 'escrow.funding.started':
      return { ...kept(milestone), status: 'funding_pending' };
    case 'escrow.funding.failed':
      return { ...kept(milestone), status: 'agreed', fundingFailure: event.reason };
    case 'escrow.milestone.funded':
      return { ...kept(milestone), status: 'funded', held: event.amount, freezes: [] };
    case 'escrow.review.started':
    case 'escrow.review.suspended':
    case 'escrow.review.resumed':
    case 'escrow.submission.refused':
    case 'escrow.milestone.changes_requested':
      return evolveReview(milestone, event);
    case 'escrow.milestone.frozen':
    case 'escrow.milestone.unfrozen':
      return evolveFreezes(milestone, event);
    case 'escrow.milestone.released':
    case 'escrow.milestone.rolled':
    case 'escrow.milestone.charged_back':
    case 'escrow.refund.decided':
      return evolveLeaving(milestone, event);
    case 'escrow.refund.requested':
    case 'escrow.deadline.moved':
    case 'escrow.deadline.suspended':
      return evolveRequest(milestone, event);
    case 'escrow.refund.failed':
      return isGoingBack(milestone) ? { ...kept(milestone), status: 'refund_failed' } : milestone;
    case 'escrow.milestone.refunded':
      // What is given back after its release leaves the milestone paid (E-25).
      return 'held' in milestone || event.cause === 'after_release'
        ? milestone
        : { ...kept(milestone), status: event.outcome };
  }
}

function evolveReview(
  milestone: Milestone,
  event: Fact<
    | 'escrow.review.started'
    | 'escrow.review.suspended'
    | 'escrow.review.resumed'
    | 'escrow.submission.refused'
    | 'escrow.milestone.changes_requested'
  >,
): Milestone {
  const { submissionId } = event;
  if (event.type === 'escrow.submission.refused') {
    const isSent = 'sent' in milestone && milestone.sent === submissionId;
    return isSent ? ({ ...milestone, sent: undefined } as Milestone) : milestone;
  }
  // The request to give the money back stands above the review, which stands still (E-16).
  if (milestone.status === 'refund_pending') return milestone;
  const { sent, ...terms } = kept(milestone);
  if (event.type === 'escrow.milestone.changes_requested')
    return { ...terms, ...holdingOf(milestone), status: 'changes_requested', sent };
  return { ...terms, ...holdingOf(milestone), status: 'submitted', underReview: submissionId };
}

/** A freeze may end after its money has left: then there is nothing to say here. */
function evolveFreezes(
  milestone: Milestone,
  event: Fact<'escrow.milestone.frozen' | 'escrow.milestone.unfrozen'>,
): Milestone {
  if (!('held' in milestone)) return milestone;
  const { cause, causeId } = event;
  const others = milestone.freezes.filter((freeze) => freeze.cause !== cause || freeze.causeId !== causeId);
  if (event.type === 'escrow.milestone.unfrozen') return { ...milestone, freezes: others };
  return { ...milestone, freezes: [...others, { cause, causeId, amount: event.amount }] };
}

function evolveRequest(
  milestone: Milestone,
  event: Fact<'escrow.refund.requested' | 'escrow.deadline.moved' | 'escrow.deadline.suspended'>,
): Milestone {
  if (event.type === 'escrow.deadline.moved' || event.type === 'escrow.deadline.suspended') {
    const refundDueAt = 'dueAt' in event ? event.dueAt : undefined;
    return milestone.status === 'refund_pending' && milestone.refundRequestId === event.deadlineId
      ? { ...milestone, refundDueAt }
      : milestone;
  }
  const { sent, ...terms } = kept(milestone);
  const underReview = reviewedSubmission(milestone);
  const { refundRequestId, dueAt: refundDueAt } = event;
  const asked = { ...terms, ...holdingOf(milestone), refundRequestId, refundDueAt };
  return underReview
    ? { ...asked, status: 'refund_pending', underReview }
    : { ...asked, status: 'refund_pending', sent };
}

/** Money leaves: to the freelancer, to a later milestone, to the client, or back to the client's bank. */
function evolveLeaving(milestone: Milestone, event: Leaving): Milestone {
  if (event.type === 'escrow.refund.decided' && !(event.balance && 'held' in milestone)) {
    // A later attempt of one that failed, or of money that was paid out before (E-25): what is held stays.
    return milestone.status === 'refund_failed' ? { ...kept(milestone), status: 'refunding' } : milestone;
  }
  const left = leftAfter(milestone, event);
  if (event.type === 'escrow.milestone.released' && left.amountMinor > 0n) {
    return { ...kept(milestone), ...holdingOf(milestone), status: 'funded', held: left };
  }
  if (left.amountMinor > 0n) return { ...milestone, ...holdingOf(milestone), held: left } as Milestone;
  switch (event.type) {
    case 'escrow.milestone.released':
    case 'escrow.milestone.rolled':
      return { ...kept(milestone), status: 'released' };
    case 'escrow.milestone.charged_back':
      return { ...kept(milestone), status: 'charged_back' };
    case 'escrow.refund.decided':
      return { ...kept(milestone), status: 'refunding' };
  }
}

/** What is still held, as escrow says. */
const leftAfter = (milestone: Milestone, { balance }: Leaving): Money => balance ?? holdingOf(milestone).held;

/** Its money left for the client: the refund's end is the milestone's. */
const isGoingBack = ({ status }: Milestone): boolean =>
  ['refunding', 'refund_failed', 'refunded', 'split'].includes(status);

/** The terms, and a submission that is still to be answered. */
function kept(milestone: Milestone) {
  const { id, agreementId, clientId, freelancerId, order, termsVersion, price, dueDate } = milestone;
  const sent = 'sent' in milestone ? milestone.sent : undefined;
  return { id, agreementId, clientId, freelancerId, order, termsVersion, price, dueDate, sent };
}

/** Escrow speaks so only of what it holds money for; else a defect, and the message waits for an operator. */
function holdingOf(milestone: Milestone): Holding {
  if (!('held' in milestone)) throw new RangeError(`milestone ${milestone.id} is not funded here`);
  return { held: milestone.held, freezes: milestone.freezes };
}
