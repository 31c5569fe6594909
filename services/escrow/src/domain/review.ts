import { isLate, later, plusDays, plusHours, Rejection } from '@holdfast/domain';
import type { SubmissionRefusal } from '@holdfast/events';
import { assertHeld, type Milestone } from './milestone.ts';
import type { ChangesRequested, ReviewStarted, SubmissionRefused } from './milestone-events.ts';

/**
 * Work was submitted: the review begins, or the freelancer is told why not (E-4). It lasts `review.days` from
 * the submission and at least `review.min_hours` from the instant it was received: the later of the two
 * (E-5).
 */
export function startReview(
  milestone: Milestone,
  submission: Readonly<{ submissionId: string; submittedAt: Date; receivedAt: Date }>,
  settings: Readonly<{ 'review.days': number; 'review.min_hours': number }>,
  isClosing = false,
): ReviewStarted | SubmissionRefused {
  const { agreementId, id: milestoneId } = milestone;
  const { submissionId, submittedAt, receivedAt } = submission;
  // While the contract is closing nothing new is judged, but a review that had begun goes on with its next version.
  const isNew = milestone.status !== 'changes_requested';
  const reason = refusalOf(milestone) ?? (isClosing && isNew ? 'contract_closing' : undefined);
  if (reason) return { type: 'escrow.submission.refused', agreementId, milestoneId, submissionId, reason };
  const dueAt = later(
    plusDays(submittedAt, settings['review.days']),
    plusHours(receivedAt, settings['review.min_hours']),
  );
  return { type: 'escrow.review.started', agreementId, milestoneId, submissionId, dueAt };
}

function refusalOf(milestone: Milestone): SubmissionRefusal | undefined {
  const { status } = milestone;
  switch (status) {
    case 'agreed':
    case 'funding_pending':
      return 'not_funded';
    case 'released':
    case 'split':
      return 'released';
    case 'submitted':
      return 'already_under_review';
    case 'refund_pending':
      return 'refund_pending';
    case 'refunding':
    case 'refund_failed':
    case 'refunded':
      return 'refunded';
    case 'charged_back':
    case 'cancelled':
      return status;
    case 'funded':
    case 'changes_requested':
      // Its money leaves with the next answer of a provider: no review of it could end (E-9).
      return milestone.reserved ? 'reserved' : undefined;
  }
}

/**
 * The client asks for changes, before the review ends; it stops the timer (E-6).
 * @throws Rejection milestone.not_funded | milestone.released | submission.outdated | review.over
 */
export function requestChanges(
  milestone: Milestone,
  { submissionId, reasonHash, now }: Readonly<{ submissionId: string; reasonHash: string; now: Date }>,
): ChangesRequested {
  assertHeld(milestone);
  if (milestone.status !== 'submitted' || milestone.submissionId !== submissionId) {
    throw new Rejection('submission.outdated');
  }
  if (milestone.reviewDueAt && isLate(now, milestone.reviewDueAt)) throw new Rejection('review.over');
  const { agreementId, id: milestoneId } = milestone;
  return { type: 'escrow.milestone.changes_requested', agreementId, milestoneId, submissionId, reasonHash };
}
