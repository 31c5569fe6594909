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
  /** Where a payer comes back after confirming at the bank. */
  PAYER_RETURN_URL: z.url().default('https://marketplace.example/payments'),
});
export type EscrowConfig = z.output<typeof EscrowConfig>;
