import { usd } from '@holdfast/domain';
import type { Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { type Chargeback, type ChargebackStatus, isOpen, isTaken } from '../domain/chargeback.ts';
import type { ChargedPart } from '../domain/charged-parts.ts';

/** Chargebacks: one row for each dispute that a client's bank opened (P-11). */
export const ChargebackTable = defineEntity({
  name: 'Chargeback',
  tableName: 'chargebacks',
  properties: {
    id: p.uuid().primary(),
    disputeId: p.text(),
    fundingId: p.uuid(),
    agreementId: p.uuid(),
    clientId: p.text(),
    freelancerId: p.text(),
    status: p.text().$type<ChargebackStatus>(),
    /** Taken and not decided: no refund call is made on its charge. */
    open: p.boolean(),
    amountMinor: p.bigint(),
    feeMinor: p.bigint(),
    feeReturnedMinor: p.bigint(),
    /** Amounts as digit strings. */
    parts: p.json<object[]>(),
    debited: p.boolean(),
    reinstated: p.boolean(),
    dueAt: p.datetime(),
    /** When silence accepts it; null once there is an answer. */
    evidenceDueAt: p.datetime().nullable(),
    /** Our answer, with exact bytes stored before the call; who gave it, and why (AD-21). */
    answer: p.text().$type<'contest' | 'accept'>().nullable(),
    answerBody: p.text().nullable(),
    answeredBy: p.text().nullable(),
    answerReason: p.text().nullable(),
    /** Recovering, restoring: the transfers of M-22, and whether payouts has answered the second. */
    transferId: p.uuid().nullable(),
    restoreTransferId: p.uuid().nullable(),
    /** When payouts was last asked. */
    transferredAt: p.datetime().nullable(),
    restored: p.boolean(),
    receivedAt: p.datetime(),
    endedAt: p.datetime().nullable(),
    /** When the worker looks at the provider again. */
    nextCallAt: p.datetime().nullable(),
    correlationId: p.text(),
    traceparent: p.text().nullable(),
    version: p.integer(),
  },
});

export type ChargebackRow = Omit<InferEntity<typeof ChargebackTable>, 'version'>;

/** What a chargeback carries besides its state. */
export type ChargebackFrame = Pick<
  ChargebackRow,
  | 'debited'
  | 'reinstated'
  | 'evidenceDueAt'
  | 'answer'
  | 'answerBody'
  | 'answeredBy'
  | 'answerReason'
  | 'transferredAt'
  | 'restored'
  | 'receivedAt'
  | 'endedAt'
  | 'nextCallAt'
  | 'correlationId'
  | 'traceparent'
>;

export const toRow = (chargeback: Chargeback, frame: ChargebackFrame): ChargebackRow => ({
  ...frame,
  id: chargeback.id,
  disputeId: chargeback.disputeId,
  fundingId: chargeback.fundingId,
  agreementId: chargeback.agreementId,
  clientId: chargeback.clientId,
  freelancerId: chargeback.freelancerId,
  status: chargeback.status,
  open: isOpen(chargeback.status),
  amountMinor: chargeback.amount.amountMinor,
  feeMinor: chargeback.fee.amountMinor,
  feeReturnedMinor: chargeback.feeReturned.amountMinor,
  parts: chargeback.parts.map(encoded),
  dueAt: chargeback.dueAt,
  transferId: chargeback.transferId ?? null,
  restoreTransferId: chargeback.restoreTransferId ?? null,
});

export const fromRow = (row: ChargebackRow): Chargeback => ({
  id: row.id,
  disputeId: row.disputeId,
  fundingId: row.fundingId,
  agreementId: row.agreementId,
  clientId: row.clientId,
  freelancerId: row.freelancerId,
  status: row.status,
  amount: usd(row.amountMinor),
  fee: usd(row.feeMinor),
  feeReturned: usd(row.feeReturnedMinor),
  parts: row.parts.map(decoded),
  dueAt: row.dueAt,
  ...(row.transferId ? { transferId: row.transferId } : {}),
  ...(row.restoreTransferId ? { restoreTransferId: row.restoreTransferId } : {}),
});

/** Amounts are the fields that say so; ids and words stay. */
const encoded = (part: ChargedPart): object =>
  JSON.parse(JSON.stringify(part, (_, value) => (typeof value === 'bigint' ? String(value) : value)));
const decoded = (part: object): ChargedPart =>
  JSON.parse(JSON.stringify(part), (name, value) => (name.endsWith('Minor') ? BigInt(value) : value));

/** Whether money of the charge is disputed now: then no refund call is made on it (E-23). */
export const hasOpenChargeback = async (tx: Tx, fundingId: string, besides?: string): Promise<boolean> =>
  (await tx.many(ChargebackTable, { fundingId, open: true })).some(({ id }) => id !== besides);

/** Whether the client's bank has money of the charge, for now or for good: then nobody gives it back besides (M-13). */
export const isTakenByBank = async (tx: Tx, fundingId: string): Promise<boolean> =>
  (await tx.many(ChargebackTable, { fundingId })).some(({ status }) => isTaken(status));
