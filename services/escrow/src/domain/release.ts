import { feeOf, isLate, type Money, Rejection, subtract, usd } from '@holdfast/domain';
import type { ReleaseCause } from '@holdfast/events';
import type { BonusReleased } from './bonus.ts';
import { earnedClientFee } from './client-fee.ts';
import { least } from './lots.ts';
import { assertHeld, assertMovable, type HeldMilestone, type Milestone } from './milestone.ts';
import type { MilestoneReleased } from './milestone-events.ts';

export type Release = Readonly<{
  cause: ReleaseCause;
  /** Without one, all that is held. */
  amount?: Money;
  /** The submission that is judged; none where the client pays unasked (E-7). */
  submissionId?: string;
  transferId: string;
  now: Date;
  /** `fee.freelancer_bps`, pinned. */
  freelancerFeeBps: bigint;
  /** The fee on the lots that may be touched, where a chargeback freezes others (E-22). */
  freeClientFee?: Money;
}>;

/**
 * Pays held money to the freelancer's balance; what is left stays held (E-7 to E-9). The client fee is earned in
 * proportion (P-5, R-6), the freelancer fee is worked out on the released amount (P-7, R-2, R-9). Rule M-12: frozen
 * money moves only by the outcome of what froze it.
 * @throws Rejection milestone.not_funded | milestone.released | milestone.settled | submission.outdated |
 *   release.nothing | release.exceeds_held | milestone.refund_pending | milestone.frozen | milestone.reserved
 */
export function release(milestone: Milestone, decision: Release): MilestoneReleased {
  assertHeld(milestone);
  const { submissionId, cause, transferId, now, freelancerFeeBps, freeClientFee } = decision;
  if (submissionId !== undefined && currentSubmission(milestone) !== submissionId) {
    throw new Rejection('submission.outdated');
  }
  const gross = decision.amount ?? milestone.held;
  assertPart(milestone, gross);
  const freelancerFee = usd(feeOf(gross.amountMinor, freelancerFeeBps));
  const clientFee = earnedClientFee(milestone, gross);
  return {
    type: 'escrow.milestone.released',
    agreementId: milestone.agreementId,
    milestoneId: milestone.id,
    ...(submissionId === undefined ? {} : { submissionId }),
    freelancerId: milestone.freelancerId,
    gross,
    clientFee: freeClientFee ? usd(least(clientFee.amountMinor, freeClientFee.amountMinor)) : clientFee,
    freelancerFee,
    net: subtract(gross, freelancerFee),
    balance: subtract(milestone.held, gross),
    cause,
    transferId,
    releasedAt: now,
  };
}

/** A milestone that is asked back is released whole or waits: a rest of it would belong to nobody (E-13, E-14). */
function assertPart(milestone: HeldMilestone, gross: Money): void {
  if (gross.amountMinor === 0n) throw new Rejection('release.nothing');
  if (gross.amountMinor > milestone.held.amountMinor) throw new Rejection('release.exceeds_held');
  const isPart = gross.amountMinor < milestone.held.amountMinor;
  if (isPart && milestone.status === 'refund_pending') throw new Rejection('milestone.refund_pending');
  assertMovable(milestone, gross);
}

/** The client pays all that is held (`approval`) or less, and the rest stays (`partial`; E-8, E-9). */
export function releaseByClient(milestone: Milestone, decision: Omit<Release, 'cause'>): MilestoneReleased {
  assertHeld(milestone);
  const { amount } = decision;
  const isPart = amount !== undefined && amount.amountMinor < milestone.held.amountMinor;
  return release(milestone, { ...decision, cause: isPart ? 'partial' : 'approval' });
}

/** Money of a bank debit that may still come back is paid out only after that (P-14). */
export const withRisk = <Released extends MilestoneReleased | BonusReleased>(
  released: Released,
  atRiskUntil: Date | undefined,
): Released =>
  atRiskUntil && atRiskUntil > released.releasedAt
    ? { ...released, availableNotBefore: atRiskUntil }
    : released;

/**
 * The timer of E-5: undefined where the review no longer runs, or not yet to its end. What froze the money only at
 * the due instant or later is too late to stop it, however the two arrive (M-16).
 */
export function releaseBySilence(
  milestone: Milestone,
  decision: Omit<Release, 'cause' | 'submissionId' | 'amount'>,
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
