import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { fetchToken, type Identity, type IdentityOptions, type Role, startIdentity } from './index.ts';

const person = '0198c0de-7f00-7000-8000-000000000001';

let dataDir: string;
let identity: Identity;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'identity-'));
  identity = await startIdentity({ port: 0, dataDir });
});

afterEach(async () => {
  await identity.stop();
  await rm(dataDir, { recursive: true });
});

async function restart(options: Partial<IdentityOptions> = {}) {
  await identity.stop();
  identity = await startIdentity({ port: 0, dataDir, ...options });
}

function tokenOf(roles: Role[] = ['client'], request: { secret?: string; audience?: string } = {}) {
  return fetchToken({ issuer: identity.issuer, person, roles, ...request });
}

/** Verifies as a service does, with the keys fetched anew. */
function verify(token: string, audience = 'holdfast', issuer = identity.issuer) {
  const keys = createRemoteJWKSet(new URL(`${identity.issuer}/jwks`));
  return jwtVerify(token, keys, { algorithms: ['ES256'], issuer, audience, typ: 'at+jwt' });
}

const publishedKeys = async () => {
  const response = await fetch(`${identity.issuer}/jwks`);
  return ((await response.json()) as { keys: Record<string, unknown>[] }).keys;
};

describe('a token', () => {
  it('names the person, the roles asked for, the audience and the issuer', async () => {
    const { payload, protectedHeader } = await verify(await tokenOf(['freelancer', 'agency']));

    expect(protectedHeader).toMatchObject({ alg: 'ES256', typ: 'at+jwt', kid: expect.any(String) });
    expect(payload).toMatchObject({
      sub: person,
      client_id: person,
      roles: ['freelancer', 'agency'],
      aud: 'holdfast',
      iss: identity.issuer,
    });
    expect(payload.exp! - payload.iat!).toBe(3_600);
  });

  it('can carry every role', async () => {
    const all: Role[] = ['client', 'freelancer', 'agency', 'specialist', 'operator', 'service'];
    expect((await verify(await tokenOf(all))).payload.roles).toEqual(all);
  });

  it('has an empty list of roles when none was asked for', async () => {
    expect((await verify(await tokenOf([]))).payload.roles).toEqual([]);
  });

  it('carries the configured audience and expiry, bought with the configured secret', async () => {
    const audience = 'https://api.example';
    const secret = 'a: +%25';
    await restart({ audience, accessTokenSeconds: 60, clientSecret: secret });

    const { payload } = await verify(await tokenOf(['client'], { secret, audience }), audience);

    expect(payload.exp! - payload.iat!).toBe(60);
    await expect(tokenOf()).rejects.toThrow('invalid_client');
  });

  it('names the configured issuer, which may differ from the address', async () => {
    const { port } = new URL(identity.issuer);
    const issuer = 'http://identity.example:8080';
    await restart({ port: Number(port), issuer });

    const at = `http://127.0.0.1:${port}`;
    const token = await fetchToken({ issuer: at, person, roles: ['client'] });

    const keys = createRemoteJWKSet(new URL(`${at}/jwks`));
    expect((await jwtVerify(token, keys, { issuer })).payload.iss).toBe(issuer);
  });
});

describe('a request is refused', () => {
  it('with a wrong secret', async () => {
    await expect(tokenOf(['client'], { secret: 'guess' })).rejects.toThrow('401 invalid_client');
  });

  it.each(['root', 'openid', 'client root'])('with the unknown scope "%s"', async (scope) => {
    await expect(tokenOf(scope.split(' ') as Role[])).rejects.toThrow('400 invalid_scope');
  });

  it.each(['', '../x', 'a b', 'ü', 'x'.repeat(65)])('for the malformed person "%s"', async (malformed) => {
    const request = fetchToken({ issuer: identity.issuer, person: malformed, roles: ['client'] });
    await expect(request).rejects.toThrow(/: 40[01] invalid_(client|request)/);
  });

  it('for another audience', async () => {
    await expect(tokenOf(['client'], { audience: 'elsewhere' })).rejects.toThrow('400 invalid_target');
  });

  it('for another grant', async () => {
    const response = await fetch(`${identity.issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${person}:development-only`)}` },
      body: new URLSearchParams({ grant_type: 'authorization_code', code: 'x' }),
    });
    expect(response.status).toBe(400);
  });
});

describe('the signing keys', () => {
  it('are published without their private half', async () => {
    const [key, ...others] = await publishedKeys();
    expect(others).toEqual([]);
    expect(key).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' });
    expect(key).not.toHaveProperty('d');
  });

  it('are readable by their owner only', async () => {
    const files = await readdir(dataDir);
    expect(files).toEqual(['signing-keys.json']);
    expect((await stat(join(dataDir, files[0]!))).mode & 0o777).toBe(0o600);
  });

  it('survive a restart', async () => {
    const token = await tokenOf();
    const { issuer } = identity;
    await restart();
    expect((await verify(token, 'holdfast', issuer)).payload.sub).toBe(person);
  });

  it('rotate: the new key signs at once, tokens of the old one stay valid', async () => {
    const before = await tokenOf();
    const kid = identity.rotateKey();
    const after = await tokenOf();

    expect(decodeProtectedHeader(after).kid).toBe(kid);
    expect(decodeProtectedHeader(before).kid).not.toBe(kid);
    expect((await verify(before)).payload.sub).toBe(person);
    expect((await verify(after)).payload.sub).toBe(person);

    await restart();
    expect(decodeProtectedHeader(await tokenOf()).kid).toBe(kid);
    expect(await publishedKeys()).toHaveLength(2);
  });

  it('rotate by HTTP', async () => {
    const response = await fetch(`${identity.issuer}/control/keys`, { method: 'POST' });
    const { kid } = (await response.json()) as { kid: string };

    expect(response.status).toBe(201);
    expect(decodeProtectedHeader(await tokenOf()).kid).toBe(kid);
  });
});

describe('the process', () => {
  it('answers its liveness', async () => {
    expect((await fetch(`${identity.issuer}/health/live`)).status).toBe(200);
  });

  it('publishes a discovery document', async () => {
    const response = await fetch(`${identity.issuer}/.well-known/openid-configuration`);
    expect(await response.json()).toMatchObject({
      issuer: identity.issuer,
      jwks_uri: `${identity.issuer}/jwks`,
      token_endpoint: `${identity.issuer}/token`,
    });
  });

  it('leaves no warnings of the package on the console', async () => {
    const spies = (['info', 'warn', 'error'] as const).map((method) => jest.spyOn(console, method));
    for (const spy of spies) spy.mockClear();
    await restart();
    await tokenOf();
    await fetch(`${identity.issuer}/auth`);
    await fetch(`${identity.issuer}/jwks`, { headers: { origin: 'http://elsewhere.example' } });
    for (const spy of spies) {
      expect(spy).not.toHaveBeenCalled();
      spy.mockRestore();
    }
  });

  it('stops within a moment although a connection is kept alive', async () => {
    await fetch(`${identity.issuer}/health/live`);
    const startedAt = Date.now();
    await identity.stop();
    // It would be kept alive for 72 s.
    expect(Date.now() - startedAt).toBeLessThan(20_000);
    await expect(fetch(`${identity.issuer}/health/live`)).rejects.toThrow();
  });
});
