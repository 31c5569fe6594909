import { randomUUID } from 'node:crypto';
import { type Json, submit, until } from '@holdfast/journeys';
import { type ServiceName, serviceNames } from '@holdfast/local';
import { describe, expect, it } from '@jest/globals';
import { assertBooksExact } from './invariants.ts';
import { startLoad, underReview, untilMoney, wholePath } from './load.ts';
import { type Rig, useRig } from './rig.ts';
import type { PublishedFact } from './topics.ts';

const minuteMs = 60_000;

describe('the broker and what stands on it', () => {
  // Everything in this file happens while each relay sends each batch twice (F19), and few heads are published, since
  // two looks at all tables are compared (F21).
  const rig = useRig('broker', { all: { RELAY_SENDS_TWICE: 'true', SEAL_HEAD_SECONDS: '3600' } });

  it(
    'every event published twice has its effect once (F19)',
    async () => {
      await startLoad(rig().market).finish();
      const facts = await assertBooksExact(rig());
      const ids = new Set(facts.map(({ id }) => id));
      expect(facts.length).toBe(2 * ids.size);
    },
    2 * minuteMs,
  );

  it.each([
    ['stopped', 'F16'],
    ['killed', 'F17'],
  ])(
    'a broker that is %s and started under load loses nothing; commands are accepted meanwhile (%s)',
    async (how) => {
      const { system, market } = rig();
      const pids = rig().pids();
      const load = startLoad(market);
      await load.acknowledged(15);
      await (how === 'stopped' ? system.kafka.stop() : system.kafka.kill());
      await market
        .newPerson('new', ['client'])
        .post('contracts', '/v1/accounts', { roles: ['client'], region: 'US' });
      const outbox = await rig().sql('contracts', `select id from outbox where aggregateid <> ''`);
      expect(outbox.length).toBeGreaterThan(0);
      await system.kafka.start();
      await load.finish();
      await assertBooksExact(rig());
      expect(rig().pids()).toEqual(pids);
    },
    6 * minuteMs,
  );

  it(
    'a second process of each service may join the group, leave it and be killed under load (F23)',
    async () => {
      const services = ['escrow', 'payouts'] as const;
      const load = startLoad(rig().market);
      await load.acknowledged(10);
      const leaving = await Promise.all(services.map((service) => rig().startReplica(service)));
      await load.acknowledged(10);
      await Promise.all(leaving.map((replica) => replica.stop(20_000)));
      const dying = await Promise.all(services.map((service) => rig().startReplica(service)));
      await load.acknowledged(5);
      for (const replica of dying) replica.kill('SIGKILL');
      await load.finish();
      await assertBooksExact(rig());
    },
    4 * minuteMs,
  );

  it(
    'a replay of every topic from its beginning changes no row (F21)',
    async () => {
      const { system, market } = rig();
      await market.settle();
      const before = await checksums(rig());
      await Promise.all(serviceNames.map((service) => system.stopService(service)));
      await rig().forgetOffsets();
      await Promise.all(serviceNames.map((service) => system.startService(service)));
      await market.settle();
      expect(await checksums(rig())).toEqual(before);
      await assertBooksExact(rig());
    },
    2 * minuteMs,
  );

  it(
    'messages that nobody can read are parked by whoever listens, and all else flows on (F24)',
    async () => {
      const poison = [
        { type: 'contracts.contract.activated.v1', value: '{"agreementId":', cause: 'the value is not JSON' },
        { type: 'contracts.contract.torn_up.v1', value: '{}', cause: 'no event of contracts.events' },
        { type: 'contracts.contract.activated.v9', value: '{}', cause: 'no event of contracts.events' },
        { type: 'contracts.contract.activated.v1', value: '{"agreementId":"x"}', cause: 'data of contracts' },
      ].map((message) => ({ ...message, id: `poison-${randomUUID()}`, key: randomUUID() }));
      for (const message of poison) {
        rig().planted.add(message.id);
        await publish(rig(), message);
      }
      await wholePath(rig().market);
      for (const service of ['escrow', 'payouts'] as const) {
        for (const { id, type, cause } of poison) {
          const seen = await parkedIn(rig(), service, id);
          expect([seen.kind, seen.type, seen.topic]).toEqual(['failed', type, 'contracts.events']);
          expect(seen.cause).toContain(`UnreadableMessage: ${cause}`);
        }
      }
      await assertBooksExact(rig());
    },
    2 * minuteMs,
  );

  it(
    'a handler that fails for one agreement parks that key of that topic until it is redriven (F25)',
    async () => {
      const { market } = rig();
      const { agreement } = await underReview(market, {
        milestones: [{ amountMinor: 100_000n }, { amountMinor: 50_000n }, { amountMinor: 50_000n }],
      });
      await rig().sql('escrow', failFor(agreement.agreementId));
      await submit(agreement, 1);
      await submit(agreement, 2);
      // Each record is parked, and each event has two.
      const listed = await untilParked(rig(), agreement.agreementId, 4);
      expect(listed.map(({ kind }) => kind)).toEqual(['failed', 'waiting', 'waiting', 'waiting']);
      expect(listed[0].cause).toContain('planted');
      await wholePath(market);

      const request = {
        topic: 'contracts.events',
        key: agreement.agreementId,
        reason: 'the obstacle is gone',
      };
      const redrive = (more: object = {}): Promise<Json> =>
        market.operator.post('escrow', '/v1/parked-messages/redrive', { ...request, ...more });
      expect(await redrive({ dryRun: true })).toEqual({ applied: 0, leftOver: 4 });
      expect(await redrive()).toEqual({ applied: 0, leftOver: 4 });
      await rig().sql('escrow', 'drop trigger planted on outbox');
      expect(await redrive()).toEqual({ applied: 4, leftOver: 0 });
      const records = await rig().sql(
        'escrow',
        'select redriven_by, reason, applied from redrives order by redriven_at',
      );
      const { reason } = request;
      expect(records).toEqual([
        { redriven_by: 'operator', reason, applied: 0 },
        { redriven_by: 'operator', reason, applied: 4 },
      ]);
      const facts = await assertBooksExact(rig());
      expect(
        refusalsOf(
          facts,
          agreement.milestones.map(({ milestoneId }) => milestoneId),
        ),
      ).toEqual([0, 1, 1]);
      await untilMoney(agreement, 'submitted');
    },
    2 * minuteMs,
  );
});

/** A raw producer, as no service would write it. */
async function publish(
  rig: Rig,
  record: { id: string; type: string; key: string; value: string },
): Promise<void> {
  const producer = rig.kafka().producer();
  await producer.connect();
  const { id, type, key, value } = record;
  const headers = {
    ce_specversion: '1.0',
    ce_id: id,
    ce_source: '/holdfast/contracts',
    ce_type: type,
    ce_subject: key,
    ce_time: new Date().toISOString(),
    ce_sequence: '1',
    ce_causationid: 'planted',
    ce_correlationid: 'planted',
  };
  await producer.send({ topic: 'contracts.events', messages: [{ key, value, headers }] });
  await producer.disconnect();
}

const parkedMessages = async (rig: Rig, service: ServiceName): Promise<Json[]> =>
  (await rig.market.operator.get(service as 'escrow', '/v1/parked-messages')).messages;

function parkedIn(rig: Rig, service: ServiceName, id: string): Promise<Json> {
  return until(
    `${id} is parked in ${service}`,
    async () => (await parkedMessages(rig, service)).find(({ messageId }) => messageId === id),
    (message) => message !== undefined,
  );
}

const untilParked = (rig: Rig, key: string, count: number): Promise<Json[]> =>
  until(
    `${count} messages of ${key} are parked`,
    async () => (await parkedMessages(rig, 'escrow')).filter((message) => message.key === key),
    (messages) => messages.length === count,
  );

/** Escrow cannot publish anything about this agreement: its handlers fail each time they try. */
const failFor = (agreementId: string): string => `
  create or replace function planted() returns trigger language plpgsql as $$
    begin raise exception 'planted'; end $$;
  create trigger planted before insert on outbox for each row
    when (new.aggregateid = '${agreementId}') execute function planted()`;

/** How many submissions of each milestone were refused. */
function refusalsOf(facts: readonly PublishedFact[], milestoneIds: readonly string[]): number[] {
  const refused = facts.filter(({ type }) => type === 'escrow.submission.refused');
  return milestoneIds.map(
    (id) => new Set(refused.filter(({ subject }) => subject === id).map((fact) => fact.id)).size,
  );
}

/** One sum over the rows of each table; watermarks go on by themselves. */
async function checksums(rig: Rig): Promise<Record<string, string>> {
  const sums: Record<string, string> = {};
  for (const service of serviceNames) {
    const tables = await rig.sql<{ name: string }>(
      service,
      `select tablename as name from pg_tables
        where schemaname = 'public' and tablename not in ('watermarks', 'outbox') order by tablename`,
    );
    for (const { name } of tables) {
      const [row] = await rig.sql<{ sum: string }>(
        service,
        `select count(*) || ' ' || coalesce(md5(string_agg(t::text, ',' order by t::text)), '') as sum
          from ${name} t`,
      );
      sums[`${service}.${name}`] = row!.sum;
    }
  }
  return sums;
}
