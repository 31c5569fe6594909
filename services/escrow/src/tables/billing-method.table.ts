import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';

/**
 * How a client pays (P-1). The provider's set-up verifies the card and is the mandate for charges without the
 * client (P-2, P-16). Only the provider's tokens are stored (P-15).
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
