import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';

/**
 * Notices of the provider, stored before they are answered and worked off afterwards (0.2 of the protocols).
 */
export const ProviderNoticeTable = defineEntity({
  name: 'ProviderNotice',
  tableName: 'provider_notices',
  properties: {
    id: p.uuid().primary(),
    provider: p.text(),
    eventId: p.text(),
    eventType: p.text(),
    objectId: p.text(),
    receivedAt: p.datetime(),
    nextCallAt: p.datetime().nullable(),
    version: p.integer(),
  },
});

export type ProviderNotice = Omit<InferEntity<typeof ProviderNoticeTable>, 'version'>;
