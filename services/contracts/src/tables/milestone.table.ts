import { usd } from '@holdfast/domain';
import type { FundingFailure } from '@holdfast/events';
import type { Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { type Milestone, openSubmission } from '../domain/milestone.ts';

export const MilestoneTable = defineEntity({
  name: 'Milestone',
  tableName: 'milestones',
  properties: {
    id: p.uuid().primary(),
    agreementId: p.uuid(),
    clientId: p.text(),
    freelancerId: p.text(),
    /** Its place in the agreement, from 1. */
    position: p.integer(),
    termsVersion: p.integer(),
    priceMinor: p.bigint(),
    dueDate: p.text(),
    status: p.text().$type<Milestone['status']>(),
    /** What escrow holds for it, as escrow last said. */
    heldMinor: p.bigint().nullable(),
    fundingFailure: p.text().$type<FundingFailure>().nullable(),
    /** The submission that is sent or under review. */
    openSubmissionId: p.uuid().nullable(),
    version: p.integer(),
  },
});

type Row = Omit<InferEntity<typeof MilestoneTable>, 'version'>;

export const toRow = (milestone: Milestone): Row => ({
  id: milestone.id,
  agreementId: milestone.agreementId,
  clientId: milestone.clientId,
  freelancerId: milestone.freelancerId,
  position: milestone.order,
  termsVersion: milestone.termsVersion,
  priceMinor: milestone.price.amountMinor,
  dueDate: milestone.dueDate,
  status: milestone.status,
  heldMinor: 'held' in milestone ? milestone.held.amountMinor : null,
  fundingFailure: (milestone.status === 'agreed' ? milestone.fundingFailure : undefined) ?? null,
  openSubmissionId: openSubmission(milestone) ?? null,
});

export function fromRow(row: Row): Milestone {
  const { id, agreementId, clientId, freelancerId, position: order, termsVersion, dueDate, status } = row;
  const price = usd(row.priceMinor);
  const terms = { id, agreementId, clientId, freelancerId, order, termsVersion, price, dueDate };
  const sent = row.openSubmissionId ?? undefined;
  switch (status) {
    case 'agreed':
      return { ...terms, status, fundingFailure: row.fundingFailure ?? undefined, sent };
    case 'funding_pending':
    case 'released':
      return { ...terms, status, sent };
    case 'funded':
    case 'changes_requested':
      return { ...terms, status, held: usd(row.heldMinor!), sent };
    case 'submitted':
      return { ...terms, status, held: usd(row.heldMinor!), underReview: row.openSubmissionId! };
  }
}

export async function loadMilestone(
  tx: Tx,
  where: { id: string; agreementId?: string; freelancerId?: string },
): Promise<Milestone | undefined> {
  const row = await tx.one(MilestoneTable, where);
  return row && fromRow(row);
}

export const insertMilestone = (tx: Tx, milestone: Milestone): void =>
  tx.insert(MilestoneTable, toRow(milestone));
export const saveMilestone = (tx: Tx, milestone: Milestone): void =>
  tx.save(MilestoneTable, toRow(milestone));
