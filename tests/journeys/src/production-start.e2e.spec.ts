import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const entryOf = (service: string): string =>
  fileURLToPath(new URL(`../../../services/${service}/dist/main.js`, import.meta.url));

/** A complete production environment of a service; nothing in it is ever reached. */
const environment = {
  PATH: process.env.PATH,
  MODE: 'production',
  PORT: '1',
  DATABASE_URL: 'postgres://a:b@127.0.0.1:1/none',
  KAFKA_BROKERS: '127.0.0.1:1',
  OIDC_ISSUER: 'http://127.0.0.1:1',
  OIDC_AUDIENCE: 'holdfast',
  MASTER_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
  CARD_BASE_URL: 'http://127.0.0.1:1',
  CARD_API_KEY: 'sk_live_something',
  CARD_WEBHOOK_SECRETS: 'whsec_something',
  PAYPAL_BASE_URL: 'http://127.0.0.1:1',
  PAYPAL_CLIENT_ID: 'client_something',
  PAYPAL_CLIENT_SECRET: 'secret_something',
  PAYPAL_WEBHOOK_ID: 'WH-something',
  BANK_BASE_URL: 'http://127.0.0.1:1',
  BANK_ORGANIZATION_ID: 'org_something',
  BANK_API_KEY: 'mt_live_something',
  BANK_WEBHOOK_SECRETS: 'mtwh_something',
  BANK_ORIGINATING_ACCOUNT_ID: 'ia_something',
  SCREENING_BASE_URL: 'http://127.0.0.1:1',
  SCREENING_API_KEY: 'scr_live_something',
  MAIL_HOST: '127.0.0.1',
  MAIL_PORT: '1',
  MAIL_USER: 'somebody',
  MAIL_PASSWORD: 'something',
  MAIL_FROM: 'notices@holdfast.example',
  MAIL_WEBHOOK_SECRETS: 'mailwh_something',
  UNSUBSCRIBE_SECRET: 'unsubscribe_something',
  PUBLIC_URL: 'https://contracts.example',
};

function start(service: string, more: Record<string, string>): { status: number | null; said: string } {
  const env = { ...environment, ...more } as NodeJS.ProcessEnv;
  const { status, stderr } = spawnSync(process.execPath, [entryOf(service)], { env, timeout: 90_000 });
  return { status, said: String(stderr) };
}

describe.each(['contracts', 'escrow', 'payouts'])('%s in production mode', (service) => {
  it.each(['SANDBOX_CONTROL_PORT', 'SANDBOX_CLOCK_URL', 'CRASH_AT', 'RELAY_SENDS_TWICE'])(
    'does not start where %s is set (AD-21)',
    (name) => {
      const { status, said } = start(service, { [name]: '1' });
      expect(status).toBe(1);
      expect(said).toContain(`not in production: ${name}`);
    },
  );

  it('does not start with a placeholder for a secret, and does not show the value', () => {
    const { status, said } = start(service, { MASTER_KEYS: 'changeme' });
    expect(status).toBe(1);
    expect(said).toContain('MASTER_KEYS');
    expect(said).not.toContain('changeme');
  });
});

describe('contracts in production mode', () => {
  it.each(['MAIL_HOST', 'MAIL_PASSWORD', 'MAIL_WEBHOOK_SECRETS', 'UNSUBSCRIBE_SECRET', 'PUBLIC_URL'])(
    'does not start without %s: it alone sends mail (C-7)',
    (name) => {
      const { status, said } = start('contracts', { [name]: '' });
      expect(status).toBe(1);
      expect(said).toContain(name);
    },
  );

  it('does not send addresses and credentials over an open wire (AD-20)', () => {
    const { status, said } = start('contracts', { MAIL_TLS: 'none' });
    expect(status).toBe(1);
    expect(said).toContain('MAIL_TLS: must not be none in production');
  });
});
