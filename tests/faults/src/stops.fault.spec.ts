import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '@holdfast/journeys';
import { type ServiceName, serviceNames } from '@holdfast/local';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Cut, CuttingProxy } from './cutting-proxy.ts';
import { assertBooksExact } from './invariants.ts';
import { startLoad, underReview, wholePath } from './load.ts';
import type { PatientPerson } from './patient-people.ts';
import { type Rig, useRig } from './rig.ts';
import { readFacts } from './topics.ts';

const minuteMs = 60_000;

describe('a service that is stopped, frozen or cut off', () => {
  const rig = useRig('stops');

  it.each(serviceNames)(
    '%s told to stop under load drains and ends with 0; nothing that it accepted is lost (F11)',
    async (service) => {
      const { system, market } = rig();
      const load = startLoad(market);
      await load.acknowledged(12);
      const people = busyPeople(rig());
      await until(
        'the people are busy',
        async () => people.answers(),
        (count) => count > 20,
      );
      await system.stopService(service);
      expect(await rig().exitOf(service)).toEqual({ code: 0, signal: null });
      const { statuses } = await people.stop();
      // What it no longer took was refused as such, or not answered at all; it was never half done.
      expect(statuses.filter((status) => status >= 500 && status !== 503)).toEqual([]);
      expect(await appliedBeyondItsOffsets(rig(), service)).toEqual([]);
      await system.startService(service);
      await load.acknowledged(4);
      await load.finish();
      await assertBooksExact(rig());
    },
    3 * minuteMs,
  );

  it(
    'payouts frozen until its partitions went to another, then thawed, applies nothing twice (F12)',
    async () => {
      const { system, market } = rig();
      const replica = await rig().startReplica('payouts');
      await wholePath(market);
      const frozen = system.pidOf('payouts');
      const load = startLoad(market);
      await load.acknowledged(8);
      process.kill(frozen, 'SIGSTOP');
      try {
        await load.acknowledged(12);
        await load.finish();
        const unread = async (): Promise<bigint> =>
          [...(await rig().unreadBy('payouts')).values()].reduce((sum, { lag }) => sum + lag, 0n);
        // The other one has it all, partitions of the frozen one included.
        await until('the other one has read everything', unread, (lag) => lag === 0n, minuteMs);
      } finally {
        process.kill(frozen, 'SIGCONT');
      }
      await wholePath(market);
      await assertBooksExact(rig());
      expect(rig().pids()).toContain(frozen);
      await replica.stop(20_000);
    },
    4 * minuteMs,
  );

  it(
    'the broker stands still under load: calls go on, events wait, and all of them are published afterwards (F18)',
    async () => {
      const { system, market } = rig();
      const load = startLoad(market);
      await load.acknowledged(12);
      const pausedAt = performance.now();
      system.kafka.pause();
      try {
        const people = busyPeople(rig());
        const unpublished = async (): Promise<number> =>
          (await rig().sql('contracts', `select id from outbox where aggregateid <> ''`)).length;
        await until('events wait in the outbox', unpublished, (count) => count > 50, minuteMs);
        await until(
          'no consumer hears anything',
          () => hearing(rig()),
          (names) => names.length === 0,
          minuteMs,
        );
        // Longer than a producer waits for its answer.
        await pause(Math.max(0, 16_000 - (performance.now() - pausedAt)));
        const { statuses } = await people.stop();
        expect(new Set(statuses)).toEqual(new Set([201]));
      } finally {
        system.kafka.resume();
      }
      await load.finish();
      await assertBooksExact(rig());
    },
    4 * minuteMs,
  );

  describe('whose connection to its database is cut', () => {
    const proxies = new Map<ServiceName, CuttingProxy>();

    beforeAll(async () => {
      await Promise.all(
        serviceNames.map(async (service) => {
          const { DATABASE_URL } = rig().system.environmentOf(service);
          const proxy = await CuttingProxy.before(DATABASE_URL!);
          proxies.set(service, proxy);
          await rig().restart(service, { DATABASE_URL: proxy.urlFor(DATABASE_URL!) });
        }),
      );
    }, 3 * minuteMs);

    afterAll(async () => {
      await Promise.all(serviceNames.map((service) => rig().system.stopService(service)));
      await Promise.all([...proxies.values()].map((proxy) => proxy.close()));
    }, 2 * minuteMs);

    it.each<[Cut, string]>([
      ['before', 'it did not happen, and is done again by itself'],
      ['after', 'it happened, and the repeat finds it'],
    ])(
      '%s the COMMIT of a release: %s (F39)',
      async (cut) => {
        const { agreement, submissionId } = await underReview(rig().market);
        await rig().market.settle();
        const client = agreement.client as PatientPerson;
        const path = `/v1/milestones/${agreement.milestones[0]!.milestoneId}/release`;
        const command = { key: randomUUID(), body: { submissionId } };
        const proxy = proxies.get('escrow')!;
        const made = proxy.made;
        proxy.cutNext(cut);
        const first = await client.once('escrow', 'POST', path, command);
        expect(proxy.made).toBe(made + 1);
        expect([first.status, first.body.status]).toEqual([200, 'released']);
        expect((await client.once('escrow', 'POST', path, command)).body).toEqual(first.body);
        await assertBooksExact(rig());
      },
      2 * minuteMs,
    );

    it.each(serviceNames)(
      '%s, before and after many commits count, under load: each fact once (F39)',
      async (service) => {
        const proxy = proxies.get(service)!;
        const made = proxy.made;
        const load = startLoad(rig().market);
        for (let round = 0; round < 8; round += 1) {
          await load.acknowledged(3);
          proxy.cutNext('before', 'after', 'after');
        }
        await load.finish();
        await rig().market.settle();
        expect(proxy.made - made).toBeGreaterThan(12);
        await assertBooksExact(rig());
      },
      4 * minuteMs,
    );
  });
});

/** New people open accounts one after the other, without patience, at every service's neighbour. */
function busyPeople({ market }: Rig): {
  answers(): number;
  stop(): Promise<{ statuses: number[] }>;
} {
  const statuses: number[] = [];
  let over = false;
  const busy = async (): Promise<void> => {
    while (!over) {
      const person = market.newPerson('busy', ['client']);
      const opening = { key: randomUUID(), body: { roles: ['client'], region: 'US' } };
      await person.once('contracts', 'POST', '/v1/accounts', opening).then(
        ({ status }) => statuses.push(status),
        () => undefined,
      );
    }
  };
  const work = Promise.all(Array.from({ length: 4 }, busy));
  return {
    answers: () => statuses.length,
    stop: async () => {
      over = true;
      await work;
      return { statuses };
    },
  };
}

/** The services whose consumers have fetched within their ten seconds. */
async function hearing({ market }: Rig): Promise<ServiceName[]> {
  const ready = async (service: ServiceName): Promise<boolean> => {
    const response = await fetch(`${market.urls[service]}/health/ready`);
    return ((await response.json()) as { checks: { consumer: boolean } }).checks.consumer;
  };
  const each = await Promise.all(serviceNames.map(async (name) => ((await ready(name)) ? [name] : [])));
  return each.flat();
}

/** What a stopped service has applied and not told the broker: it would be delivered again. */
async function appliedBeyondItsOffsets(rig: Rig, service: ServiceName): Promise<string[]> {
  const offsets = await rig.unreadBy(service);
  const topics = [...new Set([...offsets.keys()].map((place) => place.split('/')[0]!))];
  const beyond = (await readFacts(rig.system.brokers, topics)).filter(({ topic, partition, offset }) => {
    return offset >= offsets.get(`${topic}/${partition}`)!.committed;
  });
  const ids = beyond.map(({ id }) => id);
  const applied = await rig.sql<{ message_id: string }>(
    service,
    'select message_id from inbox where message_id = any($1)',
    [ids],
  );
  return applied.map(({ message_id }) => message_id);
}
