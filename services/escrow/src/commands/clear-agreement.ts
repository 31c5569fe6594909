import { type Money, usd } from '@holdfast/domain';
import { type EventOf, escrowEvents } from '@holdfast/events';
import type { Tx } from '@holdfast/messaging';
import { isUnsettled } from '../domain/chargeback.ts';
import type { Milestone } from '../domain/milestone.ts';
import { openRefundStatuses } from '../domain/refund.ts';
import { type Agreement, AgreementTable } from '../tables/agreement.table.ts';
import { ChargebackTable } from '../tables/chargeback.table.ts';
import { FundingTable } from '../tables/funding.table.ts';
import { loadMilestonesOf } from '../tables/milestone.table.ts';
import { RefundTable } from '../tables/refund.table.ts';
import { refundMilestones, type Standing } from './refund-milestones.ts';

type EscrowEvent = EventOf<typeof escrowEvents>;
export type OpenItem = Extract<
  EscrowEvent,
  { type: 'escrow.contract.clearing_refused' }
>['openItems'][number];

/** What this decision ends and the tables still show as open. */
export type Ending = Readonly<{
  refundIds?: readonly string[];
  fundingId?: string;
  chargebackId?: string;
}>;

/** An agreement with all its milestones, each checked at the commit. */
export async function loadStanding(tx: Tx, agreementId: string): Promise<Standing> {
  const agreement = (await tx.one(AgreementTable, { id: agreementId }))!;
  return { agreement, milestones: await loadMilestonesOf(tx, agreementId) };
}

/** The same with what was decided of one milestone. */
export const withMilestone = (standing: Standing, changed: Milestone): Standing => ({
  ...standing,
  milestones: standing.milestones.map((milestone) => (milestone.id === changed.id ? changed : milestone)),
});

/** What keeps a contract from being cleared. */
export async function openItemsOf(
  tx: Tx,
  { agreement, milestones }: Standing,
  ending: Ending = {},
): Promise<OpenItem[]> {
  const { id: agreementId } = agreement;
  const held = milestones.filter((milestone) => 'held' in milestone);
  const freezes = held.flatMap((milestone) => milestone.freezes);
  const fundings = await tx.many(FundingTable, { agreementId });
  const refunds = await tx.many(RefundTable, { agreementId });
  const chargebacks = await tx.many(ChargebackTable, { agreementId });
  return [
    ...held.map(({ id }): OpenItem => ({ kind: 'milestone', id })),
    ...freezes.map(({ causeId }): OpenItem => ({ kind: 'freeze', id: causeId })),
    ...fundings
      .filter(({ id, status }) => id !== ending.fundingId && status !== 'succeeded' && status !== 'failed')
      .map(({ id }): OpenItem => ({ kind: 'funding', id })),
    ...refunds
      .filter(({ id, status }) => !ending.refundIds?.includes(id) && openRefundStatuses.includes(status))
      .map(({ id }): OpenItem => ({ kind: 'refund', id })),
    ...chargebacks
      .filter(({ id, status }) => id !== ending.chargebackId && isUnsettled(status))
      .map(({ id }): OpenItem => ({ kind: 'chargeback', id })),
  ];
}

/**
 * A contract that is closing is cleared as soon as nothing of it is open, wherever the last thing ends. Where
 * nothing was ever released the initiation fee goes back first (P-6).
 * @param standing as it is after this decision, which has saved it
 * @returns the refunds that it waits for, decided here
 */
export async function clearIfSettled(
  tx: Tx,
  standing: Standing,
  ending: Ending = {},
): Promise<readonly string[]> {
  const { agreement } = standing;
  if (agreement.status !== 'closing' || agreement.clearedAt) return [];
  if ((await openItemsOf(tx, standing, ending)).length > 0) return [];
  if (agreement.initiationFee === 'held' && agreement.initiationFeeMinor > 0n) {
    const { agreement: after, refundIds } = await refundMilestones(tx, standing, []);
    if (after.initiationFee === 'returned') return refundIds;
  }
  const cleared: Agreement = { ...agreement, clearedAt: tx.now };
  tx.save(AgreementTable, cleared);
  publishCleared(tx, cleared);
  return [];
}

export function publishCleared(tx: Tx, { id: agreementId, clearedAt }: Agreement): void {
  tx.publish(escrowEvents, [{ type: 'escrow.contract.cleared', agreementId, clearedAt: clearedAt! }]);
}

/** All that is held, over the milestones. */
export const balanceOf = (milestones: readonly Milestone[]): Money =>
  usd(milestones.reduce((sum, each) => sum + ('held' in each ? each.held.amountMinor : 0n), 0n));
