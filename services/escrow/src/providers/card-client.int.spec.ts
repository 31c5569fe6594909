import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newId } from '@holdfast/messaging';
import { breakerSettings, type CallOutcome, type ProviderCall } from '@holdfast/providers';
import { eventually } from '@holdfast/testing';
import { describe, expect, test } from '@jest/globals';
import { useCardProvider } from '../testing/card-provider.ts';
import type { CardClient, CardOperation } from './card-client.ts';

type CardCall = ProviderCall<CardOperation>;

const provider = useCardProvider();

const operations: readonly CardOperation[] = [
  'customer.create',
  'setup.create',
  'setup.confirm',
  'setup.read',
  'charge.create',
  'charge.confirm',
  'charge.read',
  'charge.cancel',
  'settlement.create',
  'settlement.read',
];
const create = (
  body = 'amount=4000&currency=usd&payment_method=pm_card_visa',
  key: string = newId(),
): CardCall => ({
  operation: 'charge.create',
  method: 'POST',
  path: '/v1/payment_intents',
  body,
  idempotencyKey: key,
});
const read: CardCall = { operation: 'charge.read', method: 'GET', path: '/v1/payment_intents?limit=1' };
const sent = async (op = 'charge.create') => (await provider.requests({ op })).length;

/** The outcomes of so many calls, a few at a time. */
async function calls(
  client: CardClient,
  count: number,
  call: () => CardCall = create,
  atOnce = 10,
): Promise<CallOutcome[]> {
  const outcomes: CallOutcome[] = [];
  while (outcomes.length < count) {
    const batch = Array.from({ length: Math.min(atOnce, count - outcomes.length) }, () =>
      client.call(call()),
    );
    outcomes.push(...(await Promise.all(batch)));
  }
  return outcomes;
}

/** A client whose creations have opened their breaker; soon it may be tried again. */
async function opened(settings = {}): Promise<CardClient> {
  await provider.fault(
    'charge.create',
    'error-before-execution',
    {},
    { times: breakerSettings.volumeThreshold },
  );
  const client = provider.client(settings);
  const opening = once(client.breaker('charge.create'), 'open');
  await calls(client, breakerSettings.volumeThreshold);
  await opening;
  return client;
}

describe('F48: a breaker for each operation', () => {
  test.each(operations)('%s: timeout, volume and capacity are written out', (operation) => {
    const client = provider.client();
    const { options, volumeThreshold, name } = client.breaker(operation) as unknown as {
      options: Record<string, unknown>;
      volumeThreshold: number;
      name: string;
    };
    const { volumeThreshold: volume, ...written } = breakerSettings;
    expect(options).toMatchObject(written);
    expect([name, volumeThreshold]).toEqual([`card ${operation}`, volume]);
    expect(client.breaker(operation)).toBe(client.breaker(operation));
  });

  test('a call that times out is still in the window when it counts', () => {
    const { timeout, rollingCountTimeout, rollingCountBuckets } = breakerSettings;
    expect(rollingCountTimeout - rollingCountTimeout / rollingCountBuckets).toBeGreaterThan(2 * timeout);
  });

  test('one that is open leaves the others as they are', async () => {
    const client = await opened();
    for (const operation of operations.filter((other) => other !== 'charge.create')) {
      expect(client.breaker(operation).closed).toBe(true);
    }
    expect(await client.call(read)).toMatchObject({ status: 'accepted' });
  });

  test('50 declines do not open it: a refusal is an answer', async () => {
    const client = provider.client();
    const declining = () =>
      create('amount=4000&currency=usd&payment_method=pm_card_visa_chargeDeclined&confirm=true');
    const outcomes = await calls(client, 50, declining);
    expect(new Set(outcomes.map((outcome) => outcome.status === 'refused' && outcome.httpStatus))).toEqual(
      new Set([402]),
    );
    expect(client.breaker('charge.create').closed).toBe(true);
  });

  test('nor do conflicts on a key, wrong credentials, unknown ids or too many requests', async () => {
    const client = provider.client();
    for (const [fault, params] of [
      ['duplicate-key', {}],
      ['wrong-credentials', {}],
      ['wrong-credentials', { status: 403 }],
      ['too-many-requests', {}],
    ] as const) {
      await provider.fault('charge.create', fault, params, { times: 10 });
      await calls(client, 10);
    }
    expect(client.breaker('charge.create').closed).toBe(true);
  });

  test('20 timeouts open it, 19 do not; then nothing leaves the process', async () => {
    await provider.fault('charge.create', 'slow-not-executed', {}, { times: 20 });
    const client = provider.client({ timeout: 100 });
    const outcomes = await calls(client, 19);
    expect(client.breaker('charge.create').closed).toBe(true);
    outcomes.push(await client.call(create()));
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['unknown']));
    expect(client.breaker('charge.create').opened).toBe(true);
    const before = await sent();
    expect(await client.call(create())).toEqual({ status: 'not_sent' });
    expect(await sent()).toBe(before);
  });

  test('what is more than its capacity is not sent, and says nothing about the provider', async () => {
    await provider.fault('charge.create', 'slow-executed', { seconds: 0.5 }, { times: 25 });
    const client = provider.client();
    const before = await sent();
    const outcomes = await calls(client, 25, create, 25);
    expect(outcomes.filter(({ status }) => status === 'accepted')).toHaveLength(breakerSettings.capacity);
    expect(outcomes.filter(({ status }) => status === 'not_sent')).toHaveLength(
      25 - breakerSettings.capacity,
    );
    expect((await sent()) - before).toBe(breakerSettings.capacity);
    expect(client.breaker('charge.create').closed).toBe(true);
  });
});

describe('F49: an open breaker is tried with a read', () => {
  test('without an answer nothing is sent, and it stays open', async () => {
    const client = await opened({ resetTimeout: 50 });
    await eventually(() => client.breaker('charge.create').halfOpen);
    await provider.fault('charge.read', 'error-before-execution', {}, { times: 1 });
    const before = await sent();
    const outcome = await client.call(create());
    expect(client.breaker('charge.create').opened).toBe(true);
    expect(outcome).toEqual({ status: 'not_sent' });
    expect(await sent()).toBe(before);
  });

  test('after an answer one call goes first, and its success lets the others follow', async () => {
    const client = await opened({ resetTimeout: 50 });
    const breaker = client.breaker('charge.create');
    await eventually(() => breaker.halfOpen);
    await provider.fault('charge.create', 'slow-executed', { seconds: 1 }, { times: 1 });
    const before = await sent();
    const outcomes = await calls(client, 8);
    expect(outcomes.filter(({ status }) => status === 'accepted')).toHaveLength(1);
    expect(outcomes.filter(({ status }) => status === 'not_sent')).toHaveLength(7);
    expect((await sent()) - before).toBe(1);
    expect(breaker.closed).toBe(true);
    expect((await calls(client, 8)).every(({ status }) => status === 'accepted')).toBe(true);
  });
});

describe('fault 5: too many requests', () => {
  const limited = async (params: object) => {
    await provider.fault('charge.create', 'too-many-requests', params);
    return provider.client().call(create());
  };

  test('the pause is what the provider says, in seconds', async () => {
    expect(await limited({ retryAfter: 7 })).toEqual({ status: 'not_sent', retryAfterMs: 7_000 });
    expect(await limited({ retryAfter: 0 })).toEqual({ status: 'not_sent', retryAfterMs: 0 });
    expect(await limited({ retryAfter: 86_400 })).toEqual({ status: 'not_sent', retryAfterMs: 3_600_000 });
  });

  test('or as a date', async () => {
    const outcome = await limited({ retryAfter: 'date', seconds: 60 });
    expect(outcome.status).toBe('not_sent');
    const { retryAfterMs } = outcome as { retryAfterMs: number };
    expect(retryAfterMs).toBeGreaterThan(40_000);
    expect(retryAfterMs).toBeLessThanOrEqual(60_000);
  });

  test('if it says nothing, the caller backs off by itself', async () => {
    expect(await limited({})).toEqual({ status: 'not_sent', retryAfterMs: undefined });
  });
});

describe('0.1: nothing of the request was sent', () => {
  test.each([
    ['nobody listens', 'http://127.0.0.1:1'],
    ['nobody knows the name', 'http://provider.invalid'],
  ])('%s', async (_, baseUrl) => {
    expect(await provider.client({}, { baseUrl }).call(create())).toEqual({ status: 'not_sent' });
  });

  test('it counts: after 20 the breaker is open', async () => {
    const client = provider.client({}, { baseUrl: 'http://127.0.0.1:1' });
    await calls(client, 20);
    expect(client.breaker('charge.create').opened).toBe(true);
  });

  test('fault 18: wrong credentials', async () => {
    const outcome = await provider.client({}, { apiKey: 'sk_test_of_others' }).call(create());
    expect(outcome).toEqual({ status: 'not_sent' });
  });
});

describe('0.1: may have executed', () => {
  test.each([
    [408, '{}'],
    [424, '{}'],
    [500, '{"error":{"type":"api_error"}}'],
    [502, '<html><body><h1>502 Bad Gateway</h1></body></html>'],
    [503, ''],
    [504, ''],
    [409, '{"error":{"type":"idempotency_error","code":"idempotency_key_in_use"}}'],
    [200, ''],
    [200, '{"id":"pi_1",'],
    [200, `"${'x'.repeat(2 * 1024 * 1024)}"`],
  ])('an answer of status %s like %.30s', async (status, body) => {
    const server = createServer((_, response) => void response.writeHead(status).end(body));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await provider.client({}, { baseUrl }).call(create())).toEqual({ status: 'unknown' });
    await provider.closeClients();
    await new Promise((resolve) => server.close(resolve));
  });
});
