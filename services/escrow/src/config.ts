import { BaseConfig } from '@holdfast/service';
import { z } from 'zod';

/**
 * What escrow reads besides what every service reads. Another provider is another URL and other credentials.
 */
export const EscrowConfig = BaseConfig.extend({
  CARD_BASE_URL: z.url(),
  CARD_API_KEY: z.string().min(8),
  /** Comma separated: two while the secret is being rolled. */
  CARD_WEBHOOK_SECRETS: z
    .string()
    .min(8)
    .transform((text) => text.split(',')),
  PAYPAL_BASE_URL: z.url(),
  PAYPAL_CLIENT_ID: z.string().min(1),
  PAYPAL_CLIENT_SECRET: z.string().min(8),
  /** Of our subscription; a part of what is signed. */
  PAYPAL_WEBHOOK_ID: z.string().min(1),
  /** Comma separated: whose certificates sign notices. Only a host that stands here with its name may do without TLS. */
  PAYPAL_CERT_HOSTS: z
    .string()
    .default('*.paypal.com')
    .transform((text) => text.split(',')),
  /** In PEM; absent: who may issue the certificates of web sites. */
  PAYPAL_CERT_AUTHORITY_FILE: z.string().min(1).optional(),
  BANK_BASE_URL: z.url(),
  BANK_ORGANIZATION_ID: z.string().min(1),
  BANK_API_KEY: z.string().min(8),
  /** The bank's own id of the account of the customers' cash, from which refunds go another way (E-23). */
  BANK_ORIGINATING_ACCOUNT_ID: z.string().min(1),
  /** Where a payer comes back after confirming at the bank. */
  PAYER_RETURN_URL: z.url().default('https://marketplace.example/payments'),
});
export type EscrowConfig = z.output<typeof EscrowConfig>;
