import { usd } from '@holdfast/domain';
import type { Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type { Funding, FundingStep } from '../domain/funding.ts';
import type { AttemptFailure, RefundAttempt } from '../domain/refund-attempt.ts';
import { partsOf, type SmallChargePlace } from '../domain/small-charge.ts';
import { courseFromRow, courseToRow } from './funding.table.ts';
import { courseFromRow as refundFromRow, courseToRow as refundToRow } from './refund-attempt.table.ts';

/** The two charges that verify a card, one row each (P-2). What they took is shown to nobody. */
export const SmallChargeTable = defineEntity({
  name: 'SmallCharge',
  tableName: 'small_charges',
  properties: {
    id: p.uuid().primary(),
    methodId: p.uuid(),
    accountId: p.text(),
    place: p.integer().$type<SmallChargePlace>(),
    amountMinor: p.bigint(),
    status: p.text().$type<Funding['status']>(),
    step: p.text().$type<FundingStep>().nullable(),
    /** Exact bytes of the calls, stored before the first of them is made (0.1 of the protocols). */
    createBody: p.text(),
    confirmBody: p.text(),
    intentId: p.text().nullable(),
    confirmSent: p.boolean(),
    misses: p.integer(),
    firstMissAt: p.datetime().nullable(),
    keySince: p.datetime(),
    ending: p.text().$type<Funding['ending']>().nullable(),
    payerUrl: p.text().nullable(),
    nextCallAt: p.datetime().nullable(),
    /** When the payer's time is over (E-26). */
    expiresAt: p.datetime().nullable(),
    correlationId: p.text(),
    traceparent: p.text().nullable(),
    version: p.integer(),
  },
});

export type SmallChargeRow = Omit<InferEntity<typeof SmallChargeTable>, 'version'>;

/** What a small charge carries besides its course: whose it is, and the bytes. */
export type SmallChargeFrame = Pick<
  SmallChargeRow,
  'methodId' | 'accountId' | 'place' | 'createBody' | 'confirmBody' | 'correlationId' | 'traceparent'
>;

export const toRow = (charge: Funding, frame: SmallChargeFrame): SmallChargeRow => ({
  ...frame,
  amountMinor: charge.parts.total.amountMinor,
  ...courseToRow(charge),
});

export const fromRow = (row: SmallChargeRow): Funding =>
  courseFromRow(row, { kind: 'card', unattended: false, parts: partsOf(usd(row.amountMinor)) });

export async function loadSmallCharge(
  tx: Tx,
  id: string,
): Promise<{ charge: Funding; row: SmallChargeRow } | undefined> {
  const row = await tx.one(SmallChargeTable, { id });
  return row && { charge: fromRow(row), row };
}

/** The way back of a small charge, one row for each sending (E-23). */
export const SmallRefundTable = defineEntity({
  name: 'SmallRefund',
  tableName: 'small_refunds',
  properties: {
    id: p.uuid().primary(),
    smallChargeId: p.uuid(),
    accountId: p.text(),
    number: p.integer(),
    status: p.text().$type<RefundAttempt['status']>(),
    amountMinor: p.bigint(),
    /** The provider's name of the charge. */
    chargeReference: p.text(),
    createBody: p.text(),
    reference: p.text().nullable(),
    misses: p.integer(),
    firstMissAt: p.datetime().nullable(),
    keySince: p.datetime(),
    failure: p.text().$type<AttemptFailure>().nullable(),
    endedAt: p.datetime().nullable(),
    nextCallAt: p.datetime().nullable(),
    /** Who wants it sent again after it failed, and another person who does too (S-11). */
    retryBy: p.text().nullable(),
    retryReason: p.text().nullable(),
    retryApprovedBy: p.text().nullable(),
    retryApprovedReason: p.text().nullable(),
    correlationId: p.text(),
    traceparent: p.text().nullable(),
    version: p.integer(),
  },
});

export type SmallRefundRow = Omit<InferEntity<typeof SmallRefundTable>, 'version'>;

export type SmallRefundFrame = Pick<
  SmallRefundRow,
  | 'smallChargeId'
  | 'accountId'
  | 'chargeReference'
  | 'createBody'
  | 'retryBy'
  | 'retryReason'
  | 'retryApprovedBy'
  | 'retryApprovedReason'
  | 'correlationId'
  | 'traceparent'
>;

export const refundRow = (attempt: RefundAttempt, frame: SmallRefundFrame): SmallRefundRow => ({
  ...frame,
  ...refundToRow(attempt),
});

export const attemptOf = (row: SmallRefundRow): RefundAttempt =>
  refundFromRow(row, { refundId: row.smallChargeId });
