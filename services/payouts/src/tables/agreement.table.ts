import type { PinnedSettings } from '@holdfast/events';
import { defineEntity, p } from '@mikro-orm/postgresql';

/** Payouts' own copy of what it needs of an agreement, built from `contracts.contract.activated` (AD-1). */
export const AgreementTable = defineEntity({
  name: 'Agreement',
  tableName: 'agreements',
  properties: {
    id: p.uuid().primary(),
    clientId: p.text(),
    freelancerId: p.text(),
    settings: p.json<PinnedSettings>(),
    version: p.integer(),
  },
});
