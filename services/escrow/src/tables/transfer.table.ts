import { defineEntity, p } from '@mikro-orm/postgresql';

/** Transfers to payouts and what payouts answered (M-22): escrow alone can tell which are unmatched. */
export const TransferTable = defineEntity({
  name: 'Transfer',
  tableName: 'transfers',
  properties: {
    id: p.uuid().primary(),
    agreementId: p.uuid(),
    milestoneId: p.uuid().nullable(),
    bonusId: p.uuid().nullable(),
    netMinor: p.bigint(),
    /** What was released, and the fees on it: what a refund after release gives back in part (E-19). */
    grossMinor: p.bigint().nullable(),
    clientFeeMinor: p.bigint().nullable(),
    freelancerFeeMinor: p.bigint().nullable(),
    /** Of the gross, what went back to the client since. */
    refundedMinor: p.bigint(),
    /** Stays with the freelancer when the charge is disputed (P-10). */
    protected: p.boolean(),
    status: p.text().$type<'sent' | 'credited' | 'matured'>(),
    releasedAt: p.datetime(),
    availableAt: p.datetime().nullable(),
    version: p.integer(),
  },
});
