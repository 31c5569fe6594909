import { usd } from '@holdfast/domain';
import type { FundingFailure } from '@holdfast/events';
import type { Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import {
  type Freeze,
  type Holding,
  type Milestone,
  openSubmission,
  reviewedSubmission,
} from '../domain/milestone.ts';

type FrozenPart = Omit<Freeze, 'amount'> & { amountMinor: string };

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
    /** Whether escrow has begun the review of the open submission. */
    underReview: p.boolean(),
    freezes: p.json<FrozenPart[]>(),
    refundRequestId: p.uuid().nullable(),
    /** When silence gives the money back (E-14); escrow owns this deadline. */
    refundDueAt: p.datetime().nullable(),
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
  underReview: reviewedSubmission(milestone) !== undefined,
  freezes: ('freezes' in milestone ? milestone.freezes : []).map(({ cause, causeId, amount }) => ({
    cause,
    causeId,
    amountMinor: String(amount.amountMinor),
  })),
  refundRequestId: milestone.status === 'refund_pending' ? milestone.refundRequestId : null,
  refundDueAt: (milestone.status === 'refund_pending' ? milestone.refundDueAt : undefined) ?? null,
});

export function fromRow(row: Row): Milestone {
  const { id, agreementId, clientId, freelancerId, position: order, termsVersion, dueDate, status } = row;
  const price = usd(row.priceMinor);
  const terms = { id, agreementId, clientId, freelancerId, order, termsVersion, price, dueDate };
  const sent = row.openSubmissionId ?? undefined;
  switch (status) {
    case 'agreed':
      return { ...terms, status, fundingFailure: row.fundingFailure ?? undefined, sent };
    case 'funded':
    case 'changes_requested':
      return { ...terms, ...holdingOf(row), status, sent };
    case 'submitted':
      return { ...terms, ...holdingOf(row), status, underReview: row.openSubmissionId! };
    case 'refund_pending': {
      const asked = {
        refundRequestId: row.refundRequestId!,
        refundDueAt: row.refundDueAt ?? undefined,
        ...(row.underReview ? { underReview: row.openSubmissionId! } : { sent }),
      };
      return { ...terms, ...holdingOf(row), status, ...asked };
    }
    default:
      return { ...terms, status, sent };
  }
}

export const holdingOf = ({ heldMinor, freezes }: Pick<Row, 'heldMinor' | 'freezes'>): Holding => ({
  held: usd(heldMinor!),
  freezes: freezes.map(({ amountMinor, ...freeze }) => ({ ...freeze, amount: usd(BigInt(amountMinor)) })),
});

export async function loadMilestone(
  tx: Tx,
  where: { id: string; agreementId?: string; freelancerId?: string },
): Promise<Milestone | undefined> {
  const row = await tx.one(MilestoneTable, where);
  return row && fromRow(row);
}

/** All milestones of an agreement, cancelled ones too, in their order. */
export async function loadMilestonesOf(tx: Tx, agreementId: string): Promise<Milestone[]> {
  const rows = await tx.many(MilestoneTable, { agreementId });
  return rows.map(fromRow).sort((one, other) => one.order - other.order);
}

export const insertMilestone = (tx: Tx, milestone: Milestone): void =>
  tx.insert(MilestoneTable, toRow(milestone));
export const saveMilestone = (tx: Tx, milestone: Milestone): void =>
  tx.save(MilestoneTable, toRow(milestone));
