import { usd } from '@holdfast/domain';
import type { RefundFailure } from '@holdfast/events';
import type { Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type { PayInPlace } from '../domain/journals.ts';
import type { AttemptFailure, RefundAttempt } from '../domain/refund-attempt.ts';

/** Each sending of a refund: one key and one set of bytes at one provider (E-23, 0.1 of the provider protocols). */
export const RefundAttemptTable = defineEntity({
  name: 'RefundAttempt',
  tableName: 'refund_attempts',
  properties: {
    id: p.uuid().primary(),
    refundId: p.uuid(),
    agreementId: p.uuid(),
    fundingId: p.uuid(),
    number: p.integer(),
    status: p.text().$type<RefundAttempt['status']>(),
    amountMinor: p.bigint(),
    /** Where the money leaves from, as the sub-account of the trust cash is called. */
    subAccount: p.text().$type<RefundPlace>(),
    /** The provider's name of the charge. */
    chargeReference: p.text(),
    /** Exact bytes of the call, stored before it is made. */
    createBody: p.text(),
    reference: p.text().nullable(),
    misses: p.integer(),
    firstMissAt: p.datetime().nullable(),
    keySince: p.datetime(),
    failure: p.text().$type<AttemptFailure>().nullable(),
    endedAt: p.datetime().nullable(),
    /** When the worker has its next step at the provider. */
    nextCallAt: p.datetime().nullable(),
    correlationId: p.text(),
    traceparent: p.text().nullable(),
    version: p.integer(),
  },
});

/** Who pays refunds: providers that were charged, or the bank where the source cannot be reached (E-23). */
export type RefundPlace = PayInPlace | 'bank';
export type RefundAttemptRow = Omit<InferEntity<typeof RefundAttemptTable>, 'version'>;

/** What an attempt carries besides its state: whose it is, where it goes, and the bytes. */
export type RefundAttemptFrame = Pick<
  RefundAttemptRow,
  | 'agreementId'
  | 'fundingId'
  | 'subAccount'
  | 'chargeReference'
  | 'createBody'
  | 'correlationId'
  | 'traceparent'
>;

export function toRow(attempt: RefundAttempt, frame: RefundAttemptFrame): RefundAttemptRow {
  return { ...frame, refundId: attempt.refundId, ...courseToRow(attempt) };
}

/** How far a sending has come at its provider, whatever it gives back. */
export type RefundCourseRow = Pick<
  RefundAttemptRow,
  | 'id'
  | 'number'
  | 'status'
  | 'amountMinor'
  | 'reference'
  | 'misses'
  | 'firstMissAt'
  | 'keySince'
  | 'failure'
  | 'endedAt'
  | 'nextCallAt'
>;

export function courseToRow(attempt: RefundAttempt): RefundCourseRow {
  return {
    id: attempt.id,
    number: attempt.number,
    status: attempt.status,
    amountMinor: attempt.amount.amountMinor,
    reference: attempt.reference ?? null,
    misses: attempt.misses,
    firstMissAt: attempt.firstMissAt ?? null,
    keySince: attempt.keySince,
    failure: 'failure' in attempt ? attempt.failure : null,
    endedAt: 'endedAt' in attempt ? attempt.endedAt : null,
    nextCallAt: ('nextCallAt' in attempt ? attempt.nextCallAt : undefined) ?? null,
  };
}

export const fromRow = (row: RefundAttemptRow): RefundAttempt =>
  courseFromRow(row, { refundId: row.refundId, ...(row.subAccount === 'bank' ? { isWatched: true } : {}) });

export function courseFromRow(
  row: RefundCourseRow,
  of: Pick<RefundAttempt, 'refundId' | 'isWatched'>,
): RefundAttempt {
  const { id, number, status, misses, keySince } = row;
  const reference = row.reference ?? undefined;
  const firstMissAt = row.firstMissAt ?? undefined;
  const amount = usd(row.amountMinor);
  const known = { ...of, id, number, amount, reference, misses, firstMissAt, keySince };
  switch (status) {
    case 'waiting':
    case 'in_review':
    case 'contradicted':
      return { ...known, status };
    case 'requested':
    case 'unknown':
      return { ...known, status, nextCallAt: row.nextCallAt! };
    case 'in_transit':
      return { ...known, status, reference: reference!, nextCallAt: row.nextCallAt! };
    case 'paid':
      return {
        ...known,
        status,
        reference: reference!,
        endedAt: row.endedAt!,
        ...(row.nextCallAt ? { nextCallAt: row.nextCallAt } : {}),
      };
    case 'failed':
      return { ...known, status, failure: row.failure!, endedAt: row.endedAt! };
    case 'returned':
      return {
        ...known,
        status,
        reference: reference!,
        failure: row.failure as RefundFailure,
        endedAt: row.endedAt!,
      };
  }
}

export type KnownAttempt = { attempt: RefundAttempt; frame: RefundAttemptFrame };

export async function loadRefundAttempt(tx: Tx, id: string): Promise<KnownAttempt | undefined> {
  const row = await tx.one(RefundAttemptTable, { id });
  return row && { attempt: fromRow(row), frame: frameOf(row) };
}

export async function loadAttemptsOfCharge(tx: Tx, fundingId: string): Promise<KnownAttempt[]> {
  const rows = await tx.many(RefundAttemptTable, { fundingId });
  return rows.map((row) => ({ attempt: fromRow(row), frame: frameOf(row) }));
}

const frameOf = (row: RefundAttemptRow): RefundAttemptFrame => ({
  agreementId: row.agreementId,
  fundingId: row.fundingId,
  subAccount: row.subAccount,
  chargeReference: row.chargeReference,
  createBody: row.createBody,
  correlationId: row.correlationId,
  traceparent: row.traceparent,
});

export const insertRefundAttempt = (tx: Tx, attempt: RefundAttempt, frame: RefundAttemptFrame): void =>
  tx.insert(RefundAttemptTable, toRow(attempt, frame));
export const saveRefundAttempt = (tx: Tx, attempt: RefundAttempt, frame: RefundAttemptFrame): void =>
  tx.save(RefundAttemptTable, toRow(attempt, frame));
