import type { Money } from '@holdfast/domain';
import { escrowEvents } from '@holdfast/events';
import { newId, type Tx } from '@holdfast/messaging';
import type { BonusReleased } from '../domain/bonus.ts';
import { releaseJournal } from '../domain/journals.ts';
import { evolve, type Milestone } from '../domain/milestone.ts';
import type { MilestoneReleased } from '../domain/milestone-events.ts';
import { withRisk } from '../domain/release.ts';
import { type Agreement, AgreementTable, initiationFeeHeld } from '../tables/agreement.table.ts';
import { frozenFundingIds, useLots } from '../tables/lot.table.ts';
import { saveMilestone, saveMilestoneWithFreezes } from '../tables/milestone.table.ts';
import { TransferTable } from '../tables/transfer.table.ts';
import { clearIfSettled, loadStanding, withMilestone } from './clear-agreement.ts';
import { settleRefundRequest } from './follow-refund-request.ts';

/** What every release is decided with. */
export const decisionOf = (tx: Tx, { settings }: Agreement) => ({
  transferId: newId(),
  now: tx.now,
  freelancerFeeBps: BigInt(settings['fee.freelancer_bps']),
});

/** Milestone, lots, initiation fee, transfer, journal and fact of a release (G-2.1). */
export async function bookRelease(
  tx: Tx,
  {
    milestone,
    agreement,
    released,
  }: { milestone: Milestone; agreement: Agreement; released: MilestoneReleased },
): Promise<void> {
  const { milestoneId, gross, clientFee, balance } = released;
  // A freeze that came too late for the timer ends with what it covered.
  if ('freezes' in milestone && milestone.freezes.length > 0) {
    await saveMilestoneWithFreezes(tx, evolve(milestone, released));
  } else saveMilestone(tx, evolve(milestone, released));
  const { atRiskUntil } = await useLots(tx, milestoneId, {
    gross: gross.amountMinor,
    clientFee: clientFee.amountMinor,
    // Where all may leave, none of them counts.
    frozen:
      balance.amountMinor > 0n && 'freezes' in milestone ? frozenFundingIds(milestone.freezes) : undefined,
  });
  if (agreement.initiationFee === 'held') tx.save(AgreementTable, { ...agreement, initiationFee: 'earned' });
  bookTransfer(tx, withRisk(released, atRiskUntil), initiationFeeHeld(agreement));
}

/** The transfer to payouts, its journal and the fact. */
export function bookTransfer(
  tx: Tx,
  released: MilestoneReleased | BonusReleased,
  initiationFee: Money,
): void {
  const { transferId, agreementId, net, gross, clientFee, freelancerFee, releasedAt } = released;
  const isBonus = released.type === 'escrow.bonus.released';
  tx.insert(TransferTable, {
    id: transferId,
    agreementId,
    milestoneId: isBonus ? null : released.milestoneId,
    bonusId: isBonus ? released.bonusId : null,
    netMinor: net.amountMinor,
    grossMinor: gross.amountMinor,
    clientFeeMinor: clientFee.amountMinor,
    freelancerFeeMinor: freelancerFee.amountMinor,
    refundedMinor: 0n,
    // A bonus has no protection (E-10, P-10).
    protected: !isBonus,
    status: 'sent',
    releasedAt,
    availableAt: null,
  });
  tx.post(releaseJournal(released, initiationFee));
  tx.publish(escrowEvents, [released]);
}

/**
 * What follows from a release that was decided alone: the request for it is settled, and a contract that is closing may be
 * cleared (E-7, A-19).
 */
export async function followRelease(
  tx: Tx,
  { milestone, released }: { milestone: Milestone; released: MilestoneReleased },
): Promise<void> {
  await settleRefundRequest(tx, milestone);
  const standing = await loadStanding(tx, milestone.agreementId);
  if (standing.agreement.status !== 'closing') return;
  const { agreement } = standing;
  const earned =
    agreement.initiationFee === 'held' ? { ...agreement, initiationFee: 'earned' as const } : agreement;
  await clearIfSettled(tx, withMilestone({ ...standing, agreement: earned }, evolve(milestone, released)));
}
