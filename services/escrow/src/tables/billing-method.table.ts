import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';

/**
 * How a client pays (P-1). The provider's set-up verifies the card and is the mandate for charges without the client
 * (P-2, P-16). Only the provider's tokens are stored (P-15).
 */
export const BillingMethodTable = defineEntity({
  name: 'BillingMethod',
  tableName: 'billing_methods',
  properties: {
    id: p.uuid().primary(),
    accountId: p.text(),
    kind: p.text().$type<'card'>(),
    status: p.text().$type<'verifying' | 'verified' | 'refused'>(),
    token: p.text(),
    customerId: p.text().nullable(),
    setupId: p.text().nullable(),
    providerMethod: p.text().nullable(),
    payerUrl: p.text().nullable(),
    refusal: p.text().nullable(),
    mandateAt: p.datetime().nullable(),
    nextCallAt: p.datetime().nullable(),
    correlationId: p.text(),
    traceparent: p.text().nullable(),
    version: p.integer(),
  },
});

export type BillingMethod = Omit<InferEntity<typeof BillingMethodTable>, 'version'>;

/** Notices of the provider, stored before they are answered and worked off afterwards (0.2 of the protocols). */
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
