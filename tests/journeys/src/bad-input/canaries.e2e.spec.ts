import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Json, until } from '../marketplace.ts';
import { query, runningInside, services } from '../running-inside.ts';
import { runningMarketplace } from '../running-system.ts';
import { Canaries, type Found, newCardNumber } from './canaries.ts';
import { answerChargeback, notify, parkForeignRecords, payOut, workAndPay } from './canary-acts.ts';
import { CanaryStage, callsAround, callsWithin, inTurns } from './canary-stage.ts';
import { pathOf, type Scene } from './route.ts';
import { routes, routesWhere } from './routes.ts';
import { arrangeScene } from './scene.ts';
import {
  plant,
  type Written,
  writtenLogs,
  writtenMetrics,
  writtenRows,
  writtenTopics,
  writtenTraces,
} from './written.ts';

const of = (place: string, ...parts: string[]): string[] => parts.map((part) => `${place}${part}`);
const ofEach = (...columns: string[]): string[] => services.flatMap((name) => of(`row ${name}.`, ...columns));

/** Where a canary may stand, by what it plays; each of these places is used. Anywhere else it is a leak. */
const mayStand: Readonly<Record<string, readonly string[]>> = {
  // Numbers of cards and accounts, names, tokens, keys, and whatever no route takes.
  secret: [],
  // What parties wrote, and operators about a person: stored encrypted (AD-18), shown to those whom it concerns.
  text: [
    'answer contracts GET /v1/offers/{offerId} 200',
    'answer contracts GET /v1/agreements/{agreementId} 200',
    'answer contracts GET /v1/accounts/{accountId}/holds 200',
    'answer payouts GET /v1/accounts/{accountId}/gates 200',
  ],
  // Why an operator did something that is about no person: kept beside who did it (AD-21), shown to operators.
  reason: [
    ...ofEach('policy_changes.reason'),
    ...of('row contracts.', 'redrives.reason'),
    ...of('row escrow.', 'settlements.reason', 'provider_notices.acknowledgement'),
    ...of('row escrow.', 'chargebacks.answer_reason', 'treasury_movements.reason', 'cost_reports.reason'),
    ...of('row payouts.', 'redrives.reason', 'sending_stops.reason', 'sending_stops.resume_reason'),
    'answer escrow GET /v1/treasury/settlements 200',
    'answer escrow GET /v1/treasury/cost-reports 200',
    'answer escrow GET /v1/chargebacks 200',
    'answer escrow GET /v1/staff-decisions 200',
    'answer payouts GET /v1/sending-stops 200',
  ],
  // What makes a repeat recognisable (AD-9).
  key: ofEach('inbox.message_id'),
  // Where mails go: stored encrypted (AD-18), shown to its owner.
  address: ['answer contracts GET /v1/accounts/me 200'],
  // Stands for a card, which only the provider can charge (P-15).
  cardToken: ['row escrow.billing_methods.token'],
  // By which a provider's notice is known again; operators see it.
  noticeId: [
    ...of('row escrow.', 'inbox.message_id', 'provider_notices.event_id', 'provider_notices.object_id'),
    ...of('row payouts.', 'inbox.message_id', 'provider_notices.event_id'),
    'answer escrow GET /v1/provider-notices 200',
  ],
  // A record of a foreign producer stays on its topic, and is parked with its bytes (AD-11).
  foreign: [
    ...of('topic escrow.events ', 'value', 'header ce_subject', 'header note'),
    ...['contracts', 'payouts'].flatMap((name) => of(`row ${name}.parked_messages.`, 'value', 'headers')),
  ],
  // Key, id and type tell an operator which record it is, in the log and of the parked message.
  foreignName: [
    ...of('topic escrow.events ', 'key', 'header ce_id', 'header ce_type'),
    ...['contracts', 'payouts'].flatMap((name) => [
      ...of(`row ${name}.parked_messages.`, 'message_key', 'message_id', 'headers', 'cause'),
      `row ${name}.redrives.message_key`,
      `log ${name}.log`,
      ...of(`answer ${name} GET /v1/`, 'parked-messages 200', 'proof/parked 200'),
    ]),
  ],
};

// Journeys across processes on whatever machine.
jest.setTimeout(180_000);

describe('what nobody may read is written nowhere (F74, I13)', () => {
  const stage = new CanaryStage(runningMarketplace(), runningInside());
  const { market, inside, canaries } = stage;
  const found: Found[] = [];
  let scene: Scene;
  /** Of the journey in which everything has its ordinary place. */
  let deal: Scene;
  let orderId: string;

  beforeAll(async () => {
    await market.clearFaults();
    scene = await arrangeScene(market);
    await stage.keepSecrets([scene.client, scene.freelancer, market.operator]);
  });

  afterAll(async () => {
    await market.clearFaults();
    for (const service of services) {
      const text = 'delete from parked_messages where message_key = any($1)';
      await query(inside, service, text, [stage.foreignKeys]);
    }
  });

  describe('a canary is put', () => {
    it('into an ordinary deal: its terms, its work, and what its card provider answers', async () => {
      deal = { ...scene, ...(await workAndPay(stage)) };
    });

    it('into what operators record about a person, and into a bank account', async () => {
      const { orderId: id, ...paidOut } = await payOut(stage, deal.freelancer);
      orderId = id;
      deal = { ...deal, ...paidOut };
    });

    it('into the answer to a chargeback, and why money was moved', () => answerChargeback(stage));

    it('into every field of every body, and a card number as well', () =>
      inTurns(routes.flatMap((route) => callsWithin(stage, route, scene))));

    it('into every header, query and path, and into a token', async () => {
      await inTurns(routes.flatMap((route) => callsAround(stage, route, scene)));
      const { stops } = await market.operator.get('payouts', '/v1/sending-stops');
      for (const { stopId } of stops.filter(({ standing }: Json) => standing)) {
        const path = `payouts POST /v1/sending-stops/${stopId}/resume` as const;
        await stage.act(market.operator, path, stage.reason('a resumed sending'));
      }
      await market.settle();
    });

    it('into signed notices of card and bank', () => notify(stage, scene, orderId));

    it('into records of a foreign producer', () => parkForeignRecords(stage));
  });

  describe('afterwards none stands anywhere but where it belongs:', () => {
    it('everything that can be read is read', async () => {
      // What the providers were to say was said: words of their own three times, and a review.
      const { faults } = (await (await fetch(`${market.urls.providersControl}/__sim/faults`)).json()) as Json;
      expect(faults.map(({ fired }: Json) => fired)).toEqual([1, 1, 1, 1]);
      const before = await metricExports();
      // Alarms are looked for every 30 s, and metrics are exported as often.
      await until(
        'the alarm of the parked messages stands',
        () => market.operator.get('payouts', '/v1/alarms'),
        ({ alarms }) => alarms.some(({ alarm }: Json) => alarm === 'parked.failed'),
        60_000,
      );
      await until(
        'every service has exported its metrics',
        metricExports,
        (counts) => counts.every((count, index) => count > before[index]!),
        60_000,
      );
      for (const [, route] of routesWhere(({ method }) => method === 'GET')) {
        const path = pathOf({ ...route, path: route.path.replace('{accountId}', deal.freelancer.id) }, deal);
        const which = path.endsWith('/journals') ? `?agreement=${deal.agreementId}` : '';
        await stage.send(route, deal, { path: path + which });
      }
    });

    async function metricExports(): Promise<number[]> {
      const [metrics] = await writtenMetrics(inside);
      const senders = (JSON.parse(metrics!.text) as Json[]).map((one) => JSON.stringify(one.resourceMetrics));
      return services.map((name) => senders.filter((one) => one.includes(`"holdfast-${name}"`)).length);
    }

    it.each<[string, () => Written[] | Promise<Written[]>]>([
      ['logs', () => writtenLogs(inside)],
      ['topics', () => writtenTopics(inside)],
      ['traces', () => writtenTraces(inside)],
      ['metrics', () => writtenMetrics(inside)],
      ['rows', () => writtenRows(inside)],
      ['answers', () => stage.answers],
    ])('%s', async (_, read) => {
      const here = (await read()).flatMap((written) => canaries.findIn(written));
      found.push(...here);
      const leaks = here
        .filter(({ canary, place }) => !mayStand[canary.kind]!.includes(place))
        .map(({ canary, place, form }) => `${place}, ${form}: ${canary.kind} from ${canary.from}`);
      expect([...new Set(leaks)]).toEqual([]);
    });

    it('and where it belongs each of them is found', () => {
      const seen = new Set(found.map(({ canary, place }) => `${canary.kind}: ${place}`));
      const named = Object.entries(mayStand).flatMap(([kind, places]) => of(`${kind}: `, ...places));
      expect(named.filter((place) => !seen.has(place))).toEqual([]);
    });
  });

  it('each line of a service’s log is one JSON object, whatever was sent (F73)', () => {
    const logs = writtenLogs(inside).filter(({ place }) =>
      services.some((name) => place === `log ${name}.log`),
    );
    expect(logs).toHaveLength(services.length);
    for (const line of logs.flatMap(({ text }) => text.split('\n')).filter((one) => one !== '')) {
      expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), service: expect.any(String) });
    }
  });

  it('one that is planted is found in any of these places, however it is written', async () => {
    const planted = new Canaries();
    const [word, number] = [planted.word('word', ''), planted.keep('number', '', newCardNumber())];
    const text = `${word} ${number}`;
    const bytes = Buffer.from(`?${text}`);
    const found = [word.toUpperCase(), number.replace(/\d{4}/g, '$& '), bytes.toString('hex')]
      .concat(bytes.toString('base64'))
      .map((written) => planted.findIn({ place: '', text: written }))
      .map((all) => all.map(({ canary, form }) => `${canary.kind} ${form}`));
    const inCode = (form: string): string[] => [`word ${form}`, `number ${form}`];
    const asWritten = [['word as written'], ['number as written']];
    expect(found).toEqual([...asWritten, inCode('hex'), inCode('base64')]);
    const takeAway = await plant(inside, text);
    try {
      const sources = [writtenLogs, writtenTopics, writtenTraces, writtenMetrics, writtenRows];
      const written = (await Promise.all(sources.map((read) => read(inside)))).flat();
      const places = written
        .flatMap((one) => planted.findIn(one))
        .map(({ canary, place }) => `${place}: ${canary.kind}`);
      const expected = [
        'log planted.log',
        ...of('topic planted.events ', 'key', 'value', 'header planted'),
        ...['traces', 'metrics'],
        ...of('row payouts.planted.', 'words', 'bytes'),
      ];
      expect(places.toSorted()).toEqual(
        expected.flatMap((place) => of(`${place}: `, 'word', 'number')).toSorted(),
      );
    } finally {
      await takeAway();
    }
  });
});
