import { later, type Money, usd } from '@holdfast/domain';
import { newId, type Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { takeLots } from '../domain/lots.ts';
import type { Freeze, HeldMilestone, Milestone } from '../domain/milestone.ts';
import type { MilestoneRolled } from '../domain/milestone-events.ts';
import type { LotReturn } from '../domain/refund-plan.ts';
import { rollingTax } from '../domain/rolling.ts';

/**
 * Funding lots (E-21): which charge paid how much of which milestone. Refunds and chargebacks name a charge,
 * so what is left of each is kept. The sum of a milestone's lots is its balance (M-4).
 */
export const LotTable = defineEntity({
  name: 'Lot',
  tableName: 'lots',
  properties: {
    id: p.uuid().primary(),
    agreementId: p.uuid(),
    milestoneId: p.uuid().nullable(),
    bonusId: p.uuid().nullable(),
    fundingId: p.uuid(),
    chargeReference: p.text(),
    methodId: p.uuid().nullable(),
    subAccount: p.text(),
    principalMinor: p.bigint(),
    clientFeeMinor: p.bigint(),
    initiationFeeMinor: p.bigint(),
    taxMinor: p.bigint(),
    principalLeftMinor: p.bigint(),
    clientFeeLeftMinor: p.bigint(),
    chargedAt: p.datetime(),
    /** The lot that this one was a part of before it rolled over. */
    rolledFrom: p.uuid().nullable(),
    /** Of client and initiation fee, what went back to the source; the tax follows it (P-12). */
    feeReturnedMinor: p.bigint(),
    taxReturnedMinor: p.bigint(),
    /** What went back to the source, from escrow or after a release. */
    principalRefundedMinor: p.bigint(),
    /** What the client's bank took back of it (E-24). */
    chargedBackMinor: p.bigint(),
    /** A bank debit may still come back until then (P-14). */
    atRiskUntil: p.datetime().nullable(),
    version: p.integer(),
  },
});

export type Lot = Omit<InferEntity<typeof LotTable>, 'version'>;

export const insertLot = (tx: Tx, lot: Omit<Lot, 'feeReturnedMinor' | 'chargedBackMinor'>): void =>
  tx.insert(LotTable, { ...lot, feeReturnedMinor: 0n, chargedBackMinor: 0n });

/** A part of what is held goes back to the source of the lot (E-21). */
export const returnFromLot = (tx: Tx, lot: Lot, returned: LotReturn): void =>
  tx.save(LotTable, {
    ...lot,
    principalLeftMinor: lot.principalLeftMinor - returned.principalMinor,
    clientFeeLeftMinor: lot.clientFeeLeftMinor - returned.clientFeeMinor,
    principalRefundedMinor: lot.principalRefundedMinor + returned.principalMinor,
    feeReturnedMinor: lot.feeReturnedMinor + returned.clientFeeMinor + returned.initiationFeeMinor,
    taxReturnedMinor: lot.taxReturnedMinor + returned.taxMinor,
  });

/** Charges whose lots are frozen: whatever is not their own chargeback passes them over (E-22). */
export const frozenFundingIds = (freezes: readonly Freeze[]): ReadonlySet<string> =>
  new Set(freezes.flatMap(({ fundingId }) => (fundingId ? [fundingId] : [])));

/** The fee on the lots that may be touched; undefined where that is every one of them. */
export async function freeClientFee(tx: Tx, milestone: Milestone): Promise<Money | undefined> {
  const frozen = frozenFundingIds('held' in milestone ? milestone.freezes : []);
  if (frozen.size === 0) return undefined;
  const lots = await tx.many(LotTable, { milestoneId: milestone.id });
  const free = lots.filter(({ fundingId }) => !frozen.has(fundingId));
  return usd(free.reduce((sum, lot) => sum + lot.clientFeeLeftMinor, 0n));
}

/**
 * Takes a released amount from the milestone's lots, oldest first (E-21), and its part of the client fee.
 * @returns until when some of what was taken may still come back to its payer (P-14)
 */
export async function useLots(
  tx: Tx,
  milestoneId: string,
  amounts: { gross: bigint; clientFee: bigint; frozen?: ReadonlySet<string> },
): Promise<{ atRiskUntil: Date | undefined }> {
  const lots = await tx.many(LotTable, { milestoneId });
  const shares = takeLots(lots, {
    principalMinor: amounts.gross,
    clientFeeMinor: amounts.clientFee,
    order: 'oldest_first',
    frozenFundingIds: amounts.frozen,
  });
  const taken = shares.map(({ lotId, principalMinor, clientFeeMinor }) => {
    const lot = lots.find(({ id }) => id === lotId)!;
    tx.save(LotTable, {
      ...lot,
      principalLeftMinor: lot.principalLeftMinor - principalMinor,
      clientFeeLeftMinor: lot.clientFeeLeftMinor - clientFeeMinor,
    });
    return { ...lot, principalMinor };
  });
  return { atRiskUntil: riskOf(taken) };
}

/**
 * What rounding left of the client fee on lots of which nothing is held any more: earned with the last of their milestone
 * (P-5, R-6).
 */
export async function earnRest(tx: Tx, milestoneId: string): Promise<bigint> {
  const rests = (await tx.many(LotTable, { milestoneId })).filter(
    ({ principalLeftMinor, clientFeeLeftMinor }) => principalLeftMinor === 0n && clientFeeLeftMinor > 0n,
  );
  for (const lot of rests) tx.save(LotTable, { ...lot, clientFeeLeftMinor: 0n });
  return rests.reduce((sum, lot) => sum + lot.clientFeeLeftMinor, 0n);
}

/** The end of the last risk on the lots that gave something (P-14). */
export function riskOf(lots: readonly Pick<Lot, 'atRiskUntil' | 'principalMinor'>[]): Date | undefined {
  const risks = lots.flatMap(({ atRiskUntil, principalMinor }) =>
    atRiskUntil && principalMinor > 0n ? [atRiskUntil] : [],
  );
  return risks.length > 0 ? risks.reduce(later) : undefined;
}

/**
 * Moves a rest's lots to a later milestone, newest first (E-21). Principal, fee and tax leave the lot that they come
 * from: what it still stands for is what this milestone got of the charge (R-6, P-12).
 * @returns the lots of the later milestone, for the caller to insert
 */
export async function rollLots(
  tx: Tx,
  { id: milestoneId, freezes }: HeldMilestone,
  rolled: Pick<MilestoneRolled, 'toMilestoneId' | 'amount' | 'clientFee'>,
): Promise<Lot[]> {
  const lots = await tx.many(LotTable, { milestoneId });
  const shares = takeLots(lots, {
    principalMinor: rolled.amount.amountMinor,
    clientFeeMinor: rolled.clientFee.amountMinor,
    order: 'newest_first',
    frozenFundingIds: frozenFundingIds(freezes),
  });
  return shares.map(({ lotId, principalMinor, clientFeeMinor }) => {
    const { version, ...lot } = lots.find(({ id }) => id === lotId)!;
    const taxMinor = rollingTax(lot, clientFeeMinor);
    tx.save(LotTable, {
      ...lot,
      principalMinor: lot.principalMinor - principalMinor,
      clientFeeMinor: lot.clientFeeMinor - clientFeeMinor,
      taxMinor: lot.taxMinor - taxMinor,
      principalLeftMinor: lot.principalLeftMinor - principalMinor,
      clientFeeLeftMinor: lot.clientFeeLeftMinor - clientFeeMinor,
    });
    const moved = { principalMinor, clientFeeMinor, taxMinor };
    const left = { principalLeftMinor: principalMinor, clientFeeLeftMinor: clientFeeMinor };
    const returned = { feeReturnedMinor: 0n, taxReturnedMinor: 0n, principalRefundedMinor: 0n };
    const ids = { id: newId(), milestoneId: rolled.toMilestoneId, rolledFrom: lot.id };
    return { ...lot, ...moved, ...left, ...returned, ...ids, initiationFeeMinor: 0n };
  });
}
