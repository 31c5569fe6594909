import type { BillingMethodKind } from '@holdfast/events';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';

/**
 * How a client pays (P-1). The provider's set-up, or two small charges, verify the method and are the mandate for charges
 * without the client (P-2, P-16). Only the provider's tokens are stored (P-15).
 */
export const BillingMethodTable = defineEntity({
  name: 'BillingMethod',
  tableName: 'billing_methods',
  properties: {
    id: p.uuid().primary(),
    accountId: p.text(),
    kind: p.text().$type<BillingMethodKind>(),
    status: p.text().$type<'verifying' | 'confirming' | 'verified' | 'refused' | 'removed'>(),
    verifyBy: p.text().$type<'set_up' | 'small_charges'>(),
    /** How often, and until when, the client may say what the small charges took. */
    triesLeft: p.integer().nullable(),
    confirmBy: p.datetime().nullable(),
    /** Of the account's cards that small charges verify, from 1: two that are added at once meet here. */
    verificationNumber: p.integer().nullable(),
    /** Of the provider's own form in the browser; PayPal has none, its payer approves on its page. */
    token: p.text().nullable(),
    customerId: p.text().nullable(),
    setupId: p.text().nullable(),
    providerMethod: p.text().nullable(),
    payerUrl: p.text().nullable(),
    refusal: p.text().nullable(),
    /** What the client agreed to, and when (P-16). */
    mandateAt: p.datetime().nullable(),
    mandateVersion: p.text().nullable(),
    mandateScope: p.text().nullable(),
    /** The lowest is the primary one, the others back it up in order (P-1). */
    rank: p.integer().nullable(),
    addedAt: p.datetime(),
    removedAt: p.datetime().nullable(),
    nextCallAt: p.datetime().nullable(),
    correlationId: p.text(),
    traceparent: p.text().nullable(),
    version: p.integer(),
  },
});

export type BillingMethod = Omit<InferEntity<typeof BillingMethodTable>, 'version'>;
