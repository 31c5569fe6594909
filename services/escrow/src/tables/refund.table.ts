import { NotYet, usd } from '@holdfast/domain';
import type { RefundCause, RefundFailure } from '@holdfast/events';
import type { Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { amountOf, type DrawnShare, type Refund } from '../domain/refund.ts';

type Stored<T> = { [Key in keyof T]: T[Key] extends bigint ? string : T[Key] };

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
    /** Of a refund after release: what left the freelancer's balance for it, and of which releases (E-25). */
    transferId: p.uuid().nullable(),
    netMinor: p.bigint().nullable(),
    freelancerFeeMinor: p.bigint().nullable(),
    /** Amounts as digit strings. */
    drawnShares: p.json<readonly Stored<DrawnShare>[]>().nullable(),
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
    transferId: drawn?.transferId ?? null,
    netMinor: drawn?.net.amountMinor ?? null,
    freelancerFeeMinor: drawn?.freelancerFee.amountMinor ?? null,
    drawnShares: drawn?.shares.map(stored) ?? null,
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
          transferId: row.transferId,
          net: usd(row.netMinor!),
          freelancerFee: usd(row.freelancerFeeMinor!),
          shares: row.drawnShares!.map(shareOf),
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

const stored = (share: DrawnShare): Stored<DrawnShare> => ({
  releaseId: share.releaseId,
  lotId: share.lotId,
  principalMinor: String(share.principalMinor),
  clientFeeMinor: String(share.clientFeeMinor),
  freelancerFeeMinor: String(share.freelancerFeeMinor),
  taxMinor: String(share.taxMinor),
});

const shareOf = (share: Stored<DrawnShare>): DrawnShare => ({
  releaseId: share.releaseId,
  lotId: share.lotId,
  principalMinor: BigInt(share.principalMinor),
  clientFeeMinor: BigInt(share.clientFeeMinor),
  freelancerFeeMinor: BigInt(share.freelancerFeeMinor),
  taxMinor: BigInt(share.taxMinor),
});

/** All refunds of one draw on a balance, which are decided together (E-25). */
export async function loadDraw(tx: Tx, transferId: string): Promise<Refund[]> {
  return (await tx.many(RefundTable, { transferId })).map(fromRow);
}

/** @throws NotYet refund.unknown */
export async function loadRefund(tx: Tx, id: string): Promise<Refund> {
  const row = await tx.one(RefundTable, { id });
  if (!row) throw new NotYet('refund.unknown');
  return fromRow(row);
}

export const insertRefund = (tx: Tx, refund: Refund): void => tx.insert(RefundTable, toRow(refund));
export const saveRefund = (tx: Tx, refund: Refund): void => tx.save(RefundTable, toRow(refund));
