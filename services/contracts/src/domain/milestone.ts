import { type Money, Rejection } from '@holdfast/domain';
import type { contractsEvents, EventOf, FreezeCause, FundingFailure } from '@holdfast/events';
import type { Agreement, ContractActivated } from './agreement.ts';

export type MilestoneSubmitted = Extract<
  EventOf<typeof contractsEvents>,
  { type: 'contracts.milestone.submitted' }
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

/** Held money that waits for a case, chargeback or safety hold, as escrow says (E-22). */
export type Freeze = Readonly<{ cause: FreezeCause; causeId: string; amount: Money }>;

/** What escrow holds for it, as escrow last said; frozen parts included. */
export type Holding = Readonly<{ held: Money; freezes: readonly Freeze[] }>;

/**
 * A milestone: its terms, and contracts' copy of what escrow holds for it. `sent` is a submission that waits
 * for escrow's answer (M-15); whether the milestone is funded is part of that answer (E-4).
 */
export type Milestone = Terms &
  Readonly<
    | { status: 'agreed'; fundingFailure?: FundingFailure; sent?: string }
    | { status: 'funding_pending'; sent?: string }
    | (Holding & { status: 'funded' | 'changes_requested'; sent?: string })
    | (Holding & { status: 'submitted'; underReview: string })
    /** A review stands still meanwhile (E-16); no `refundDueAt` while that deadline stands still as well. */
    | (Holding & { status: 'refund_pending'; refundRequestId: string; refundDueAt?: Date } & (
          | { underReview: string; sent?: undefined }
          | { underReview?: undefined; sent?: string }
        ))
    | {
        status:
          | 'released'
          | 'refunding'
          | 'refund_failed'
          | 'refunded'
          | 'split'
          | 'charged_back'
          | 'cancelled';
        sent?: string;
      }
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

/** Nothing of it is held any more, nor will be: what else happens to its money is told by escrow alone. */
export const isSettled = ({ status }: Milestone): boolean =>
  ['released', 'refunding', 'refund_failed', 'refunded', 'split', 'charged_back', 'cancelled'].includes(
    status,
  );

/**
 * While a contract closes, only what the client has sent back in its review is submitted again (rules A-19, E-17).
 * @throws Rejection agreement.closing | agreement.ended
 */
export function assertTakesWork({ status }: Pick<Agreement, 'status'>, milestone: Milestone): void {
  if (status === 'ended') throw new Rejection('agreement.ended');
  const isReviewed = milestone.status === 'changes_requested' || reviewedSubmission(milestone) !== undefined;
  if (status === 'closing' && !isReviewed) throw new Rejection('agreement.closing');
}

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
 * @throws Rejection milestone.released | milestone.settled | submission.pending | submission.too_many_files
 */
export function submit(milestone: Milestone, submitting: Submitting): MilestoneSubmitted {
  const { submissionId, contentHash, fileCount, maxFiles, now } = submitting;
  if (milestone.status === 'released') throw new Rejection('milestone.released');
  if (isSettled(milestone)) throw new Rejection('milestone.settled', { state: milestone.status });
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

/** The submission whose review has begun and not ended, also while it stands still (E-16). */
export const reviewedSubmission = (milestone: Milestone): string | undefined =>
  'underReview' in milestone ? milestone.underReview : undefined;

/** The submission that is sent or under review: at most one of a milestone. */
export const openSubmission = (milestone: Milestone): string | undefined =>
  reviewedSubmission(milestone) ?? ('sent' in milestone ? milestone.sent : undefined);
