import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Json, Marketplace } from '../marketplace.ts';
import { everyLog, everyRow, type Inside, logSizes, runningInside } from '../running-inside.ts';
import { runningMarketplace } from '../running-system.ts';
import { leavesOf, replaced } from './leaves.ts';
import { expectProblem, type Problem } from './problems.ts';
import { callerOf, callRoute, type Route, type Scene } from './route.ts';
import { routesWhere } from './routes.ts';
import { arrangeScene } from './scene.ts';

const withBody = routesWhere(({ body }) => body !== undefined);
const writes = routesWhere(({ method, keyless }) => method !== 'GET' && !keyless);
const priced = routesWhere(({ path }) => /^\/v1\/offers(\/\{offerId\}\/versions)?$/.test(path)).filter(
  ([, { method }]) => method === 'POST',
);

const paid = routesWhere(({ path }) =>
  /^\/v1\/(withdrawals|treasury\/(settle-card|top-up|sweep))$/.test(path),
).filter(([, { method }]) => method === 'POST');

const json = (value: Json): string => JSON.stringify(value);
/** Puts raw JSON in front of the fields of an object: what no JSON.stringify would write. */
const adding = (body: Json, name: string, value: string): string =>
  json(body).replace('{', `{"${name}":${value},`);

const amounts: Json[] = [
  ...[
    '0',
    '-1',
    '-0',
    '1000000000000000000',
    '1.005',
    '1e3',
    'NaN',
    'Infinity',
    '0x10',
    '01',
    '+1',
    ' 1',
    '1,000',
    '',
    '١٢',
  ],
  ...[1e18, 1_000, 10.5, -1, true, null, ['1000'], {}],
];

const strangeFields: [name: string, value: string][] = [
  ['status', '"released"'],
  ['role', '"operator"'],
  ['balance', '{"amountMinor":"1","currency":"USD"}'],
  ['userId', '"somebody"'],
  ['accountId', '"somebody"'],
  ['__proto__', '{"role":"operator"}'],
  ['constructor', '1'],
  ['constructor', '{"prototype":{"role":"operator"}}'],
  ['toString', '1'],
];

const noObjects: string[] = [
  ...['null', '[]', '"text"', '1', '', '{"a":', "{'a':1}", '{}{}', '{/* */}', 'undefined'],
  // Lists and objects inside each other, deeper than any stack, and more keys than anybody reads.
  '['.repeat(100_000) + ']'.repeat(100_000),
  `${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}`,
  json(Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`k${index}`, index]))),
];

const shapeRefused = { status: 400, code: 'request.invalid' };

/** A valid number that no simulator uses, so that it would be found in a log. */
const card = '5105105105105100';
const writings = [
  card,
  '5105 1051 0510 5100',
  '5105-1051-0510-5100',
  `pay with ${card}`,
  '5105 1051 0510 5100 12/29',
];

describe('a request without the documented form is refused, and nothing is left of it (F65, F67, F69, AD-19)', () => {
  let market: Marketplace;
  let inside: Inside;
  let logBefore: Record<string, number>;
  let scene: Scene;
  let rowsBefore: Record<string, string>;

  beforeAll(async () => {
    market = runningMarketplace();
    inside = runningInside();
    logBefore = logSizes(inside);
    scene = await arrangeScene(market);
    await market.settle();
    rowsBefore = await everyRow(inside);
  }, 120_000);

  const nothingIsLeft = async (): Promise<void> => expect(await everyRow(inside)).toEqual(rowsBefore);

  const send = (
    route: Route,
    changed: { body?: Json; headers?: Record<string, string | undefined> },
  ): Promise<Problem> => callRoute(route, { scene, person: callerOf(route, scene, market), ...changed });

  async function allRefused(
    calls: readonly (() => Promise<Problem>)[],
    expected: { status: number; code?: string | string[] },
  ): Promise<void> {
    for (const problem of await Promise.all(calls.map((one) => one()))) expectProblem(problem, expected);
  }

  describe.each(priced)('%s', (_, route) => {
    it('an amount that is none, or not exact', async () => {
      const body = route.body!(scene);
      const bodies = amounts
        .map((amountMinor) => ({ amountMinor, currency: 'USD' }))
        .flatMap((wrong) => [
          { ...body, budget: wrong },
          { ...body, milestones: [{ ...body.milestones[0], price: wrong }] },
        ]);
      await allRefused(
        bodies.map((changed) => () => send(route, { body: changed })),
        shapeRefused,
      );
    });

    it('another currency', async () => {
      const body = { ...route.body!(scene), budget: undefined };
      const bodies = ['EUR', 'usd', '', null, 840].map((currency) => ({
        ...body,
        milestones: [{ ...body.milestones[0], price: { amountMinor: '10000', currency } }],
      }));
      await allRefused(
        bodies.map((changed) => () => send(route, { body: changed })),
        shapeRefused,
      );
    });

    it('an unknown field of a milestone or a price', async () => {
      const body = route.body!(scene);
      const [milestone] = body.milestones;
      const nested = [
        { ...milestone, status: 'funded' },
        { ...milestone, price: { ...milestone.price, held: '1' } },
      ];
      await allRefused(
        nested.map((changed) => () => send(route, { body: { ...body, milestones: [changed] } })),
        shapeRefused,
      );
    });

    it('leaves every row of every service as it was', nothingIsLeft);
  });

  describe.each(paid)('%s', (_, route) => {
    it('an amount that is none, or not exact, or of another currency', async () => {
      const currencies = ['EUR', 'usd', '', null, 840].map((currency) => ({
        amountMinor: '10000',
        currency,
      }));
      const wrong = [
        ...amounts.map((amountMinor) => ({ amountMinor, currency: 'USD' })),
        ...currencies,
        { amountMinor: '10000', currency: 'USD', fee: '0' },
        '10000',
        10_000,
      ];
      const body = route.body!(scene);
      await allRefused(
        wrong.map((amount) => () => send(route, { body: { ...body, amount } })),
        shapeRefused,
      );
      await nothingIsLeft();
    });
  });

  describe.each(withBody)('%s', (_, route) => {
    it('an unknown field', async () => {
      const body = route.body!(scene);
      const calls = strangeFields
        .filter(([name]) => !Object.hasOwn(body, name))
        .map(
          ([name, value]) =>
            () =>
              send(route, { body: adding(body, name, value) }),
        );
      await allRefused(calls, { status: 400, code: ['request.invalid', 'request.malformed'] });
    });

    it('a body that is no object, or not the one that is meant', async () => {
      const calls = noObjects.map((body) => () => send(route, { body }));
      await allRefused(calls, { status: 400, code: ['request.invalid', 'request.malformed'] });
    });

    it('another content type', async () => {
      const types = [
        'text/plain',
        'application/x-www-form-urlencoded',
        'application/xml',
        'multipart/form-data; boundary=x',
        undefined,
      ];
      const calls = types.map((type) => () => send(route, { headers: { 'content-type': type } }));
      await allRefused(calls, { status: 415, code: 'request.media_type' });
    });

    it('a field of the wrong kind, or with signs that are no text', async () => {
      const wrong: Json[] = [null, 1.5, true, {}, 'a\u0000b', '\ud800'];
      const body = route.body!(scene);
      const bodies = leavesOf(body)
        // Whether a service takes a value for its setting is its business and kept as an answer.
        .filter(({ path }) => path[0] !== 'settings')
        .flatMap(({ path, value }) =>
          wrong
            // Another truth value is no mistake of form.
            .filter((other) => typeof other !== 'boolean' || typeof value !== 'boolean')
            .map((other) => replaced(body, path, other)),
        );
      await allRefused(
        bodies.map((changed) => () => send(route, { body: changed })),
        shapeRefused,
      );
    });

    it('a card number in any field, however it is written (P-15)', async () => {
      const body = route.body!(scene);
      const bodies = [
        ...leavesOf(body)
          .filter(({ path }) => path.at(-1) !== 'amountMinor')
          .flatMap(({ path }) =>
            [...writings, Number(card)]
              // The digits of a bank account are taken as such, however they end.
              .filter((text) => text !== card || path.at(-1) !== route.digitsIn)
              .map((text) => replaced(body, path, text)),
          ),
        ...[card, Number(card), [card], { a: [{ b: card }] }].map((value) => ({ ...body, note: value })),
        { ...body, [card]: 'x' },
      ];
      const calls = bodies.map((changed) => () => send(route, { body: changed }));
      await allRefused(calls, { status: 400, code: 'request.card_number' });
    });

    it('leaves every row of every service as it was', nothingIsLeft);
  });

  describe.each(writes)('%s', (_, route) => {
    it('no Idempotency-Key, or none that can be one (AD-9)', async () => {
      const key = (value?: string) => () => send(route, { headers: { 'idempotency-key': value } });
      await allRefused([key()], { status: 400, code: 'idempotency.key_missing' });
      await allRefused([key(''), key('x'.repeat(101)), key('with space'), key('ümlaut')], {
        status: 400,
        code: 'request.invalid',
      });
      await allRefused([key(card), key('5105-1051-0510-5100')], { status: 400, code: 'request.card_number' });
      await nothingIsLeft();
    });
  });

  it('a policy with a setting that no service owns, not even by inheritance', async () => {
    const [, route] = withBody.find(([name]) => name === 'escrow PUT /v1/policy')!;
    const settings = ['nothing', 'toString', 'hasOwnProperty', 'constructor', 'hold.days'].map((name) => ({
      [name]: 1,
    }));
    const calls = settings.map((changed) => () => send(route, { body: { settings: changed, reason: 'x' } }));
    // A refusal of the business is an answer and is kept.
    for (const problem of await Promise.all(calls.map((one) => one()))) {
      expectProblem(problem, { status: 400, code: 'policy.setting_unknown' });
    }
  });

  it('no caller has become an operator by a prototype', async () => {
    const route = routesWhere(({ of }) => of === 'operator')[0]![1];
    expectProblem(await callRoute(route, { scene, person: scene.client }), {
      status: 403,
      code: 'role.missing',
    });
  });

  it('no card number stands in any log, and no line tells of a defect (F74, I13)', () => {
    const log = everyLog(inside);
    expect(log.replace(/[\s-]/g, '')).not.toContain(card);
    expect(everyLog(inside, logBefore)).not.toMatch(/"level":"(error|fatal)"/);
  });
});
