import { NotYet, usd } from '@holdfast/domain';
import { newId, type Rows, type Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type { Freeze, Holding, Milestone, Review } from '../domain/milestone.ts';

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
    /** What of the client fee has not been earned yet (P-5): the milestone's balance on `E.fee.client_held`. */
    clientFeeHeldMinor: p.bigint(),
    submissionId: p.uuid().nullable(),
    /** When silence releases it (E-5); null while no review runs. */
    reviewDueAt: p.datetime().nullable(),
    /** What is left of a review that stands still (E-16). */
    reviewLeftMs: p.bigint().nullable(),
    /** Of what is held, what waits for the charge of a later milestone (E-9). */
    reservedMinor: p.bigint(),
    reservedFor: p.uuid().nullable(),
    refundRequestId: p.uuid().nullable(),
    /** What the freelancer got of a milestone whose rest goes back to the client. */
    releasedMinor: p.bigint(),
    version: p.integer(),
  },
});

/** Freezes are rows per cause (E-22). */
export const FreezeTable = defineEntity({
  name: 'Freeze',
  tableName: 'freezes',
  properties: {
    id: p.uuid().primary(),
    milestoneId: p.uuid(),
    cause: p.text().$type<Freeze['cause']>(),
    causeId: p.text(),
    amountMinor: p.bigint(),
    /** The charge whose lots a chargeback freezes. */
    fundingId: p.uuid().nullable(),
    ended: p.boolean(),
    /** The instant of the fact that froze it. */
    since: p.datetime(),
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
    clientFeeHeldMinor: holding?.clientFeeHeld.amountMinor ?? 0n,
    submissionId: 'submissionId' in milestone ? milestone.submissionId : null,
    reviewDueAt: (milestone.status === 'submitted' && milestone.reviewDueAt) || null,
    reviewLeftMs: leftOf(milestone),
    reservedMinor: holding?.reserved?.amount.amountMinor ?? 0n,
    reservedFor: holding?.reserved?.fundingId ?? null,
    refundRequestId: milestone.status === 'refund_pending' ? milestone.refundRequestId : null,
    releasedMinor: 'released' in milestone ? milestone.released.amountMinor : 0n,
  };
}

export function fromRow(row: Row, freezes: readonly Freeze[]): Milestone {
  const { id, agreementId, clientId, freelancerId, termsVersion, status } = row;
  const price = usd(row.priceMinor);
  const terms = { id, agreementId, clientId, freelancerId, order: row.position, termsVersion, price };
  const holding: Holding = {
    held: usd(row.heldMinor),
    principal: usd(row.principalMinor),
    clientFee: usd(row.clientFeeMinor),
    clientFeeHeld: usd(row.clientFeeHeldMinor),
    freezes,
    ...(row.reservedFor ? { reserved: { fundingId: row.reservedFor, amount: usd(row.reservedMinor) } } : {}),
  };
  switch (status) {
    case 'funding_pending':
      return { ...terms, status, fundingId: row.fundingId! };
    case 'funded':
      return { ...terms, ...holding, status };
    case 'submitted':
      return { ...terms, ...holding, ...reviewOf(row), status, submissionId: row.submissionId! };
    case 'changes_requested':
      return { ...terms, ...holding, status, submissionId: row.submissionId! };
    case 'refund_pending':
      return { ...terms, ...holding, status, refundRequestId: row.refundRequestId! };
    case 'refunding':
    case 'refund_failed':
    case 'split':
      return { ...terms, status, released: usd(row.releasedMinor) };
    default:
      return { ...terms, status };
  }
}

const reviewOf = ({ reviewDueAt, reviewLeftMs }: Row): Review =>
  reviewDueAt ? { reviewDueAt } : { reviewLeftMs: Number(reviewLeftMs) };

const leftOf = (milestone: Milestone): bigint | null =>
  milestone.status === 'submitted' && milestone.reviewLeftMs !== undefined
    ? BigInt(milestone.reviewLeftMs)
    : null;

/** Who asks: a foreign id is an unknown id, so the party stands in the statement. */
export type MilestoneOwner = { clientId: string } | { freelancerId: string } | Record<never, never>;

/** @throws NotYet milestone.unknown: the caller may just have created it in another service (M-15) */
export async function loadMilestone(tx: Tx, id: string, owner: MilestoneOwner): Promise<Milestone> {
  const row = await tx.one(MilestoneTable, { id, ...owner });
  if (!row) throw new NotYet('milestone.unknown');
  return fromRow(row, await freezesOf(tx, id));
}

export async function loadMilestonesOf(rows: Rows, agreementId: string): Promise<Milestone[]> {
  const milestones: Milestone[] = [];
  // One after another: a transaction has one connection.
  for (const row of await rows.many(MilestoneTable, { agreementId })) {
    milestones.push(fromRow(row, await freezesOf(rows, row.id)));
  }
  return milestones.sort((a, b) => a.order - b.order);
}

async function freezesOf(rows: Rows, milestoneId: string): Promise<Freeze[]> {
  return (await rows.many(FreezeTable, { milestoneId, ended: false })).map(toFreeze);
}

const toFreeze = ({
  cause,
  causeId,
  amountMinor,
  since,
  fundingId,
}: InferEntity<typeof FreezeTable>): Freeze => ({
  cause,
  causeId,
  amount: usd(amountMinor),
  since,
  ...(fundingId ? { fundingId } : {}),
});

export const insertMilestone = (tx: Tx, milestone: Milestone): void =>
  tx.insert(MilestoneTable, toRow(milestone));
export const saveMilestone = (tx: Tx, milestone: Milestone): void =>
  tx.save(MilestoneTable, toRow(milestone));

/** With its freezes as they stand now: a row per cause, ended and never deleted (E-22). */
export async function saveMilestoneWithFreezes(tx: Tx, milestone: Milestone): Promise<void> {
  saveMilestone(tx, milestone);
  const { id: milestoneId } = milestone;
  const standing = 'held' in milestone ? milestone.freezes : [];
  const rows = await tx.many(FreezeTable, { milestoneId });
  const isOf = (freeze: Freeze) => (row: { cause: string; causeId: string }) =>
    row.cause === freeze.cause && row.causeId === freeze.causeId;
  for (const row of rows) {
    if (!row.ended && !standing.some((freeze) => isOf(freeze)(row))) {
      tx.save(FreezeTable, { ...row, ended: true });
    }
  }
  for (const freeze of standing) {
    const { cause, causeId, since } = freeze;
    const known = rows.find(isOf(freeze));
    const state = {
      amountMinor: freeze.amount.amountMinor,
      fundingId: freeze.fundingId ?? null,
      ended: false,
      since,
    };
    if (known) tx.save(FreezeTable, { ...known, ...state });
    else tx.insert(FreezeTable, { id: newId(), milestoneId, cause, causeId, ...state });
  }
}
