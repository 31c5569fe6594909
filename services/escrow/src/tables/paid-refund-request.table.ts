import { usd } from '@holdfast/domain';
import type { Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type { PaidRefundRequest } from '../domain/paid-refund-request.ts';

/** What the client asks back of a milestone or bonus that was paid (E-18); one at a time is open. */
export const PaidRefundRequestTable = defineEntity({
  name: 'PaidRefundRequest',
  tableName: 'paid_refund_requests',
  properties: {
    id: p.uuid().primary(),
    agreementId: p.uuid(),
    clientId: p.text(),
    freelancerId: p.text(),
    milestoneId: p.uuid().nullable(),
    bonusId: p.uuid().nullable(),
    status: p.text().$type<PaidRefundRequest['status']>(),
    amountMinor: p.bigint(),
    askedAt: p.datetime(),
    openUntil: p.datetime(),
    /** Under which the freelancer's balance is asked for it (E-25). */
    transferId: p.uuid().nullable(),
    endedAt: p.datetime().nullable(),
    version: p.integer(),
  },
});

type Row = Omit<InferEntity<typeof PaidRefundRequestTable>, 'version'>;

export const toRow = (request: PaidRefundRequest): Row => ({
  id: request.id,
  agreementId: request.agreementId,
  clientId: request.clientId,
  freelancerId: request.freelancerId,
  milestoneId: request.milestoneId ?? null,
  bonusId: request.bonusId ?? null,
  status: request.status,
  amountMinor: request.amount.amountMinor,
  askedAt: request.askedAt,
  openUntil: request.openUntil,
  transferId: request.status === 'given' ? request.transferId : null,
  endedAt: request.status === 'open' ? null : request.endedAt,
});

export function fromRow(row: Row): PaidRefundRequest {
  const { id, agreementId, clientId, freelancerId, milestoneId, bonusId, askedAt, openUntil, status } = row;
  const of = milestoneId ? { milestoneId } : { bonusId: bonusId! };
  const amount = usd(row.amountMinor);
  const known = { id, agreementId, clientId, freelancerId, ...of, amount, askedAt, openUntil };
  switch (status) {
    case 'open':
      return { ...known, status };
    case 'given':
      return { ...known, status, transferId: row.transferId!, endedAt: row.endedAt! };
    default:
      return { ...known, status, endedAt: row.endedAt! };
  }
}

/** The one that waits for an answer. */
export async function openRequestOf(
  tx: Tx,
  of: Readonly<{ milestoneId?: string; bonusId?: string }>,
): Promise<PaidRefundRequest | undefined> {
  const row = await tx.one(PaidRefundRequestTable, { ...of, status: 'open' });
  return row && fromRow(row);
}

export const insertPaidRequest = (tx: Tx, request: PaidRefundRequest): void =>
  tx.insert(PaidRefundRequestTable, toRow(request));
export const savePaidRequest = (tx: Tx, request: PaidRefundRequest): void =>
  tx.save(PaidRefundRequestTable, toRow(request));
