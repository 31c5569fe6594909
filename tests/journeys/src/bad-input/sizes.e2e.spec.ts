import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Marketplace, Service } from '../marketplace.ts';
import {
  everyLog,
  type Inside,
  logSizes,
  memoryMegabytes,
  runningInside,
  services,
} from '../running-inside.ts';
import { runningMarketplace } from '../running-system.ts';
import { call, expectProblem, type Problem } from './problems.ts';

/** What libs/service takes. */
const limitBytes = 256 * 1024;
const megabyte = 1024 * 1024;
const manyMegabytes = 100;
/** The heap breathes by some tens of megabytes; a body that was kept would be all of its hundred, ten times. */
const growthMaxMegabytes = 90;

const routeOf: Record<Service, string> = {
  contracts: '/v1/offers',
  escrow: '/v1/billing-methods',
  payouts: '/v1/parked-messages/redrive',
};

describe('what is larger than any use (F69)', () => {
  let market: Marketplace;
  let inside: Inside;
  let logBefore: Record<string, number>;

  beforeAll(() => {
    market = runningMarketplace();
    inside = runningInside();
    logBefore = logSizes(inside);
  });

  /** Sends the beginning, waits for the answer, and then goes on sending for as long as the service takes it. */
  async function upload(
    service: Service,
    headers: Record<string, string>,
    beginning: Buffer,
  ): Promise<Problem> {
    const upstream = request(`${market.urls[service]}${routeOf[service]}`, {
      method: 'POST',
      agent: false,
      headers: {
        authorization: `Bearer ${await market.operator.token()}`,
        'idempotency-key': 'large',
        ...headers,
      },
    });
    const answered = once(upstream, 'response') as Promise<[IncomingMessage]>;
    // The service closes while we still send: that is the point.
    upstream.on('error', () => undefined);
    upstream.flushHeaders();
    if (beginning.length > 0) upstream.write(beginning);
    const [response] = await answered;
    const body = JSON.parse(await text(response));
    const answer = {
      status: response.statusCode!,
      body,
      headers: new Headers(response.headers as Record<string, string>),
    };
    await sendOn(upstream);
    return { service, ms: 0, ...answer };
  }

  async function sendOn(upstream: ClientRequest): Promise<void> {
    const chunk = Buffer.alloc(megabyte, ' ');
    for (let count = 0; count < manyMegabytes && upstream.writable && !upstream.destroyed; count += 1) {
      if (!upstream.write(chunk))
        await Promise.race([once(upstream, 'drain'), once(upstream, 'close')]).catch(() => undefined);
    }
    upstream.destroy();
  }

  it.each(services)(
    '%s answers a body of 100 MB with 413 and does not keep it, announced or not',
    async (service) => {
      const json = { 'content-type': 'application/json' };
      const announced = { ...json, 'content-length': String(manyMegabytes * megabyte) };
      const before = memoryMegabytes(inside, service);
      const uploads = Array.from({ length: 5 }, () => [
        upload(service, announced, Buffer.alloc(0)),
        upload(service, json, Buffer.alloc(limitBytes + 1, ' ')),
      ]);
      for (const problem of await Promise.all(uploads.flat()))
        expectProblem(problem, { status: 413, code: 'request.too_large' });
      expect(memoryMegabytes(inside, service) - before).toBeLessThan(growthMaxMegabytes);
    },
  );

  it('a compressed body is not unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(50 * megabyte, ' '));
    const headers = {
      'content-type': 'application/json',
      'content-encoding': 'gzip',
      'content-length': String(bomb.length),
    };
    expect(bomb.length).toBeLessThan(limitBytes);
    expectProblem(await upload('contracts', headers, bomb), { status: 400, code: 'request.malformed' });
  });

  it.each(services)('%s answers headers and addresses without measure', async (service) => {
    const get = (path: string, headers: Record<string, string> = {}) =>
      call(market.urls, service, path, { method: 'GET', headers });
    expectProblem(await get('/v1/deadlines', { 'x-long': 'a'.repeat(20_000) }), {
      status: 431,
      code: 'request.headers_too_large',
    });
    expectProblem(await get(`/v1/agreements/${'a'.repeat(5_000)}/money`), {
      status: 404,
      code: 'route.unknown',
    });
    for (const path of [
      '/v1/offers/%E0%A4%A',
      '/v1/%2e%2e/%2e%2e/etc/passwd',
      '/v1/nothing',
      '//',
      '/v1/offers/%00x/',
    ]) {
      const problem = await get(path);
      expectProblem(problem);
      expect(JSON.stringify(problem.body)).not.toContain('passwd');
    }
  });

  it('none of it counts as a defect', () => {
    expect(everyLog(inside, logBefore)).not.toMatch(/"level":"(error|fatal)"/);
  });
});
