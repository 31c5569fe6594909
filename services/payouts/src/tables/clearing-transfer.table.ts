import { defineEntity, p } from '@mikro-orm/postgresql';

/** Payouts' own transfers on clearing, and whether escrow has posted its side (M-22). */
export const ClearingTransferTable = defineEntity({
  name: 'ClearingTransfer',
  tableName: 'clearing_transfers',
  properties: {
    /** The transfer's. */
    id: p.uuid().primary(),
    accountId: p.text(),
    withdrawalId: p.uuid(),
    kind: p.text().$type<'withdrawal_paid' | 'withdrawal_returned'>(),
    amountMinor: p.bigint(),
    postedAt: p.datetime(),
    status: p.text().$type<'sent' | 'applied'>(),
    version: p.integer(),
  },
});
