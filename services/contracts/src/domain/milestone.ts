import { type Money, Rejection } from '@holdfast/domain';
import type { contractsEvents, EventOf, escrowEvents, FundingFailure } from '@holdfast/events';
import type { ContractActivated } from './agreement.ts';

export type MilestoneSubmitted = Extract<
  EventOf<typeof contractsEvents>,
  { type: 'contracts.milestone.submitted' }
>;

/** What escrow decided about a milestone's money and its submissions; escrow is right about both (M-16). */
export type EscrowFact = Extract<
  EventOf<typeof escrowEvents>,
  {
    type:
      | 'escrow.funding.started'
      | 'escrow.funding.failed'
      | 'escrow.milestone.funded'
      | 'escrow.review.started'
      | 'escrow.submission.refused'
      | 'escrow.milestone.changes_requested'
      | 'escrow.milestone.released';
  }
>;

type Terms = Readonly<{
  id: string;
  agreementId: string;
  clientId: string;
  freelancerId: string;
  order: number;
  termsVersion: number;
  price: Money;
  dueDate: string;
}>;

/**
 * A milestone: its terms, and contracts' copy of what escrow holds for it. `sent` is a submission that waits
 * for escrow's answer (M-15); whether the milestone is funded is part of that answer (E-4).
 */
export type Milestone = Terms &
  Readonly<
    | { status: 'agreed'; fundingFailure?: FundingFailure; sent?: string }
    | { status: 'funding_pending'; sent?: string }
    | { status: 'funded' | 'changes_requested'; held: Money; sent?: string }
    | { status: 'submitted'; held: Money; underReview: string }
    | { status: 'released'; sent?: string }
  >;

/** The milestones of the offer, agreed with it (rule A-9). */
export const milestonesOf = ({
  agreementId,
  clientId,
  freelancerId,
  milestones,
}: ContractActivated): Milestone[] =>
  milestones.map(({ milestoneId: id, version: termsVersion, order, price, dueDate }) => ({
    id,
    agreementId,
    clientId,
    freelancerId,
    order,
    termsVersion,
    price,
    dueDate,
    status: 'agreed',
  }));

/** `contentHash` covers message, file names and file hashes; `maxFiles` is `submission.max_files` now. */
export type Submitting = Readonly<{
  submissionId: string;
  contentHash: string;
  fileCount: number;
  maxFiles: number;
  now: Date;
}>;

/**
 * Submitting work is the request for payment; escrow answers it (rule E-4).
 * @throws Rejection milestone.released | submission.pending | submission.too_many_files
 */
export function submit(milestone: Milestone, submitting: Submitting): MilestoneSubmitted {
  const { submissionId, contentHash, fileCount, maxFiles, now } = submitting;
  if (milestone.status === 'released') throw new Rejection('milestone.released');
  const pending = openSubmission(milestone);
  if (pending) throw new Rejection('submission.pending', { submissionId: pending });
  if (fileCount > maxFiles) throw new Rejection('submission.too_many_files', { maximum: maxFiles });
  return {
    type: 'contracts.milestone.submitted',
    agreementId: milestone.agreementId,
    milestoneId: milestone.id,
    submissionId,
    contentHash,
    submittedAt: now,
  };
}

/** The submission that is sent or under review: at most one of a milestone. */
export const openSubmission = (milestone: Milestone): string | undefined =>
  milestone.status === 'submitted' ? milestone.underReview : milestone.sent;

/** Which submission a fact of escrow answers. A release that names none ends a running review (E-7, E-9). */
export function answeredSubmission(milestone: Milestone, event: EscrowFact): string | undefined {
  if (event.type === 'escrow.milestone.released') {
    return event.submissionId ?? (milestone.status === 'submitted' ? milestone.underReview : undefined);
  }
  return 'submissionId' in event ? event.submissionId : undefined;
}

export function evolve(milestone: Milestone, event: MilestoneSubmitted | EscrowFact): Milestone {
  const { id, agreementId, clientId, freelancerId, order, termsVersion, price, dueDate } = milestone;
  const terms = { id, agreementId, clientId, freelancerId, order, termsVersion, price, dueDate };
  const sent = milestone.status === 'submitted' ? undefined : milestone.sent;
  switch (event.type) {
    case 'contracts.milestone.submitted':
      return { ...milestone, sent: event.submissionId } as Milestone;
    case 'escrow.funding.started':
      return { ...terms, status: 'funding_pending', sent };
    case 'escrow.funding.failed':
      return { ...terms, status: 'agreed', fundingFailure: event.reason, sent };
    case 'escrow.milestone.funded':
      return { ...terms, status: 'funded', held: event.amount, sent };
    case 'escrow.review.started':
      return { ...terms, status: 'submitted', held: heldFor(milestone), underReview: event.submissionId };
    case 'escrow.submission.refused':
      return sent === event.submissionId ? ({ ...milestone, sent: undefined } as Milestone) : milestone;
    case 'escrow.milestone.changes_requested':
      return { ...terms, status: 'changes_requested', held: heldFor(milestone), sent };
    case 'escrow.milestone.released':
      return event.balance.amountMinor > 0n
        ? { ...terms, status: 'funded', held: event.balance, sent }
        : { ...terms, status: 'released', sent };
  }
}

/** Escrow reviews only what it holds money for; else a defect, and the message waits for an operator. */
function heldFor(milestone: Milestone): Money {
  if (!('held' in milestone))
    throw new RangeError(`a review of milestone ${milestone.id}, which is not funded`);
  return milestone.held;
}
