import { usd } from '@holdfast/domain';
import { escrowEvents } from '@holdfast/events';
import type { Tx } from '@holdfast/messaging';
import type { Chargeback } from '../domain/chargeback.ts';
import { type ChargedPart, restOf } from '../domain/charged-parts.ts';
import { evolve, type Milestone } from '../domain/milestone.ts';
import type { MilestoneChargedBack } from '../domain/milestone-events.ts';
import { amountOf, cancel, openRefundStatuses, type Refund } from '../domain/refund.ts';
import { hasOpenChargeback } from '../tables/chargeback.table.ts';
import { saveMilestone } from '../tables/milestone.table.ts';
import { loadRefund, RefundTable, saveRefund } from '../tables/refund.table.ts';
import { decideRefund, loadCharge } from './decide-refund.ts';
import { dropRefunds } from './hold-refunds.ts';

/** What a loss made of refunds that had not been sent. */
export type Cancelled = Readonly<{
  refundIds: readonly string[];
  /** Of some a rest is owed: it goes on as a refund of its own. */
  hasRest: boolean;
  milestones: readonly Milestone[];
}>;

/**
 * The client has the money from its bank already: refunds of the charge that were not sent are owed no more, and their
 * money is what the loss took (E-24). What the dispute does not cover of one goes on as another refund.
 * @param changed the milestones of the charge as the loss has left them
 */
export async function cancelRefunds(
  tx: Tx,
  chargeback: Chargeback,
  refunding: readonly ChargedPart[],
  changed: readonly Milestone[],
): Promise<Cancelled> {
  const { id: chargebackId, fundingId } = chargeback;
  const refundIds = refunding.map(({ refund }) => refund!.id);
  await dropRefunds(tx, fundingId, refundIds);
  const resting = new Set<string>();
  for (const part of refunding) {
    const before = await loadRefund(tx, part.refund!.id);
    const [refund, cancelled] = cancel(before, chargebackId, tx.now);
    saveRefund(tx, refund);
    tx.publish(escrowEvents, [cancelled]);
    const hasRest = await refundRest(tx, chargeback, refund, part);
    // What was drawn on paid money says nothing about the milestone (E-18).
    if (hasRest) resting.add(refund.milestoneId && !refund.drawn ? refund.milestoneId : refund.id);
  }
  const milestones: Milestone[] = [];
  for (const milestone of changed) {
    const own = refunding.filter(({ milestoneId }) => milestoneId === milestone.id);
    const hasRest = resting.has(milestone.id);
    milestones.push(
      own.length > 0 ? await settle(tx, milestone, { chargebackId, own, refundIds, hasRest }) : milestone,
    );
  }
  return { refundIds, hasRest: resting.size > 0, milestones };
}

/** @returns whether something of it is still owed */
async function refundRest(
  tx: Tx,
  { id: chargebackId, fundingId }: Chargeback,
  refund: Refund,
  part: ChargedPart,
): Promise<boolean> {
  const parts = restOf(refund.parts, part);
  if (amountOf(parts).amountMinor === 0n) return false;
  await decideRefund(tx, {
    charge: await loadCharge(tx, fundingId),
    cause: refund.cause,
    parts,
    // A refund after release leaves its milestone as it is (E-18).
    ...(refund.milestoneId && !refund.drawn ? { milestoneId: refund.milestoneId } : {}),
    ...(refund.bonusId ? { bonusId: refund.bonusId } : {}),
    source: 'payable',
    isDisputed: await hasOpenChargeback(tx, fundingId, chargebackId),
  });
  return true;
}

type Left = Readonly<{
  chargebackId: string;
  own: readonly ChargedPart[];
  refundIds: readonly string[];
  hasRest: boolean;
}>;

/** Charged back where nothing of the milestone is on its way to the client any more; else the other refunds decide. */
async function settle(
  tx: Tx,
  milestone: Milestone,
  { chargebackId, own, refundIds, hasRest }: Left,
): Promise<Milestone> {
  if (milestone.status !== 'refunding' && milestone.status !== 'refund_failed') return milestone;
  const others = (await tx.many(RefundTable, { milestoneId: milestone.id })).filter(
    ({ id, transferId }) => !refundIds.includes(id) && !transferId,
  );
  if (others.some(({ status }) => status === 'refund_failed')) return milestone;
  if (hasRest || others.some(({ status }) => openRefundStatuses.includes(status))) {
    const going: Milestone = { ...milestone, status: 'refunding' };
    if (milestone.status === 'refund_failed') saveMilestone(tx, going);
    return going;
  }
  const sum = (of: (part: ChargedPart) => bigint) => usd(own.reduce((all, part) => all + of(part), 0n));
  const chargedBack: MilestoneChargedBack = {
    type: 'escrow.milestone.charged_back',
    agreementId: milestone.agreementId,
    milestoneId: milestone.id,
    chargebackId,
    amount: sum(({ principalMinor }) => principalMinor),
    clientFee: sum(({ clientFeeMinor }) => clientFeeMinor),
    balance: usd(0n),
  };
  const after = evolve(milestone, chargedBack);
  saveMilestone(tx, after);
  tx.publish(escrowEvents, [chargedBack]);
  return after;
}
