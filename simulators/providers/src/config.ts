import { z } from 'zod';
import type { BankOptions } from './bank/dialect.ts';
import type { CardOptions } from './card/dialect.ts';
import type { PaypalOptions } from './paypal/dialect.ts';
import type { ScreeningOptions } from './screening/dialect.ts';

const webhookUrl = z.union([z.literal(''), z.url()]).optional();
const port = z.coerce.number().int().min(0).max(65_535);

/** The environment this simulator reads. Port 0 takes any free port. */
const Environment = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: port.default(4600),
  CONTROL_PORT: port.default(4601),
  DATA_DIR: z.string().min(1).default('.holdfast/simulator-providers'),
  SEED: z.string().default('holdfast'),
  CARD_API_KEY: z.string().min(1).default('sk_test_holdfast'),
  CARD_WEBHOOK_URL: webhookUrl,
  CARD_WEBHOOK_SECRET: z.string().min(1).default('whsec_test_secret'),
  BANK_ORGANIZATION_ID: z.string().min(1).default('org_holdfast'),
  BANK_API_KEY: z.string().min(1).default('mt_test_holdfast'),
  BANK_WEBHOOK_URL: webhookUrl,
  BANK_WEBHOOK_SECRET: z.string().min(1).default('mt_test_key'),
  /** Entered once in the life of a data directory. */
  BANK_OPENING_BALANCE_MINOR: z
    .string()
    .regex(/^\d{1,18}$/)
    .default('1000000'),
  PAYPAL_CLIENT_ID: z.string().min(1).default('paypal_holdfast'),
  PAYPAL_CLIENT_SECRET: z.string().min(1).default('paypal_test_holdfast'),
  PAYPAL_WEBHOOK_URL: webhookUrl,
  PAYPAL_WEBHOOK_ID: z.string().min(1).default('WH-HOLDFAST-TEST'),
  /** Where callers reach the wire, for the addresses of certificates; absent: this computer. */
  PAYPAL_PUBLIC_URL: webhookUrl,
  SCREENING_API_KEY: z.string().min(1).default('scr_test_holdfast'),
});

export type Config = Readonly<{
  host: string;
  port: number;
  controlPort: number;
  dataDirectory: string;
  seed: string;
  card: CardOptions;
  bank: BankOptions;
  paypal: PaypalOptions;
  screening: ScreeningOptions;
}>;

export function readConfig(environment: Record<string, string | undefined>): Config {
  const read = Environment.parse(environment);
  return {
    host: read.HOST,
    port: read.PORT,
    controlPort: read.CONTROL_PORT,
    dataDirectory: read.DATA_DIR,
    seed: read.SEED,
    card: {
      apiKey: read.CARD_API_KEY,
      webhookUrl: read.CARD_WEBHOOK_URL || undefined,
      webhookSecrets: listed(read.CARD_WEBHOOK_SECRET),
    },
    bank: {
      organizationId: read.BANK_ORGANIZATION_ID,
      apiKey: read.BANK_API_KEY,
      webhookUrl: read.BANK_WEBHOOK_URL || undefined,
      webhookSecrets: listed(read.BANK_WEBHOOK_SECRET),
      openingMinor: BigInt(read.BANK_OPENING_BALANCE_MINOR),
    },
    paypal: {
      clientId: read.PAYPAL_CLIENT_ID,
      clientSecret: read.PAYPAL_CLIENT_SECRET,
      webhookUrl: read.PAYPAL_WEBHOOK_URL || undefined,
      webhookId: read.PAYPAL_WEBHOOK_ID,
      publicUrl: read.PAYPAL_PUBLIC_URL || undefined,
      dataDirectory: read.DATA_DIR,
    },
    screening: { apiKey: read.SCREENING_API_KEY },
  };
}

function listed(secrets: string): string[] {
  return secrets.split(',').map((secret) => secret.trim());
}
