import type { PinnedSettings } from '@holdfast/events';
import type { Tx } from '@holdfast/messaging';
import { defineEntity, p } from '@mikro-orm/postgresql';
import type { Agreement } from '../domain/agreement.ts';

export const AgreementTable = defineEntity({
  name: 'Agreement',
  tableName: 'agreements',
  properties: {
    id: p.uuid().primary(),
    clientId: p.text(),
    freelancerId: p.text(),
    contractType: p.text().$type<Agreement['contractType']>(),
    termsVersion: p.integer(),
    settings: p.json<PinnedSettings>(),
    activatedAt: p.datetime(),
    version: p.integer(),
  },
});

export const insertAgreement = (tx: Tx, agreement: Agreement): void =>
  tx.insert(AgreementTable, { ...agreement });
