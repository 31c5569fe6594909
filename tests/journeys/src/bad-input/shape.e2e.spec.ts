import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Json, Marketplace } from '../marketplace.ts';
import { everyLog, everyRow, type Inside, runningInside } from '../running-inside.ts';
import { runningMarketplace } from '../running-system.ts';
import { expectProblem, type Problem } from './problems.ts';
import { arrangeScene, callerOf, callRoute, type Route, routesWhere, type Scene } from './routes.ts';

const withBody = routesWhere(({ body }) => body !== undefined);
const writes = routesWhere(({ method, keyless }) => method !== 'GET' && !keyless);
const priced = routesWhere(({ path }) => /^\/v1\/offers(\/\{offerId\}\/versions)?$/.test(path)).filter(
  ([, { method }]) => method === 'POST',
);

const json = (value: Json): string => JSON.stringify(value);
/** Puts raw JSON in front of the fields of an object: what no JSON.stringify would write. */
const adding = (field: string) => (body: Json) => json(body).replace('{', `{${field},`);

const amounts: [string, Json][] = [
  ['0', '0'],
  ['negative', '-1'],
  ['negative zero', '-0'],
  ['1e18', '1000000000000000000'],
  ['1e18 as a number', 1e18],
  ['a number', 1_000],
  ['a broken number', 10.5],
  ['decimals', '1.005'],
  ['an exponent', '1e3'],
  ['NaN', 'NaN'],
  ['Infinity', 'Infinity'],
  ['hexadecimal', '0x10'],
  ['a leading zero', '01'],
  ['a sign', '+1'],
  ['a space', ' 1'],
  ['a thousands separator', '1,000'],
  ['digits of another script', '١٢'],
  ['nothing', ''],
  ['null', null],
  ['a list', ['1000']],
];

const unknownFields: [string, (body: Json) => string][] = [
  ['status', adding('"status":"released"')],
  ['role', adding('"role":"operator"')],
  ['balance', adding('"balance":{"amountMinor":"1","currency":"USD"}')],
  ['userId', adding('"userId":"somebody"')],
  ['accountId', adding('"accountId":"somebody"')],
  ['__proto__', adding('"__proto__":{"role":"operator"}')],
  ['constructor', adding('"constructor":1')],
  ['constructor.prototype', adding('"constructor":{"prototype":{"role":"operator"}}')],
  ['toString', adding('"toString":1')],
];

const noObjects: [string, string][] = [
  ['null', 'null'],
  ['a list', '[]'],
  ['a text', '"text"'],
  ['a number', '1'],
  ['nothing', ''],
  ['half an object', '{"a":'],
  ['single quotes', "{'a':1}"],
  ['two objects', '{}{}'],
  ['a comment', '{/* */}'],
  ['bytes that are no text', '"\ufffd\u0000"'],
  ['100,000 lists in each other', '['.repeat(100_000) + ']'.repeat(100_000)],
  ['40,000 objects in each other', `${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}`],
  ['10,000 keys', json(Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`k${index}`, index])))],
];

/** A valid number that no simulator uses, so that it would be found in a log. */
const card = '5105105105105100';
const writings = [card, '5105 1051 0510 5100', '5105-1051-0510-5100', `pay with ${card}`, '5105 1051 0510 5100 12/29'];

describe('a request without the documented form is refused, and nothing is left of it (F65, F67, F69, AD-19)', () => {
  let market: Marketplace;
  let inside: Inside;
  let scene: Scene;

  beforeAll(async () => {
    market = runningMarketplace();
    inside = runningInside();
    scene = await arrangeScene(market);
    await market.settle();
  }, 60_000);

  const send = (route: Route, changed: { body?: Json; headers?: Record<string, string | undefined> }): Promise<Problem> =>
    callRoute(route, { scene, person: callerOf(route, scene, market), ...changed });

  /** All are refused, and afterwards every row of every service is as it was. */
  async function allRefused(
    calls: readonly (() => Promise<Problem>)[],
    expected: { status: number; code?: string | string[] },
  ): Promise<void> {
    const before = await everyRow(inside);
    for (const problem of await Promise.all(calls.map((one) => one()))) expectProblem(problem, expected);
    expect(await everyRow(inside)).toEqual(before);
  }

  describe.each(priced)('%s', (_, route) => {
    it.each(amounts)('an amount that is %s', async (_name, amountMinor) => {
      const body = route.body!(scene);
      const wrong = { amountMinor, currency: 'USD' };
      const bodies = [{ ...body, budget: wrong }, { ...body, milestones: [{ ...body.milestones[0], price: wrong }] }];
      await allRefused(
        bodies.map((changed) => () => send(route, { body: changed })),
        { status: 400, code: 'request.invalid' },
      );
    });

    it.each(['EUR', 'usd', '', null, 840])('the currency %j', async (currency) => {
      const price = { amountMinor: '10000', currency };
      const body = { ...route.body!(scene), budget: undefined };
      const changed = { ...body, milestones: [{ ...body.milestones[0], price }] };
      await allRefused([() => send(route, { body: changed })], { status: 400, code: 'request.invalid' });
    });

    it('an unknown field of a milestone or a price', async () => {
      const body = route.body!(scene);
      const [milestone] = body.milestones;
      const nested = [{ ...milestone, status: 'funded' }, { ...milestone, price: { ...milestone.price, held: '1' } }];
      await allRefused(
        nested.map((changed) => () => send(route, { body: { ...body, milestones: [changed] } })),
        { status: 400, code: 'request.invalid' },
      );
    });
  });

  describe.each(withBody)('%s', (_, route) => {
    it('an unknown field', async () => {
      const calls = unknownFields.map(([, change]) => () => send(route, { body: change(route.body!(scene)) }));
      await allRefused(calls, { status: 400, code: ['request.invalid', 'request.malformed'] });
    });

    it('a body that is no object, or not the one that is meant', async () => {
      const calls = noObjects.map(([, body]) => () => send(route, { body }));
      await allRefused(calls, { status: 400, code: ['request.invalid', 'request.malformed'] });
    });

    it('another content type', async () => {
      const types = ['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'multipart/form-data; boundary=x', undefined];
      const calls = types.map((type) => () => send(route, { headers: { 'content-type': type } }));
      await allRefused(calls, { status: 415, code: 'request.media_type' });
    });

    it('a field of the wrong kind, or with signs that are no text', async () => {
      const wrong: Json[] = [null, 1.5, true, [], {}, 'a\u0000b', '\ud800'];
      const bodies = leavesOf(route.body!(scene)).flatMap(({ path, value }) =>
        wrong
          // What the field would take: another whole number or truth value is no mistake of form.
          .filter((other) => typeof other !== typeof value || typeof other === 'string')
          .filter((other) => !(Array.isArray(value) && Array.isArray(other)))
          .map((other) => replaced(route.body!(scene), path, other)),
      );
      const calls = bodies.map((body) => () => send(route, { body }));
      await allRefused(calls, { status: 400, code: ['request.invalid', 'policy.value_refused'] });
    });

    it('a card number in any field, however it is written (P-15)', async () => {
      const body = route.body!(scene);
      const bodies = [
        ...leavesOf(body)
          .filter(({ path }) => path.at(-1) !== 'amountMinor')
          .flatMap(({ path }) => [...writings, Number(card)].map((text) => replaced(body, path, text))),
        ...[card, Number(card), [card], { a: [{ b: card }] }].map((value) => ({ ...body, note: value })),
        { ...body, [card]: 'x' },
      ];
      const calls = bodies.map((changed) => () => send(route, { body: changed }));
      await allRefused(calls, { status: 400, code: 'request.card_number' });
    });
  });

  describe.each(writes)('%s', (_, route) => {
    it('no Idempotency-Key, or none that can be one (AD-9)', async () => {
      const key = (value?: string) => () => send(route, { headers: { 'idempotency-key': value } });
      await allRefused([key()], { status: 400, code: 'idempotency.key_missing' });
      await allRefused([key(''), key('x'.repeat(101)), key('with space'), key('ümlaut')], { status: 400, code: 'request.invalid' });
      await allRefused([key(card), key('5105-1051-0510-5100')], { status: 400, code: 'request.card_number' });
    });
  });

  it('a policy with a setting that no service owns, not even by inheritance', async () => {
    const [, route] = withBody.find(([name]) => name === 'escrow PUT /v1/policy')!;
    const settings = ['nothing', 'toString', 'hasOwnProperty', 'constructor', 'hold.days'].map((name) => ({ [name]: 1 }));
    const calls = settings.map((changed) => () => send(route, { body: { settings: changed, reason: 'x' } }));
    // A refusal of the business is an answer and is kept.
    for (const problem of await Promise.all(calls.map((one) => one()))) {
      expectProblem(problem, { status: 400, code: 'policy.setting_unknown' });
    }
  });

  it('no prototype has grown a field meanwhile', async () => {
    expect(({} as Json).role).toBeUndefined();
    const answer = await scene.client.request('contracts', 'POST', '/v1/policy', { body: {}, key: randomUUID() });
    expect(answer.status).toBe(404);
    expectProblem(await send(routesWhere(({ path }) => path === '/v1/policy')[1]![1], { headers: { authorization: `Bearer ${await scene.client.token()}` } }), {
      status: 403,
      code: 'role.missing',
    });
  });

  it('no card number stands in any log, and no line tells of a defect (F74, I13)', () => {
    const log = everyLog(inside);
    expect(log.replace(/[\s-]/g, '')).not.toContain(card);
    expect(log).not.toMatch(/"level":"(error|fatal)"/);
  });
});

type Leaf = { path: (string | number)[]; value: Json };

/** Every place of a body that is no object: what a caller writes into. */
function leavesOf(value: Json, path: (string | number)[] = []): Leaf[] {
  if (Array.isArray(value)) return [{ path, value }, ...value.flatMap((item, index) => leavesOf(item, [...path, index]))];
  if (value && typeof value === 'object') {
    return Object.entries(value).flatMap(([name, item]) => leavesOf(item, [...path, name]));
  }
  return [{ path, value }];
}

function replaced(body: Json, [first, ...rest]: (string | number)[], value: Json): Json {
  if (first === undefined) return value;
  const copy = Array.isArray(body) ? [...body] : { ...body };
  copy[first] = replaced(copy[first], rest, value);
  return copy;
}
