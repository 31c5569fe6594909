import { defineEntity, p } from '@mikro-orm/postgresql';

/** What a client pays beside the milestones (E-10): one charge each, released with it. */
export const BonusTable = defineEntity({
  name: 'Bonus',
  tableName: 'bonuses',
  properties: {
    id: p.uuid().primary(),
    agreementId: p.uuid(),
    clientId: p.text(),
    freelancerId: p.text(),
    fundingId: p.uuid(),
    amountMinor: p.bigint(),
    status: p.text().$type<'charging' | 'released' | 'failed'>(),
    transferId: p.uuid().nullable(),
    version: p.integer(),
  },
});
