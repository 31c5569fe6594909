import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { BaseConfig, deployedTopics, readConfig } from './config.ts';

const environment = {
  PORT: '4101',
  DATABASE_URL: 'postgres://a:b@127.0.0.1:5432/c',
  KAFKA_BROKERS: 'one:9092, two:9092',
  OIDC_ISSUER: 'http://issuer.example',
  OIDC_AUDIENCE: 'holdfast',
  MASTER_KEYS: `k:${Buffer.alloc(32).toString('base64')}`,
};

describe('the configuration is read once, against one schema', () => {
  it('is production unless it says otherwise', () => {
    const config = readConfig(BaseConfig, environment);
    expect(config.MODE).toBe('production');
    expect(config.KAFKA_BROKERS).toEqual(['one:9092', 'two:9092']);
  });

  it('names every wrong variable and shows no value', () => {
    const wrong = { ...environment, PORT: 'http', DATABASE_URL: 'secret-thing', MASTER_KEYS: 'changeme' };
    const read = () => readConfig(BaseConfig, wrong);
    expect(read).toThrow(/PORT.*\n.*DATABASE_URL.*\n.*MASTER_KEYS/s);
    expect(read).not.toThrow(/secret-thing|changeme/);
  });

  it('takes a secret from a file', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'holdfast-')), 'keys');
    writeFileSync(file, `${environment.MASTER_KEYS}\n`);
    const { MASTER_KEYS: _, ...rest } = environment;
    expect(readConfig(BaseConfig, { ...rest, MASTER_KEYS_FILE: file }).MASTER_KEYS).toBe(
      environment.MASTER_KEYS,
    );
  });

  it('refuses what belongs to the sandbox in production (AD-21)', () => {
    expect(() => readConfig(BaseConfig, { ...environment, CRASH_AT: 'commit.before:1' })).toThrow(
      'not in production: CRASH_AT',
    );
    const development = { ...environment, MODE: 'development', CRASH_AT: 'commit.before:1' };
    expect(readConfig(BaseConfig, development).MODE).toBe('development');
  });

  it('lets only deployed services stop a deadline (M-17)', () => {
    const config = readConfig(BaseConfig, environment);
    expect(deployedTopics(config, ['contracts', 'disputes'])).toEqual(['contracts.events']);
    const more = { ...environment, DEPLOYED_SERVICES: 'contracts, escrow,disputes' };
    expect(deployedTopics(readConfig(BaseConfig, more), ['contracts', 'disputes', 'payouts'])).toEqual([
      'contracts.events',
      'disputes.events',
    ]);
  });

  it('AD-14a: refuses a service that there is not, for nobody would wait for the one that was meant', () => {
    for (const services of ['contracts,dispute', 'contracts,', '']) {
      expect(() => readConfig(BaseConfig, { ...environment, DEPLOYED_SERVICES: services })).toThrow(
        /DEPLOYED_SERVICES/,
      );
    }
  });
});
