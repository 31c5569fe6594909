import { readFileSync } from 'node:fs';
import { catalogues } from '@holdfast/events';
import { z } from 'zod';

const url = z.url();
const port = z.coerce.number().int().min(1).max(65_535);
const list = z.string().transform((text) => text.split(',').map((item) => item.trim()));

/** Of every catalogue: a name that is misspelt would be waited for by nobody. */
const deployable = z.enum(catalogues.map(({ service }) => service));

/** A secret is a file's content in production (`<NAME>_FILE`), a variable elsewhere; read once. */
const Secret = z
  .string()
  .min(8)
  .refine((secret) => secret !== 'changeme', { message: 'is a placeholder' });

/** The environment that every service reads. */
export const BaseConfig = z.object({
  MODE: z.enum(['production', 'development']).default('production'),
  PORT: port,
  HOST: z.string().default('127.0.0.1'),
  DATABASE_URL: url,
  /** Only for `migrate`: the owner of the tables. */
  DATABASE_OWNER_URL: url.optional(),
  KAFKA_BROKERS: list,
  KAFKA_REPLICAS: z.coerce.number().int().min(1).default(1),
  OIDC_ISSUER: url,
  OIDC_AUDIENCE: z.string().min(1),
  OIDC_JWKS_URL: url.optional(),
  /** 32 bytes, base64: wraps the data key of each person (AD-18). `id:key`, the first one wraps, all unwrap. */
  MASTER_KEYS: Secret,
  /**
   * The services that run here: only their facts can stop a deadline, and each of them is waited for (M-17). Said and
   * not found out: one that has never spoken may be one that could not yet.
   */
  DEPLOYED_SERVICES: list.pipe(z.array(deployable)).default(['contracts', 'escrow', 'payouts']),
  OTEL_EXPORTER_OTLP_ENDPOINT: url.optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug']).default('info'),
  /** How often the head of the ledger's chain leaves the database, where something new was sealed (AD-17). */
  SEAL_HEAD_SECONDS: z.coerce.number().int().min(1).max(3_600).default(60),
  /** For fault F19: everything is published twice. Refused in production. */
  RELAY_SENDS_TWICE: z.stringbool().default(false),
});
export type BaseConfig = z.output<typeof BaseConfig>;

/** Variables of the sandbox and of fault tests: their presence makes a production start fail (AD-21). */
const sandboxOnly = ['SANDBOX_CONTROL_PORT', 'SANDBOX_CLOCK_URL', 'CRASH_AT', 'RELAY_SENDS_TWICE'];

/**
 * Reads the environment once, against the schema.
 * @throws Error with one line per wrong variable; values are not shown, since they may be secrets
 */
export function readConfig<S extends z.ZodObject>(schema: S, env: NodeJS.ProcessEnv): z.output<S> {
  const withFiles = { ...env };
  for (const name of Object.keys(schema.shape)) {
    const file = env[`${name}_FILE`];
    if (file) withFiles[name] = readFileSync(file, 'utf8').trim();
  }
  const result = schema.safeParse(withFiles);
  if (!result.success) {
    const lines = result.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`the configuration is not usable:\n${lines.join('\n')}`);
  }
  const config = result.data as z.output<S> & { MODE?: string };
  const forbidden = sandboxOnly.filter((name) => env[name] !== undefined);
  if (config.MODE === 'production' && forbidden.length > 0) {
    throw new Error(`not in production: ${forbidden.join(', ')}`);
  }
  return config;
}

/** The topics of those of the named services that are deployed here: only their facts can stop a deadline (M-17). */
export const deployedTopics = (
  config: Pick<BaseConfig, 'DEPLOYED_SERVICES'>,
  services: readonly string[],
): string[] =>
  services
    .filter((service) => config.DEPLOYED_SERVICES.includes(service))
    .map((service) => `${service}.events`);
