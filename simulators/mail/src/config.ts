import { z } from 'zod';

const port = z.coerce.number().int().min(0).max(65_535);

/** The environment this simulator reads. Port 0 takes any free port. */
const Environment = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: port.default(4700),
  CONTROL_PORT: port.default(4701),
  MAIL_USER: z.string().min(1).default('holdfast'),
  MAIL_PASSWORD: z.string().min(1).default('mail_test_holdfast'),
  /** Where reports of later bounces go; without it none can be sent. */
  MAIL_WEBHOOK_URL: z.union([z.literal(''), z.url()]).optional(),
  MAIL_WEBHOOK_SECRET: z.string().min(1).default('mail_test_key'),
});

export type Config = Readonly<{
  host: string;
  port: number;
  controlPort: number;
  user: string;
  password: string;
  webhookUrl?: string;
  webhookSecret: string;
}>;

export function readConfig(environment: Record<string, string | undefined>): Config {
  const read = Environment.parse(environment);
  return {
    host: read.HOST,
    port: read.PORT,
    controlPort: read.CONTROL_PORT,
    user: read.MAIL_USER,
    password: read.MAIL_PASSWORD,
    webhookUrl: read.MAIL_WEBHOOK_URL || undefined,
    webhookSecret: read.MAIL_WEBHOOK_SECRET,
  };
}
