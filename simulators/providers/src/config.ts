import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);

/** The environment this simulator reads. Port 0 takes any free port. */
const Environment = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: port.default(4600),
  CONTROL_PORT: port.default(4601),
  DATA_DIR: z.string().min(1).default('.holdfast/simulator-providers'),
  SEED: z.string().default('holdfast'),
  CARD_API_KEY: z.string().min(1).default('sk_test_holdfast'),
  CARD_WEBHOOK_URL: z.union([z.literal(''), z.url()]).optional(),
  CARD_WEBHOOK_SECRET: z.string().min(1).default('whsec_test_secret'),
});

export type Config = Readonly<{
  host: string;
  port: number;
  controlPort: number;
  dataDirectory: string;
  seed: string;
  card: Readonly<{ apiKey: string; webhookUrl: string | undefined; webhookSecrets: readonly string[] }>;
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
      webhookSecrets: read.CARD_WEBHOOK_SECRET.split(',').map((secret) => secret.trim()),
    },
  };
}
