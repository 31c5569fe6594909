import { escrowEvents, type FreezeCause } from '@holdfast/events';
import type { Tx } from '@holdfast/messaging';
import { type FreezeOrder, freeze, resumeReview, suspendReview, unfreeze } from '../domain/freezes.ts';
import { evolve, type Milestone } from '../domain/milestone.ts';
import { saveMilestoneWithFreezes } from '../tables/milestone.table.ts';
import { resumeRefundRequest, suspendRefundRequest } from './follow-refund-request.ts';

/**
 * The one way in which money is frozen: what waits, and the review that stands still with it (E-16, E-22). Every order
 * is answered, with what was really frozen or with a refusal (AD-2a). The milestone is saved.
 */
export async function freezeMilestone(
  tx: Tx,
  before: Milestone,
  orders: readonly FreezeOrder[],
): Promise<Milestone> {
  let milestone = before;
  for (const order of orders) {
    const answer = freeze(milestone, order);
    tx.publish(escrowEvents, [answer]);
    if (answer.type === 'escrow.milestone.freeze_refused') continue;
    milestone = evolve(milestone, answer);
    const suspended = suspendReview(milestone, order);
    if (!suspended) continue;
    tx.publish(escrowEvents, [suspended]);
    milestone = evolve(milestone, suspended);
  }
  await saveMilestoneWithFreezes(tx, milestone);
  for (const { at } of orders) await suspendRefundRequest(tx, milestone, at);
  return milestone;
}

/** Ends one freeze; when it was the last one the review goes on (E-16, E-22). The milestone is saved. */
export async function unfreezeMilestone(
  tx: Tx,
  before: Milestone,
  which: Readonly<{ cause: FreezeCause; causeId: string }>,
): Promise<Milestone> {
  const unfrozen = unfreeze(before, which);
  if (!unfrozen) return before;
  tx.publish(escrowEvents, [unfrozen]);
  let milestone = evolve(before, unfrozen);
  const resumed = resumeReview(milestone, tx.now);
  if (resumed) {
    tx.publish(escrowEvents, [resumed]);
    milestone = evolve(milestone, resumed);
  }
  await saveMilestoneWithFreezes(tx, milestone);
  await resumeRefundRequest(tx, milestone, which.causeId);
  return milestone;
}
