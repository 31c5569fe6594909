import { isLate, type Money, usd } from '@holdfast/domain';
import type { FreezeCause } from '@holdfast/events';
import { least } from './lots.ts';
import type { Milestone } from './milestone.ts';
import type {
  FreezeRefused,
  MilestoneFrozen,
  MilestoneUnfrozen,
  ReviewResumed,
  ReviewSuspended,
} from './milestone-events.ts';

/** What shall wait for a case, a chargeback or a safety hold (E-22). */
export type FreezeOrder = Readonly<{
  cause: FreezeCause;
  causeId: string;
  /** Without it: everything that is held. */
  amount?: Money;
  /** The charge whose lots a chargeback freezes. */
  fundingId?: string;
  /** Of the fact that asks for it, which may have been long on its way (M-16). */
  at: Date;
}>;

/**
 * Freezes what is there of the amount, so that only its own cause lets it go (E-22, M-12). Others may cover the same
 * money.
 */
export function freeze(milestone: Milestone, order: FreezeOrder): MilestoneFrozen | FreezeRefused {
  const { agreementId, id: milestoneId } = milestone;
  const { cause, causeId, fundingId, at: frozenAt } = order;
  const named = { agreementId, milestoneId, cause, causeId };
  const heldMinor = 'held' in milestone ? milestone.held.amountMinor : 0n;
  const amountMinor = least(order.amount?.amountMinor ?? heldMinor, heldMinor);
  if (amountMinor === 0n) {
    const reason = isOpen(milestone) ? 'nothing_held' : 'settled';
    return { type: 'escrow.milestone.freeze_refused', ...named, balance: usd(heldMinor), reason };
  }
  return {
    type: 'escrow.milestone.frozen',
    ...named,
    amount: usd(amountMinor),
    balance: usd(heldMinor),
    ...(fundingId ? { fundingId } : {}),
    frozenAt,
  };
}

const isOpen = (milestone: Milestone): boolean =>
  'held' in milestone || milestone.status === 'agreed' || milestone.status === 'funding_pending';

/** Ends one freeze and leaves the others (E-22). Undefined where it no longer stands. */
export function unfreeze(
  milestone: Milestone,
  { cause, causeId }: Readonly<{ cause: FreezeCause; causeId: string }>,
): MilestoneUnfrozen | undefined {
  if (!('held' in milestone)) return undefined;
  const { agreementId, id: milestoneId, held: balance, freezes } = milestone;
  const stands = freezes.some((freeze) => freeze.cause === cause && freeze.causeId === causeId);
  if (!stands) return undefined;
  return { type: 'escrow.milestone.unfrozen', agreementId, milestoneId, cause, causeId, balance };
}

/**
 * A running review stands still while anything of its milestone is frozen, and keeps the time that was left at that
 * instant (E-16). One that had ended by then is not stopped any more: the timer has the word (M-16).
 */
export function suspendReview(
  milestone: Milestone,
  { cause, at }: Readonly<{ cause: ReviewSuspended['cause']; at: Date }>,
): ReviewSuspended | undefined {
  if (milestone.status !== 'submitted' || !milestone.reviewDueAt) return undefined;
  if (isLate(at, milestone.reviewDueAt)) return undefined;
  const { agreementId, id: milestoneId, submissionId, reviewDueAt } = milestone;
  const leftMs = reviewDueAt.getTime() - at.getTime();
  return { type: 'escrow.review.suspended', agreementId, milestoneId, submissionId, leftMs, cause };
}

/** When the last freeze has ended the review goes on with the time that was left (E-16). */
export function resumeReview(milestone: Milestone, now: Date): ReviewResumed | undefined {
  if (milestone.status !== 'submitted' || milestone.reviewLeftMs === undefined) return undefined;
  if (milestone.freezes.length > 0) return undefined;
  const { agreementId, id: milestoneId, submissionId, reviewLeftMs } = milestone;
  const dueAt = new Date(now.getTime() + reviewLeftMs);
  return { type: 'escrow.review.resumed', agreementId, milestoneId, submissionId, dueAt };
}
