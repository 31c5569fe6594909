import { usd } from '@holdfast/domain';
import { escrowEvents } from '@holdfast/events';
import type { Tx } from '@holdfast/messaging';
import { evolve, type Milestone } from '../domain/milestone.ts';
import type { MilestoneRefunded, RefundFailed } from '../domain/milestone-events.ts';
import { amountOf, openRefundStatuses, type Refund } from '../domain/refund.ts';
import { loadMilestone, saveMilestone } from '../tables/milestone.table.ts';
import { type RefundRow, RefundTable } from '../tables/refund.table.ts';
import { clearIfSettled, loadStanding, withMilestone } from './clear-agreement.ts';

/** The milestone is refunded, or split, once the last of its refunds has reached the client (E-23). */
export async function noteRefundPaid(tx: Tx, refund: Refund): Promise<void> {
  const milestone = await milestoneOf(tx, refund);
  const after = milestone?.status === 'refunding' ? await settleMilestone(tx, milestone, refund) : undefined;
  await clearAfterRefund(tx, [refund], after);
}

/** Refunds have come to their end: if they were the last that was open of a contract that is closing, it is cleared. */
export async function clearAfterRefund(
  tx: Tx,
  refunds: readonly Refund[],
  changed?: Milestone,
): Promise<void> {
  const standing = await loadStanding(tx, refunds[0]!.agreementId);
  const refundIds = refunds.map(({ id }) => id);
  await clearIfSettled(tx, changed ? withMilestone(standing, changed) : standing, { refundIds });
}

async function settleMilestone(
  tx: Tx,
  milestone: Extract<Milestone, { status: 'refunding' | 'refund_failed' | 'split' }>,
  refund: Refund,
): Promise<Milestone | undefined> {
  const others = await otherRefunds(tx, refund);
  if (others.some(({ status }) => openRefundStatuses.includes(status))) return undefined;
  const refunded: MilestoneRefunded = {
    type: 'escrow.milestone.refunded',
    agreementId: milestone.agreementId,
    milestoneId: milestone.id,
    refundId: refund.id,
    amount: usd(
      others.reduce((sum, { amountMinor }) => sum + amountMinor, amountOf(refund.parts).amountMinor),
    ),
    balance: usd(0n),
    cause: refund.cause,
    outcome: milestone.released.amountMinor > 0n ? 'split' : 'refunded',
  };
  const after = evolve(milestone, refunded);
  saveMilestone(tx, after);
  tx.publish(escrowEvents, [refunded]);
  return after;
}

/** A milestone of which something is held still lives; else the failure is its state (E-23). */
export async function noteRefundFailed(tx: Tx, refund: Refund, failed: RefundFailed): Promise<void> {
  const milestone = await milestoneOf(tx, refund);
  if (milestone && !('held' in milestone)) saveMilestone(tx, evolve(milestone, failed));
}

/** The refund goes another way: the milestone is refunding again, unless another refund of it has failed too. */
export async function noteRefundRetried(tx: Tx, refund: Refund): Promise<void> {
  const milestone = await milestoneOf(tx, refund);
  if (milestone?.status !== 'refund_failed') return;
  const others = await otherRefunds(tx, refund);
  if (others.some(({ status }) => status === 'refund_failed')) return;
  saveMilestone(tx, { ...milestone, status: 'refunding' });
}

/** A refund after release leaves the milestone released (E-18). */
const milestoneOf = async (tx: Tx, { milestoneId, drawn }: Refund): Promise<Milestone | undefined> =>
  milestoneId && !drawn ? loadMilestone(tx, milestoneId, {}) : undefined;

const otherRefunds = async (tx: Tx, { id, milestoneId }: Refund): Promise<RefundRow[]> =>
  (await tx.many(RefundTable, { milestoneId })).filter((row) => row.id !== id && !row.transferId);
