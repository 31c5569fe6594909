import { BaseConfig } from '@holdfast/service';
import { z } from 'zod';

/**
 * What payouts reads besides what every service reads. Another bank or screening vendor that speaks the same
 * dialect is another URL and other credentials.
 */
export const PayoutsConfig = BaseConfig.extend({
  BANK_BASE_URL: z.url(),
  BANK_ORGANIZATION_ID: z.string().min(1),
  BANK_API_KEY: z.string().min(8),
  /** Comma separated: two while the secret is being rolled. */
  BANK_WEBHOOK_SECRETS: z
    .string()
    .min(8)
    .transform((text) => text.split(',')),
  /** The bank's own id of the account from which withdrawals are paid. */
  BANK_ORIGINATING_ACCOUNT_ID: z.string().min(1),
  SCREENING_BASE_URL: z.url(),
  SCREENING_API_KEY: z.string().min(8),
});
export type PayoutsConfig = z.output<typeof PayoutsConfig>;
