import { usd } from '@holdfast/domain';
import type { Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type { SmallDispute } from '../domain/small-dispute.ts';

/** Disputes of charges that verify a card, by the provider's name of them (P-2, P-11). */
export const SmallDisputeTable = defineEntity({
  name: 'SmallDispute',
  tableName: 'small_disputes',
  properties: {
    id: p.uuid().primary(),
    disputeId: p.text(),
    smallChargeId: p.uuid(),
    accountId: p.text(),
    status: p.text().$type<SmallDispute['status']>(),
    amountMinor: p.bigint(),
    feeMinor: p.bigint(),
    feeReturnedMinor: p.bigint(),
    tookOwed: p.boolean(),
    receivedAt: p.datetime(),
    /** When the provider is asked again. */
    nextCallAt: p.datetime().nullable(),
    correlationId: p.text(),
    traceparent: p.text().nullable(),
    version: p.integer(),
  },
});

export type SmallDisputeRow = Omit<InferEntity<typeof SmallDisputeTable>, 'version'>;
export type SmallDisputeFrame = Omit<SmallDisputeRow, keyof ReturnType<typeof stateOf>>;

const stateOf = (dispute: SmallDispute) => ({
  id: dispute.id,
  accountId: dispute.accountId,
  status: dispute.status,
  amountMinor: dispute.amount.amountMinor,
  feeMinor: dispute.fee.amountMinor,
  feeReturnedMinor: dispute.feeReturned.amountMinor,
  tookOwed: dispute.tookOwed,
});

export const toRow = (dispute: SmallDispute, frame: SmallDisputeFrame): SmallDisputeRow => ({
  ...frame,
  ...stateOf(dispute),
});

export const fromRow = (row: SmallDisputeRow): SmallDispute => ({
  id: row.id,
  accountId: row.accountId,
  status: row.status,
  amount: usd(row.amountMinor),
  fee: usd(row.feeMinor),
  feeReturned: usd(row.feeReturnedMinor),
  tookOwed: row.tookOwed,
});

/** While the bank has not decided, no refund call is made on the charge (E-23). */
export const isDisputed = async (tx: Tx, smallChargeId: string): Promise<boolean> =>
  (await tx.many(SmallDisputeTable, { smallChargeId, status: 'received' })).length > 0;

/** The client has the charge from the bank, and nothing of it is owed any more. */
export const isTakenBack = async (tx: Tx, smallChargeId: string): Promise<boolean> =>
  (await tx.many(SmallDisputeTable, { smallChargeId, status: 'lost' })).some(({ tookOwed }) => tookOwed);
