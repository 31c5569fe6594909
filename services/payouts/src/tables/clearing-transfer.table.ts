import type { EventOf, escrowEvents } from '@holdfast/events';
import { defineEntity, p } from '@mikro-orm/postgresql';

/** What a transfer on clearing that payouts posts first is for; escrow echoes it (M-22). */
export type ClearingKind = Extract<EventOf<typeof escrowEvents>, { type: 'escrow.clearing.applied' }>['kind'];

/** Payouts' own transfers on clearing, and whether escrow has posted its side (M-22). */
export const ClearingTransferTable = defineEntity({
  name: 'ClearingTransfer',
  tableName: 'clearing_transfers',
  properties: {
    /** The transfer's. */
    id: p.uuid().primary(),
    accountId: p.text(),
    /** What it is for: a withdrawal, or another cause: a refund, a chargeback. */
    withdrawalId: p.uuid().nullable(),
    kind: p.text().$type<ClearingKind>(),
    amountMinor: p.bigint(),
    postedAt: p.datetime(),
    status: p.text().$type<'sent' | 'applied'>(),
    causeId: p.uuid().nullable(),
    version: p.integer(),
  },
});
