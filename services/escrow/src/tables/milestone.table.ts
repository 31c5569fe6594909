import { NotYet, usd } from '@holdfast/domain';
import type { Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type { Freeze, Milestone } from '../domain/milestone.ts';

export const MilestoneTable = defineEntity({
  name: 'Milestone',
  tableName: 'milestones',
  properties: {
    id: p.uuid().primary(),
    agreementId: p.uuid(),
    clientId: p.text(),
    freelancerId: p.text(),
    position: p.integer(),
    termsVersion: p.integer(),
    priceMinor: p.bigint(),
    status: p.text().$type<Milestone['status']>(),
    fundingId: p.uuid().nullable(),
    heldMinor: p.bigint(),
    principalMinor: p.bigint(),
    clientFeeMinor: p.bigint(),
    submissionId: p.uuid().nullable(),
    /** When silence releases it (E-5); null while no review runs. */
    reviewDueAt: p.datetime().nullable(),
    version: p.integer(),
  },
});

/** Freezes are rows per cause (E-22); the services that freeze come with cases and chargebacks. */
export const FreezeTable = defineEntity({
  name: 'Freeze',
  tableName: 'freezes',
  properties: {
    id: p.uuid().primary(),
    milestoneId: p.uuid(),
    cause: p.text().$type<Freeze['cause']>(),
    causeId: p.text(),
    amountMinor: p.bigint(),
    version: p.integer(),
  },
});

type Row = Omit<InferEntity<typeof MilestoneTable>, 'version'>;

export function toRow(milestone: Milestone): Row {
  const { id, agreementId, clientId, freelancerId, order, termsVersion, price, status } = milestone;
  const holding = 'held' in milestone ? milestone : undefined;
  return {
    id,
    agreementId,
    clientId,
    freelancerId,
    position: order,
    termsVersion,
    priceMinor: price.amountMinor,
    status,
    fundingId: milestone.status === 'funding_pending' ? milestone.fundingId : null,
    heldMinor: holding?.held.amountMinor ?? 0n,
    principalMinor: holding?.principal.amountMinor ?? 0n,
    clientFeeMinor: holding?.clientFee.amountMinor ?? 0n,
    submissionId: 'submissionId' in milestone ? milestone.submissionId : null,
    reviewDueAt: milestone.status === 'submitted' ? milestone.reviewDueAt : null,
  };
}

export function fromRow(row: Row, freezes: readonly Freeze[]): Milestone {
  const { id, agreementId, clientId, freelancerId, termsVersion, status } = row;
  const price = usd(row.priceMinor);
  const terms = { id, agreementId, clientId, freelancerId, order: row.position, termsVersion, price };
  const holding = {
    held: usd(row.heldMinor),
    principal: usd(row.principalMinor),
    clientFee: usd(row.clientFeeMinor),
    freezes,
  };
  switch (status) {
    case 'agreed':
    case 'released':
      return { ...terms, status };
    case 'funding_pending':
      return { ...terms, status, fundingId: row.fundingId! };
    case 'funded':
      return { ...terms, ...holding, status };
    case 'submitted':
      return { ...terms, ...holding, status, submissionId: row.submissionId!, reviewDueAt: row.reviewDueAt! };
    case 'changes_requested':
      return { ...terms, ...holding, status, submissionId: row.submissionId! };
  }
}

/** Who asks: a foreign id is an unknown id, so the party stands in the statement. */
export type MilestoneOwner = { clientId: string } | { freelancerId: string } | Record<never, never>;

/** @throws NotYet milestone.unknown: the caller may just have created it in another service (M-15) */
export async function loadMilestone(tx: Tx, id: string, owner: MilestoneOwner): Promise<Milestone> {
  const row = await tx.one(MilestoneTable, { id, ...owner });
  if (!row) throw new NotYet('milestone.unknown');
  return fromRow(row, await freezesOf(tx, id));
}

export async function loadMilestonesOf(tx: Tx, agreementId: string): Promise<Milestone[]> {
  const rows = await tx.many(MilestoneTable, { agreementId });
  const milestones: Milestone[] = [];
  // One after another: a transaction has one connection.
  for (const row of rows) milestones.push(fromRow(row, await freezesOf(tx, row.id)));
  return milestones.sort((a, b) => a.order - b.order);
}

async function freezesOf(tx: Tx, milestoneId: string): Promise<Freeze[]> {
  const rows = await tx.many(FreezeTable, { milestoneId });
  return rows.map(({ cause, causeId, amountMinor }) => ({ cause, causeId, amount: usd(amountMinor) }));
}

export const insertMilestone = (tx: Tx, milestone: Milestone): void =>
  tx.insert(MilestoneTable, toRow(milestone));
export const saveMilestone = (tx: Tx, milestone: Milestone): void =>
  tx.save(MilestoneTable, toRow(milestone));
