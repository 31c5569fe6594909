import { startIdentity } from './identity.ts';

const { env } = process;

/** A whole number from the environment; anything else stops the start. */
function wholeNumber(name: string, fallback: number): number {
  const text = env[name] || String(fallback);
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${name} must be a whole number, not "${text}"`);
  return Number(text);
}

// An empty variable counts as unset: compose files produce them.
const identity = await startIdentity({
  port: wholeNumber('PORT', 3900),
  host: env.HOST || undefined,
  issuer: env.ISSUER || undefined,
  audience: env.AUDIENCE || undefined,
  dataDir: env.DATA_DIR || '.holdfast/identity',
  accessTokenSeconds: wholeNumber('ACCESS_TOKEN_SECONDS', 3_600),
  clientSecret: env.DEV_CLIENT_SECRET || undefined,
});

console.warn(
  `WARNING: ${identity.issuer} IS A DEVELOPMENT ISSUER: it signs a token for any person and role. ` +
    'NEVER USE IT IN PRODUCTION.',
);

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void identity.stop());
