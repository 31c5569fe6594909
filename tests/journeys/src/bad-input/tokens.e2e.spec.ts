import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type CryptoKey,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTHeaderParameters,
  SignJWT,
} from 'jose';
import type { Json, Marketplace } from '../marketplace.ts';
import { everyLog, type Inside, logSizes, runningInside, services } from '../running-inside.ts';
import { runningMarketplace } from '../running-system.ts';
import { call, expectProblem, type Problem } from './problems.ts';
import { callRoute, pathOf, type Scene } from './route.ts';
import { routesWhere } from './routes.ts';

type Forged = { header?: Json; payload?: Json; key?: CryptoKey | Uint8Array };

const canary = 'canary-in-a-token';
const base64 = (value: Json): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

describe('a token that is expired, forged or foreign opens nothing (F68)', () => {
  let market: Marketplace;
  let inside: Inside;
  let logBefore: Record<string, number>;
  let issuersKey: { jwk: JWK; privateKey: CryptoKey };
  let publicPem: string;
  let forger: { privateKey: CryptoKey; jwk: JWK };
  let forgersKeySet: Server & { asked?: number };
  let keySetUrl: string;

  beforeAll(async () => {
    market = runningMarketplace();
    inside = runningInside();
    logBefore = logSizes(inside);
    const [jwk] = JSON.parse(readFileSync(inside.signingKeysFile, 'utf8')).keys as JWK[];
    issuersKey = { jwk: jwk!, privateKey: (await importJWK({ ...jwk!, ext: true }, 'ES256')) as CryptoKey };
    const { d: _, ...publicJwk } = jwk!;
    publicPem = await exportSPKI((await importJWK({ ...publicJwk, ext: true }, 'ES256')) as CryptoKey);
    const pair = await generateKeyPair('ES256', { extractable: true });
    forger = {
      privateKey: pair.privateKey,
      jwk: { ...(await exportJWK(pair.publicKey)), kid: 'forger', alg: 'ES256' },
    };
    forgersKeySet = createServer((_, response) => {
      forgersKeySet.asked = (forgersKeySet.asked ?? 0) + 1;
      response.end(JSON.stringify({ keys: [forger.jwk] }));
    }).listen(0, '127.0.0.1');
    await once(forgersKeySet, 'listening');
    keySetUrl = `http://127.0.0.1:${(forgersKeySet.address() as AddressInfo).port}/jwks`;
  });

  afterAll(() => {
    forgersKeySet.close();
  });

  /** As the issuer would sign it, but for what is given; a field that is undefined is left out. */
  function sign({ header, payload, key }: Forged = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    const claims = {
      iss: market.urls.identity,
      aud: 'holdfast',
      sub: 'forged',
      iat: now,
      exp: now + 300,
      roles: ['client', 'operator'],
      jti: canary,
    };
    const defined = Object.entries({ ...claims, ...payload }).filter(([, value]) => value !== undefined);
    const head = { alg: 'ES256', typ: 'at+jwt', kid: issuersKey.jwk.kid, ...header } as JWTHeaderParameters;
    return new SignJWT(Object.fromEntries(defined))
      .setProtectedHeader(head)
      .sign(key ?? issuersKey.privateKey);
  }

  const ask = (service: (typeof services)[number], authorization: string | undefined): Promise<Problem> =>
    call(market.urls, service, '/v1/deadlines', { method: 'GET', headers: { authorization } });

  it('while the same token, signed by the issuer, does', async () => {
    for (const service of services) expect((await ask(service, `Bearer ${await sign()}`)).status).toBe(200);
  });

  const seconds = (offset: number): number => Math.floor(Date.now() / 1_000) + offset;
  const forgeries: [string, () => Promise<string> | string][] = [
    [
      'no signature, alg none',
      async () => `${base64({ alg: 'none', typ: 'at+jwt' })}.${(await sign()).split('.')[1]}.`,
    ],
    [
      'alg NONE in capitals',
      async () => `${base64({ alg: 'NONE', typ: 'at+jwt' })}.${(await sign()).split('.')[1]}.`,
    ],
    ['its signature cut off', async () => (await sign()).split('.').slice(0, 2).join('.')],
    [
      'the public key as an HMAC secret',
      () => sign({ header: { alg: 'HS256' }, key: Buffer.from(publicPem) }),
    ],
    [
      'the public JWK as an HMAC secret',
      () => sign({ header: { alg: 'HS256' }, key: Buffer.from(JSON.stringify(issuersKey.jwk.x)) }),
    ],
    ['RS256 in the header of an ES256 key', async () => swapHeader(await sign(), { alg: 'RS256' })],
    ['a key of its own under the issuer’s kid', () => sign({ key: forger.privateKey })],
    [
      'a key of its own that it brings along (jwk)',
      () => sign({ header: { jwk: forger.jwk, kid: 'forger' }, key: forger.privateKey }),
    ],
    [
      'a key of its own at an address of its own (jku)',
      () => sign({ header: { jku: keySetUrl, kid: 'forger' }, key: forger.privateKey }),
    ],
    [
      'a certificate address of its own (x5u)',
      () => sign({ header: { x5u: keySetUrl, kid: 'forger' }, key: forger.privateKey }),
    ],
    ['a kid that is a path', () => sign({ header: { kid: '../../../../dev/null' }, key: forger.privateKey })],
    ['a kid that is SQL', () => sign({ header: { kid: "' or 1=1 --" }, key: forger.privateKey })],
    ['a kid that is no text', async () => swapHeader(await sign(), { kid: 1 })],
    ['a critical header that nobody knows', async () => swapHeader(await sign(), { crit: ['x'], x: 1 })],
    ['another payload under the issuer’s signature', async () => swapPayload(await sign())],
    ['a time that is over', () => sign({ payload: { iat: seconds(-600), exp: seconds(-60) } })],
    ['a time that has not begun', () => sign({ payload: { nbf: seconds(600) } })],
    ['no time at all', () => sign({ payload: { exp: undefined } })],
    ['a time that is no number', () => sign({ payload: { exp: '4102444800' } })],
    ['another audience', () => sign({ payload: { aud: 'another-api' } })],
    ['no audience', () => sign({ payload: { aud: undefined } })],
    ['another issuer', () => sign({ payload: { iss: 'https://issuer.example' } })],
    ['the issuer’s name as a prefix', () => sign({ payload: { iss: `${market.urls.identity}.example` } })],
    ['an ID token', () => sign({ header: { typ: 'JWT' }, payload: { aud: 'forged', nonce: 'n' } })],
    ['an ID token for our audience', () => sign({ header: { typ: 'JWT' } })],
    ['no type', async () => sign({ header: { typ: undefined } })],
    ['no subject', () => sign({ payload: { sub: undefined } })],
    ['a subject that is no account id', () => sign({ payload: { sub: '../operator' } })],
    ['roles that are no list', () => sign({ payload: { roles: 'operator' } })],
    [
      'a payload that is no JSON',
      async () => `${(await sign()).split('.')[0]}.${base64('not json')}.${(await sign()).split('.')[2]}`,
    ],
    ['three dots', () => '...'],
    ['one word', () => 'token'],
    ['8,000 signs', () => 'a'.repeat(8_000)],
  ];

  it.each(forgeries)('%s', async (_, forge) => {
    const token = await forge();
    for (const service of services) {
      const problem = await ask(service, `Bearer ${token}`);
      expectProblem(problem, { status: 401, code: 'token.invalid' });
      expect(problem.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  it('nor does a token in another place', async () => {
    const token = await sign();
    for (const authorization of [
      undefined,
      '',
      'Bearer',
      `Basic ${token}`,
      token,
      `Bearer ${token} ${token}`,
      `Bearer, ${token}`,
    ]) {
      expectProblem(await ask('escrow', authorization), { status: 401, code: 'token.missing' });
    }
    const inQuery = await call(market.urls, 'escrow', `/v1/deadlines?access_token=${token}`, {
      method: 'GET',
    });
    expectProblem(inQuery, { status: 401, code: 'token.missing' });
  });

  it.each(routesWhere(({ of }) => of !== 'everybody'))(
    '%s asks for a token before anything else',
    async (_, route) => {
      const person = market.newPerson('nobody', []);
      const path = pathOf(route, {});
      const nothing = {} as Scene;
      const without = await callRoute(route, {
        scene: nothing,
        person,
        path,
        body: undefined,
        headers: { authorization: undefined },
      });
      expectProblem(without, { status: 401, code: 'token.missing' });
      const expired = `Bearer ${await sign({ payload: { exp: seconds(-60) } })}`;
      const late = await callRoute(route, {
        scene: nothing,
        person,
        path,
        body: undefined,
        headers: { authorization: expired },
      });
      expectProblem(late, { status: 401, code: 'token.invalid' });
    },
  );

  it('nobody was asked for a key but the issuer, and no log holds a token (F74)', () => {
    expect(forgersKeySet.asked).toBeUndefined();
    const log = everyLog(inside);
    expect(log).not.toContain(canary);
    expect(log).not.toContain(base64({ alg: 'ES256' }).slice(0, 12));
    expect(everyLog(inside, logBefore)).not.toMatch(/"level":"(error|fatal)"/);
  });
});

function swapHeader(token: string, change: Json): string {
  const [header, ...rest] = token.split('.');
  const changed = { ...JSON.parse(Buffer.from(header!, 'base64url').toString()), ...change };
  return [base64(changed), ...rest].join('.');
}

function swapPayload(token: string): string {
  const [header, payload, signature] = token.split('.');
  const changed = { ...JSON.parse(Buffer.from(payload!, 'base64url').toString()), sub: 'operator' };
  return [header, base64(changed), signature].join('.');
}
