import { randomUUID } from 'node:crypto';
import { accept, arrangeOffer, release, until } from '@holdfast/journeys';
import type { ServiceName } from '@holdfast/local';
import { describe, expect, it } from '@jest/globals';
import { assertBooksExact } from './invariants.ts';
import { startLoad, underReview, untilMoney } from './load.ts';
import type { PatientPerson } from './patient-people.ts';
import { type Rig, useRig } from './rig.ts';
import { readFacts } from './topics.ts';

const killed = { code: null, signal: 'SIGKILL' };
const minuteMs = 60_000;

describe('a service that is killed', () => {
  const rig = useRig('crashes');

  it.each([
    ['commit.before', 'submitted', 'nothing of it is there, and the repeat does it (F1)'],
    ['commit.after', 'released', 'it is there, and the repeat gets its answer (F2)'],
  ])(
    'at %s of a release leaves the milestone %s: %s',
    async (point, status) => {
      const { agreement, submissionId } = await underReview(rig().market);
      await rig().market.settle();
      await rig().restart('escrow', { CRASH_AT: point });
      const client = agreement.client as PatientPerson;
      const path = `/v1/milestones/${agreement.milestones[0]!.milestoneId}/release`;
      const repeated = { key: randomUUID(), body: { submissionId } };
      await expect(client.once('escrow', 'POST', path, repeated)).rejects.toThrow();
      expect(await rig().exitOf('escrow')).toEqual(killed);
      expect(await rig().statusOf(agreement)).toBe(status);

      await rig().system.startService('escrow');
      const first = await client.request('escrow', 'POST', path, repeated);
      expect([first.status, first.body.status]).toEqual([200, 'released']);
      const second = await client.request('escrow', 'POST', path, repeated);
      expect(second.body).toEqual(first.body);
      await assertBooksExact(rig());
    },
    2 * minuteMs,
  );

  it.each([
    ['relay.before_publish', 'not published, and is published after the restart (F3)'],
    ['relay.after_ack', 'published, still in the outbox, and is published again (F4)'],
  ])(
    'at %s in contracts and in escrow leaves a fact %s',
    async (point) => {
      const left = await killRelays(rig(), point);
      const facts = await assertBooksExact(rig());
      for (const id of left) {
        const times = facts.filter((fact) => fact.id === id).length;
        expect(times).toBe(point === 'relay.after_ack' ? 2 : 1);
      }
    },
    3 * minuteMs,
  );

  it(
    'consumer.after_commit in payouts: what it had applied comes again and changes nothing (F5)',
    async () => {
      expect(await killConsumer(rig())).toBeGreaterThan(0);
      await assertBooksExact(rig());
    },
    3 * minuteMs,
  );

  it.each([
    ['create', 1, ['charge.create']],
    ['confirm', 2, ['charge.create', 'charge.confirm']],
  ])(
    'after the provider’s answer to the %s: there is one charge (F7)',
    async (_, passes, executed) => {
      const offer = await arrangeOffer(rig().market, { milestones: [{ amountMinor: 100_000n }] });
      await rig().market.settle();
      await rig().restart('escrow', { CRASH_AT: `provider.after_answer:${passes}` });
      const agreement = await accept(offer);
      expect(await rig().exitOf('escrow')).toEqual(killed);
      const reference = agreement.agreementId;
      const before = await rig().market.providerRequests({ reference });
      expect(before.map(({ op, outcome }) => [op, outcome])).toEqual(executed.map((op) => [op, 'executed']));
      expect(await rig().statusOf(agreement)).toBe('funding_pending');

      await rig().system.startService('escrow');
      await untilMoney(agreement, 'funded');
      const { charges } = await rig().market.providerBook(reference);
      expect(charges).toHaveLength(1);
      const sent = (await rig().market.providerRequests({ reference })).filter(
        ({ method }) => method === 'POST',
      );
      // Whatever was sent again was the same key with the same bytes.
      expect(
        new Set(sent.map(({ idempotencyKey, bodySha256 }) => `${idempotencyKey} ${bodySha256}`)).size,
      ).toBe(2);
      await assertBooksExact(rig());
    },
    2 * minuteMs,
  );

  it(
    'by an error that nobody caught ends with status 1 and goes on after its restart (F14)',
    async () => {
      const hook = (code: string): Record<string, string> => {
        const module = encodeURIComponent(`process.on('SIGUSR2',()=>{${code}})`);
        return { NODE_OPTIONS: `--import=data:text/javascript,${module}` };
      };
      const { system, market } = rig();
      await Promise.all([
        rig().restart('payouts', hook('throw new Error("planted")')),
        rig().restart('escrow', hook('Promise.reject(new Error("planted"))')),
      ]);
      const load = startLoad(market);
      await load.acknowledged(20);
      for (const service of ['payouts', 'escrow'] as const) process.kill(system.pidOf(service), 'SIGUSR2');
      for (const service of ['payouts', 'escrow'] as const) {
        expect(await rig().exitOf(service)).toEqual({ code: 1, signal: null });
      }
      await Promise.all([system.startService('payouts'), system.startService('escrow')]);
      await load.finish();
      await assertBooksExact(rig());
    },
    3 * minuteMs,
  );
});

/** @returns the ids of the facts that the two relays held when they were killed */
async function killRelays(rig: Rig, point: string): Promise<string[]> {
  const { system, market } = rig;
  const facts = { contracts: 'contracts.account.opened', escrow: 'escrow.billing_method.verified' } as const;
  const services = ['contracts', 'escrow'] as const;
  await market.settle();
  await Promise.all(
    services.map((service) => rig.restart(service, { CRASH_AT: `${point}:1:${facts[service]}` })),
  );
  const acts = [
    market
      .newPerson('new', ['client'])
      .post('contracts', '/v1/accounts', { roles: ['client'], region: 'US' }),
    market
      .newPerson('new', ['client'])
      .post('escrow', '/v1/billing-methods', { kind: 'card', token: 'pm_card_visa' }),
  ];
  for (const service of services) expect(await rig.exitOf(service)).toEqual(killed);
  const left = await Promise.all(services.map((service) => outboxOf(rig, service)));
  const published = new Set(
    (await readFacts(system.brokers, ['contracts.events', 'escrow.events'])).map(({ id }) => id),
  );
  await Promise.all(services.map((service) => system.startService(service)));
  await Promise.all(acts);
  const hit = left.map((ids) => ids.filter((id) => published.has(id) === (point === 'relay.after_ack')));
  for (const ids of hit) expect(ids.length).toBeGreaterThan(0);
  return hit.flat();
}

async function outboxOf(rig: Rig, service: ServiceName): Promise<string[]> {
  const rows = await rig.sql<{ id: string }>(service, `select id from outbox where aggregateid <> ''`);
  return rows.map(({ id }) => id);
}

/** @returns how many releases that payouts had credited were still to be read again */
async function killConsumer(rig: Rig): Promise<number> {
  const { system, market } = rig;
  const waiting = await Promise.all([underReview(market), underReview(market), underReview(market)]);
  await market.settle();
  await system.stopService('payouts');
  const answers = await Promise.all(waiting.map((each) => release(each.agreement, 0, each.submissionId)));
  const transferIds = answers.map(({ transferId }) => transferId as string);
  await until(
    'the releases are published',
    () => outboxOf(rig, 'escrow'),
    (ids) => ids.length === 0,
  );
  // It may be killed before it is ready.
  await system
    .startService('payouts', { CRASH_AT: 'consumer.after_commit:1:escrow.milestone.released' })
    .catch(() => undefined);
  await rig.exitOf('payouts');
  const credited = await rig.sql<{ id: string }>('payouts', 'select id from credits where id = any($1)', [
    transferIds,
  ]);
  const released = (await readFacts(system.brokers, ['escrow.events'])).filter(
    ({ type, value }) =>
      type === 'escrow.milestone.released' && credited.some(({ id }) => value.includes(id)),
  );
  const stillUnread = await rig.unreadBy('payouts');
  await system.startService('payouts');
  const again = released.filter(({ topic, partition, offset }) => {
    const place = stillUnread.get(`${topic}/${partition}`);
    return place !== undefined && offset >= place.committed;
  });
  return again.length;
}
