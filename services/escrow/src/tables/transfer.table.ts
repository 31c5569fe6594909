import { defineEntity, p } from '@mikro-orm/postgresql';

/** Transfers to payouts and what payouts answered (M-22): escrow alone can tell which are unmatched. */
export const TransferTable = defineEntity({
  name: 'Transfer',
  tableName: 'transfers',
  properties: {
    id: p.uuid().primary(),
    agreementId: p.uuid(),
    milestoneId: p.uuid(),
    netMinor: p.bigint(),
    status: p.text().$type<'sent' | 'credited' | 'matured'>(),
    releasedAt: p.datetime(),
    availableAt: p.datetime().nullable(),
    version: p.integer(),
  },
});
