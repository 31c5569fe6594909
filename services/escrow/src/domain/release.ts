import { earnedFee, feeOf, isLate, Rejection, subtract, usd } from '@holdfast/domain';
import type { ReleaseCause } from '@holdfast/events';
import { assertHeld, type Milestone, movable } from './milestone.ts';
import type { MilestoneReleased } from './milestone-events.ts';

export type Release = Readonly<{
  cause: ReleaseCause;
  /** The submission that is judged; none where the client pays unasked (E-7). */
  submissionId?: string;
  transferId: string;
  now: Date;
  /** `fee.freelancer_bps`, pinned. */
  freelancerFeeBps: bigint;
}>;

/**
 * Pays all held money to the freelancer's balance (E-7). The client fee is earned in proportion (P-5, R-6),
 * the freelancer fee is worked out on the released amount (P-7, R-2). Rule M-12: frozen money moves only by
 * the outcome of what froze it.
 * @throws Rejection milestone.not_funded | milestone.released | submission.outdated | milestone.frozen
 */
export function release(milestone: Milestone, decision: Release): MilestoneReleased {
  assertHeld(milestone);
  const { submissionId, cause, transferId, now, freelancerFeeBps } = decision;
  if (submissionId !== undefined && currentSubmission(milestone) !== submissionId) {
    throw new Rejection('submission.outdated');
  }
  if (movable(milestone).amountMinor < milestone.held.amountMinor) throw new Rejection('milestone.frozen');
  const gross = milestone.held;
  const freelancerFee = usd(feeOf(gross.amountMinor, freelancerFeeBps));
  const clientFee = earnedFee({
    feeMinor: milestone.clientFee.amountMinor,
    principalMinor: milestone.principal.amountMinor,
    movedBeforeMinor: subtract(milestone.principal, milestone.held).amountMinor,
    movedMinor: gross.amountMinor,
  });
  return {
    type: 'escrow.milestone.released',
    agreementId: milestone.agreementId,
    milestoneId: milestone.id,
    ...(submissionId === undefined ? {} : { submissionId }),
    freelancerId: milestone.freelancerId,
    gross,
    clientFee: usd(clientFee),
    freelancerFee,
    net: subtract(gross, freelancerFee),
    balance: usd(0n),
    cause,
    transferId,
    releasedAt: now,
  };
}

/** Money of a bank debit that may still come back is paid out only after that (P-14). */
export const withRisk = (released: MilestoneReleased, atRiskUntil: Date | undefined): MilestoneReleased =>
  atRiskUntil && atRiskUntil > released.releasedAt
    ? { ...released, availableNotBefore: atRiskUntil }
    : released;

/**
 * The timer of E-5: undefined where the review no longer runs, or not yet to its end. What froze the money only at
 * the due instant or later is too late to stop it, however the two arrive (M-16).
 */
export function releaseBySilence(
  milestone: Milestone,
  decision: Omit<Release, 'cause' | 'submissionId'>,
): MilestoneReleased | undefined {
  if (milestone.status !== 'submitted' || !milestone.reviewDueAt) return undefined;
  if (!isLate(decision.now, milestone.reviewDueAt)) return undefined;
  const { reviewDueAt, submissionId } = milestone;
  const freezes = milestone.freezes.filter(({ since }) => !isLate(since, reviewDueAt));
  return release({ ...milestone, freezes }, { ...decision, cause: 'auto', submissionId });
}

/**
 * Only a submission under review can be judged: one that was answered by a change request is an older one
 * (E-6).
 */
const currentSubmission = (milestone: Milestone): string | undefined =>
  milestone.status === 'submitted' ? milestone.submissionId : undefined;
