import { BaseConfig, MailConfig } from '@holdfast/service';
import { z } from 'zod';

/** What contracts reads besides what every service reads: it alone sends mail (C-7). */
export const ContractsConfig = BaseConfig.extend({
  ...MailConfig.shape,
  /** Comma separated: two while the secret is being rolled. */
  MAIL_WEBHOOK_SECRETS: z
    .string()
    .min(8)
    .transform((text) => text.split(',')),
  /** Signs the links by which news are refused (C-4). */
  UNSUBSCRIBE_SECRET: z.string().min(16),
  /** The marketplace's screens, to which mails lead. */
  LINK_BASE_URL: z.url().default('https://marketplace.example'),
  /** This service as mail programs reach it, for the links by which news are refused. */
  PUBLIC_URL: z.url(),
}).refine(({ MODE, MAIL_TLS }) => MODE !== 'production' || MAIL_TLS !== 'none', {
  path: ['MAIL_TLS'],
  message: 'must not be none in production',
});
export type ContractsConfig = z.output<typeof ContractsConfig>;
