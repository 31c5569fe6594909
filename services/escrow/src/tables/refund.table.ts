import { NotYet, usd } from '@holdfast/domain';
import type { RefundCause, RefundFailure } from '@holdfast/events';
import type { Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { amountOf, type Refund } from '../domain/refund.ts';

/** Refunds: one row for each charge that money goes back to (E-23). */
export const RefundTable = defineEntity({
  name: 'Refund',
  tableName: 'refunds',
  properties: {
    id: p.uuid().primary(),
    agreementId: p.uuid(),
    clientId: p.text(),
    freelancerId: p.text(),
    fundingId: p.uuid(),
    milestoneId: p.uuid().nullable(),
    bonusId: p.uuid().nullable(),
    refundRequestId: p.uuid().nullable(),
    cause: p.text().$type<RefundCause>(),
    status: p.text().$type<Refund['status']>(),
    principalMinor: p.bigint(),
    clientFeeMinor: p.bigint(),
    initiationFeeMinor: p.bigint(),
    taxMinor: p.bigint(),
    amountMinor: p.bigint(),
    /** Of a refund after release: which one, and what left the freelancer's balance for it (E-25). */
    releaseId: p.uuid().nullable(),
    transferId: p.uuid().nullable(),
    netMinor: p.bigint().nullable(),
    freelancerFeeMinor: p.bigint().nullable(),
    attempt: p.integer(),
    failure: p.text().$type<RefundFailure>().nullable(),
    decidedAt: p.datetime(),
    endedAt: p.datetime().nullable(),
    version: p.integer(),
  },
});

export type RefundRow = Omit<InferEntity<typeof RefundTable>, 'version'>;

export function toRow(refund: Refund): RefundRow {
  const { parts, drawn } = refund;
  return {
    id: refund.id,
    agreementId: refund.agreementId,
    clientId: refund.clientId,
    freelancerId: refund.freelancerId,
    fundingId: refund.fundingId,
    milestoneId: refund.milestoneId ?? null,
    bonusId: refund.bonusId ?? null,
    refundRequestId: refund.refundRequestId ?? null,
    cause: refund.cause,
    status: refund.status,
    principalMinor: parts.principal.amountMinor,
    clientFeeMinor: parts.clientFee.amountMinor,
    initiationFeeMinor: parts.initiationFee.amountMinor,
    taxMinor: parts.tax.amountMinor,
    amountMinor: amountOf(parts).amountMinor,
    releaseId: drawn?.releaseId ?? null,
    transferId: drawn?.transferId ?? null,
    netMinor: drawn?.net.amountMinor ?? null,
    freelancerFeeMinor: drawn?.freelancerFee.amountMinor ?? null,
    attempt: refund.attempt,
    failure: refund.status === 'refund_failed' ? refund.failure : null,
    decidedAt: refund.decidedAt,
    endedAt: 'endedAt' in refund ? refund.endedAt : null,
  };
}

export function fromRow(row: RefundRow): Refund {
  const known = {
    id: row.id,
    agreementId: row.agreementId,
    clientId: row.clientId,
    freelancerId: row.freelancerId,
    fundingId: row.fundingId,
    milestoneId: row.milestoneId ?? undefined,
    bonusId: row.bonusId ?? undefined,
    refundRequestId: row.refundRequestId ?? undefined,
    cause: row.cause,
    parts: {
      principal: usd(row.principalMinor),
      clientFee: usd(row.clientFeeMinor),
      initiationFee: usd(row.initiationFeeMinor),
      tax: usd(row.taxMinor),
    },
    drawn: row.transferId
      ? {
          releaseId: row.releaseId!,
          transferId: row.transferId,
          net: usd(row.netMinor!),
          freelancerFee: usd(row.freelancerFeeMinor!),
        }
      : undefined,
    attempt: row.attempt,
    decidedAt: row.decidedAt,
  };
  switch (row.status) {
    case 'drawing':
    case 'refunding':
      return { ...known, status: row.status };
    case 'refund_failed':
      return { ...known, status: row.status, failure: row.failure! };
    default:
      return { ...known, status: row.status, endedAt: row.endedAt! };
  }
}

/** @throws NotYet refund.unknown */
export async function loadRefund(tx: Tx, id: string): Promise<Refund> {
  const row = await tx.one(RefundTable, { id });
  if (!row) throw new NotYet('refund.unknown');
  return fromRow(row);
}

export const insertRefund = (tx: Tx, refund: Refund): void => tx.insert(RefundTable, toRow(refund));
export const saveRefund = (tx: Tx, refund: Refund): void => tx.save(RefundTable, toRow(refund));
