import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';

/** What support takes back of paid money: who wanted it and why, in words that are encrypted (E-18, S-11). */
export const SupportRefundTable = defineEntity({
  name: 'SupportRefund',
  tableName: 'support_refunds',
  properties: {
    id: p.uuid().primary(),
    agreementId: p.uuid(),
    milestoneId: p.uuid().nullable(),
    bonusId: p.uuid().nullable(),
    /** Of what was released. */
    amountMinor: p.bigint(),
    /** All that the client gets. */
    totalMinor: p.bigint(),
    proposedBy: p.text(),
    proposedReason: p.blob().$type<Buffer>(),
    proposedAt: p.datetime(),
    /** Another person than the first; nobody where one may decide alone. */
    approvedBy: p.text().nullable(),
    approvedReason: p.blob().$type<Buffer>().nullable(),
    approvedAt: p.datetime().nullable(),
    /** Under which the freelancer's balance is asked for it (E-25); null while it is proposed. */
    transferId: p.uuid().nullable(),
    version: p.integer(),
  },
});

export type SupportRefund = Omit<InferEntity<typeof SupportRefundTable>, 'version'>;
