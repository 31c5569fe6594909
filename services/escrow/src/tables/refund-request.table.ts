import type { RefundReason } from '@holdfast/events';
import type { Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type { Proof, RefundRequest } from '../domain/refund-request.ts';

/** Requests for escrow back (E-13): the statement is encrypted under the client's key, its hash is public. */
export const RefundRequestTable = defineEntity({
  name: 'RefundRequest',
  tableName: 'refund_requests',
  properties: {
    id: p.uuid().primary(),
    agreementId: p.uuid(),
    clientId: p.text(),
    freelancerId: p.text(),
    status: p.text().$type<RefundRequest['status']>(),
    reason: p.text().$type<RefundReason>().nullable(),
    statementHash: p.text().nullable(),
    statementSealed: p.blob().$type<Buffer>().nullable(),
    /** Of all its milestones, when it was made: what silence gives away. */
    amountMinor: p.bigint(),
    requestedAt: p.datetime(),
    /** When silence grants it (E-14); null while nothing runs. */
    dueAt: p.datetime().nullable(),
    /** What is left of a deadline that stands still (E-16). */
    leftMs: p.bigint().nullable(),
    endedAt: p.datetime().nullable(),
    version: p.integer(),
  },
});

/** What contracts tells of notices about deadlines that take money by silence (C-8). The id is the notice's. */
export const NoticeProofTable = defineEntity({
  name: 'NoticeProof',
  tableName: 'notice_proofs',
  properties: {
    id: p.uuid().primary(),
    deadlineKind: p.text().$type<'refund.silence' | 'dormancy.step'>(),
    deadlineId: p.uuid(),
    accountId: p.text(),
    provenAt: p.datetime(),
    version: p.integer(),
  },
});

export type RefundRequestRow = Omit<InferEntity<typeof RefundRequestTable>, 'version'>;
/** What a request carries besides its state. */
export type RefundRequestFrame = Pick<
  RefundRequestRow,
  'reason' | 'statementHash' | 'statementSealed' | 'amountMinor'
>;

export const toRow = (request: RefundRequest, frame: RefundRequestFrame): RefundRequestRow => ({
  ...frame,
  id: request.id,
  agreementId: request.agreementId,
  clientId: request.clientId,
  freelancerId: request.freelancerId,
  status: request.status,
  requestedAt: request.requestedAt,
  dueAt: 'dueAt' in request ? request.dueAt : null,
  leftMs: 'leftMs' in request ? BigInt(request.leftMs) : null,
  endedAt: 'endedAt' in request ? request.endedAt : null,
});

export function fromRow(row: RefundRequestRow): RefundRequest {
  const { id, agreementId, clientId, freelancerId, requestedAt, status } = row;
  const known = { id, agreementId, clientId, freelancerId, requestedAt };
  switch (status) {
    case 'running':
      return { ...known, status, dueAt: row.dueAt! };
    case 'suspended':
      return { ...known, status, leftMs: Number(row.leftMs) };
    case 'unproven':
    case 'stopped':
      return { ...known, status };
    default:
      return { ...known, status, endedAt: row.endedAt! };
  }
}

export type KnownRequest = { request: RefundRequest; frame: RefundRequestFrame };

/** A foreign id is an unknown id: the party stands in the statement. */
export async function loadRefundRequest(
  tx: Tx,
  id: string,
  owner: { freelancerId?: string } = {},
): Promise<KnownRequest | undefined> {
  const row = await tx.one(RefundRequestTable, { id, ...owner });
  return row && { request: fromRow(row), frame: frameOf(row) };
}

const frameOf = ({ reason, statementHash, statementSealed, amountMinor }: RefundRequestRow) => ({
  reason,
  statementHash,
  statementSealed,
  amountMinor,
});

export const insertRefundRequest = (tx: Tx, request: RefundRequest, frame: RefundRequestFrame): void =>
  tx.insert(RefundRequestTable, toRow(request, frame));
export const saveRefundRequest = (tx: Tx, request: RefundRequest, frame: RefundRequestFrame): void =>
  tx.save(RefundRequestTable, toRow(request, frame));

/** Of the person who would lose by silence; a notice to the other party proves nothing. */
export async function proofsOf(tx: Tx, { id, freelancerId }: RefundRequest): Promise<Proof[]> {
  const rows = await tx.many(NoticeProofTable, {
    deadlineKind: 'refund.silence',
    deadlineId: id,
    accountId: freelancerId,
  });
  return rows.map((row) => ({ noticeId: row.id, provenAt: row.provenAt }));
}
