import { setTimeout as pause } from 'node:timers/promises';
import { CounterTable, Counting, counterRaised, eventually } from '@holdfast/testing';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Admin } from 'kafkajs';
import { Client } from 'pg';
import { BusinessClock, WallClock } from './clocks.ts';
import { newId } from './ids.ts';
import { createKafka } from './kafka-client.ts';
import type { EventTransport } from './nest-transport.ts';
import { partitionCount, partitionOf } from './partitions.ts';
import type { Relay } from './relay.ts';
import { topicEnds } from './topic-ends.ts';
import type { MessageRef } from './unit-of-work.ts';
import { WatermarkBeat, type WatermarkBeatOptions } from './watermark-beat.ts';

class RaiseSlowly {
  constructor(readonly input: { message: MessageRef }) {}
}

const clock = new BusinessClock(new WallClock());
const partitions = Array.from({ length: partitionCount }, (_, partition) => partition);

describe('under a race of writers', () => {
  let counting: Counting;

  beforeAll(async () => {
    counting = await Counting.create(8);
  });

  afterAll(() => counting?.close());

  /** A transaction that lingers between the instant of its fact and its commit. */
  const raiseSlowly = (counterId: string): Promise<void> =>
    counting.database.unitOfWork.once(
      new RaiseSlowly({ message: { source: 'http', id: newId() } }),
      async (tx) => {
        const counter = (await tx.one(CounterTable, { id: counterId }))!;
        const { agreementId } = counter;
        const value = counter.value + 1;
        await pause(Math.random() * 15);
        tx.save(CounterTable, { ...counter, value });
        tx.publish(counting.events, [counterRaised(counting.service, { agreementId, counterId, value })]);
      },
    );

  /** Writes while watermarks beat as fast as they can; a pause between the two readings gives commits their chance. */
  async function race(eventsOfEach: number): Promise<void> {
    const beat = new WatermarkBeat({
      clock,
      everyMs: 1,
      quietEveryMs: 1,
      pauseBetweenReadings: () => pause(Math.random() * 12),
    });
    const { stop } = await counting.relay({ watermarks: beat });
    const writer = async (counterId: string): Promise<void> => {
      for (let n = 0; n < eventsOfEach; n += 1) await raiseSlowly(counterId);
    };
    await Promise.all(counting.counterIds.map(writer));
    await eventually(async () => (await counting.delivery()).outbox === 0);
    await stop();
  }

  /** Events that are older than a watermark before them in their partition, and how many watermarks there were. */
  async function audit(): Promise<{ watermarks: number; events: number; late: number }> {
    const reached = new Map<number, string>();
    const found = { watermarks: 0, events: 0, late: 0 };
    for (const { partition, key, headers, value } of await counting.readTopic()) {
      if (key === undefined) {
        const { instant } = JSON.parse(value) as { instant: string };
        if (instant > (reached.get(partition) ?? '')) reached.set(partition, instant);
        found.watermarks += 1;
      } else {
        found.events += 1;
        if (headers.ce_time! < (reached.get(partition) ?? '')) found.late += 1;
      }
    }
    return found;
  }

  test('no event is older than a watermark before it in its partition', async () => {
    await race(60);
    const { watermarks, events, late } = await audit();
    expect(events).toBe(480);
    expect(watermarks).toBeGreaterThan(200);
    expect(late).toBe(0);
  });

  test('it would be, were the running transactions left out: the race is real', async () => {
    const query = Client.prototype.query as (...args: unknown[]) => unknown;
    const planted = jest.spyOn(Client.prototype, 'query').mockImplementation(function (
      this: Client,
      ...args: unknown[]
    ) {
      const [first, ...rest] = args as unknown as [{ text?: string }];
      const blind = first?.text?.includes('pg_stat_activity')
        ? { ...first, text: `select date_trunc('milliseconds', statement_timestamp()) as oldest` }
        : first;
      return query.call(this, blind, ...rest) as never;
    } as never);
    let late = 0;
    try {
      // Whoever runs it alone sees it at once; beside others it may take a few races.
      for (let round = 0; late === 0 && round < 10; round += 1) {
        await race(40);
        ({ late } = await audit());
      }
    } finally {
      planted.mockRestore();
    }
    expect(late).toBeGreaterThan(0);
  });
});

describe('a watermark', () => {
  let counting: Counting;
  let watermarks: WatermarkBeatOptions;
  let relay: Relay;
  let transport: EventTransport;
  let admin: Admin;

  beforeAll(async () => {
    counting = await Counting.create(3);
    admin = createKafka({ brokers: counting.options.brokers, clientId: 'test' }).admin();
    await admin.connect();
    watermarks = { clock: new BusinessClock(new WallClock()), everyMs: 60_000, quietEveryMs: 60_000 };
    ({ relay } = await counting.relay({ watermarks: new WatermarkBeat(watermarks) }));
    ({ transport } = await counting.consumer());
    await eventually(() => relay.active);
  });

  afterAll(async () => {
    await admin.disconnect();
    await counting.close();
  });

  const session = async (url = counting.options.databaseUrl): Promise<Client> => {
    const client = new Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };

  const wallNow = async (): Promise<number> =>
    (await counting.database.pool.query('select clock_timestamp() as now')).rows[0].now.getTime();

  /** Beats, and what the consumer knows of each partition when it has read them all, except for one that is stuck. */
  async function received(stuck?: number): Promise<number[]> {
    await relay.beat();
    const { topic } = counting.events;
    const ends = (await topicEnds(admin, topic)).filter(({ partition }) => partition !== stuck);
    await eventually(() => {
      const { positions } = transport.consumer!;
      return ends.every(
        ({ partition, high }) => (positions.get(`${topic}/${partition}`) ?? 0n) >= BigInt(high),
      );
    });
    const { rows } = await counting.database.pool.query('select instant from watermarks order by partition');
    return rows.map(({ instant }) => instant.getTime() as number);
  }

  test('says that all before now is out, on every partition', async () => {
    const before = await wallNow();
    const instants = await received();
    expect(instants).toHaveLength(partitionCount);
    expect(Math.min(...instants)).toBeGreaterThanOrEqual(before);
    expect(Math.max(...instants)).toBeLessThanOrEqual(await wallNow());
  });

  test('stands at the start of a transaction that has written and not yet committed, then passes', async () => {
    const slow = await session();
    await slow.query('begin');
    const start: Date = (await slow.query('select now(), pg_current_xact_id()')).rows[0].now;
    const atStart = partitions.map(() => start.getTime());
    expect(await received()).toEqual(atStart);
    await counting.write(5);
    expect(await received()).toEqual(atStart);
    await slow.query('commit');
    expect(Math.min(...(await received()))).toBeGreaterThan(start.getTime());
    await slow.end();
  });

  test('is not held back by a backup, an idle reader or the transaction of another role (F87)', async () => {
    const reader = await session();
    await reader.query('begin isolation level repeatable read');
    await reader.query('select count(*) from outbox');
    const { ownerUrl, superuserUrl } = counting.database;
    const others = [await session(ownerUrl), await session(superuserUrl)];
    for (const other of others) {
      await other.query('begin');
      await other.query('select pg_current_xact_id()');
    }
    const before = await wallNow();
    expect(Math.min(...(await received()))).toBeGreaterThanOrEqual(before);
    for (const client of [reader, ...others]) await client.end();
  });

  test('is held back by a session that hangs before COMMIT only until its timeout ends it (F87)', async () => {
    const hanging = await session();
    await hanging.query('set idle_in_transaction_session_timeout = 400');
    await hanging.query('begin');
    const start: Date = (await hanging.query('select now(), pg_current_xact_id()')).rows[0].now;
    expect(await received()).toEqual(partitions.map(() => start.getTime()));
    await eventually(async () => Math.min(...(await received())) > start.getTime());
  });

  test('stands at the due instant of a timer not yet swept, on the partition of its key only', async () => {
    const dueAt = await wallNow();
    await eventually(wallNow, (now) => now > dueAt);
    watermarks.unsweptTimers = async () => [{ partition: 3, dueAt: new Date(dueAt) }];
    const instants = await received();
    watermarks.unsweptTimers = undefined;
    expect(instants[3]).toBe(dueAt);
    expect(Math.min(...instants.toSpliced(3, 1))).toBeGreaterThan(dueAt);
  });

  test('is known only after everything before it in its partition was applied', async () => {
    const agreementId = newId();
    const counterId = await counting.addCounter(agreementId);
    const partition = partitionOf(agreementId);
    const locker = await session(counting.database.ownerUrl);
    await locker.query('begin');
    await locker.query('lock table applied in exclusive mode');
    await counting.write(1, { counterIds: [counterId] });
    const before = await wallNow();
    const instants = await received(partition);
    await locker.query('commit');
    await locker.end();
    expect(instants[partition]).toBeLessThan(before);
    expect(Math.min(...instants.toSpliced(partition, 1))).toBeGreaterThanOrEqual(before);
    expect(Math.min(...(await received()))).toBeGreaterThanOrEqual(before);
  });

  test('is business time: the sandbox has moved it', async () => {
    const day = 24 * 3_600_000;
    const before = await wallNow();
    watermarks.clock.moveTo(day);
    expect(Math.min(...(await received()))).toBeGreaterThanOrEqual(before + day);
  });
});

test('all partitions beat often, once a minute while nothing was ever published', () => {
  const beat = new WatermarkBeat({ clock, everyMs: 0, quietEveryMs: 60_000 });
  expect(beat.due(false)).toEqual(partitions);
  beat.schedule(partitions, true);
  expect(beat.due(false)).toEqual(partitions);
  beat.schedule(partitions, false);
  expect(beat.due(false)).toEqual([]);
  expect(beat.due(true)).toEqual(partitions);
  expect(beat.nextBeatInMs()).toBeGreaterThan(50_000);
});
