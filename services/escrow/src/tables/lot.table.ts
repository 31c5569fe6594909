import { later } from '@holdfast/domain';
import type { Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { takeLots } from '../domain/lots.ts';
import type { LotReturn } from '../domain/refund-plan.ts';

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
    milestoneId: p.uuid(),
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
    /** A bank debit may still come back until then (P-14). */
    atRiskUntil: p.datetime().nullable(),
    version: p.integer(),
  },
});

export type Lot = Omit<InferEntity<typeof LotTable>, 'version'>;

export const insertLot = (tx: Tx, lot: Omit<Lot, 'feeReturnedMinor'>): void =>
  tx.insert(LotTable, { ...lot, feeReturnedMinor: 0n });

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

/**
 * Takes a released amount from the milestone's lots, oldest first (E-21), and its part of the client fee.
 * @returns until when some of what was taken may still come back to its payer (P-14)
 */
export async function useLots(
  tx: Tx,
  milestoneId: string,
  amounts: { gross: bigint; clientFee: bigint },
): Promise<{ atRiskUntil: Date | undefined }> {
  const lots = await tx.many(LotTable, { milestoneId });
  const shares = takeLots(lots, {
    principalMinor: amounts.gross,
    clientFeeMinor: amounts.clientFee,
    order: 'oldest_first',
  });
  let atRiskUntil: Date | undefined;
  for (const { lotId, principalMinor, clientFeeMinor } of shares) {
    const lot = lots.find(({ id }) => id === lotId)!;
    if (lot.atRiskUntil && principalMinor > 0n)
      atRiskUntil = later(lot.atRiskUntil, atRiskUntil ?? lot.atRiskUntil);
    tx.save(LotTable, {
      ...lot,
      principalLeftMinor: lot.principalLeftMinor - principalMinor,
      clientFeeLeftMinor: lot.clientFeeLeftMinor - clientFeeMinor,
    });
  }
  return { atRiskUntil };
}
