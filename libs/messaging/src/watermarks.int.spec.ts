import { setTimeout as pause } from 'node:timers/promises';
import { Counting, eventually } from '@holdfast/testing';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Client } from 'pg';
import { BusinessClock, WallClock } from './clocks.ts';
import { newId } from './ids.ts';
import { partitionCount, partitionOf } from './partitions.ts';
import { WatermarkBeat, type WatermarkBeatOptions } from './watermark-beat.ts';

const clock = new BusinessClock(new WallClock());
const partitions = Array.from({ length: partitionCount }, (_, partition) => partition);

describe('under a race of writers', () => {
  let counting: Counting;

  beforeAll(async () => {
    counting = await Counting.create(30);
  }, 30_000);

  afterAll(() => counting?.close(), 30_000);

  /** Writes while watermarks beat as fast as they can; a pause between the two readings gives commits their chance. */
  async function race(events: number): Promise<void> {
    const beat = new WatermarkBeat({
      clock,
      everyMs: 1,
      quietEveryMs: 1,
      pauseBetweenReadings: () => pause(Math.random() * 12),
    });
    const { stop } = await counting.relay({ watermarks: beat });
    await counting.write(events, { workers: 8 });
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
    await race(1_500);
    const { watermarks, events, late } = await audit();
    expect(events).toBe(1_500);
    expect(watermarks).toBeGreaterThan(300);
    expect(late).toBe(0);
  }, 30_000);

  test('it would be, were the running transactions left out: the race is real', async () => {
    const query = Client.prototype.query as (...args: unknown[]) => unknown;
    const planted = jest.spyOn(Client.prototype, 'query').mockImplementation(function (this: Client, ...args) {
      const [first, ...rest] = args as unknown as [{ text?: string }];
      const blind = first?.text?.includes('pg_stat_activity')
        ? { ...first, text: `select date_trunc('milliseconds', statement_timestamp()) as oldest` }
        : first;
      return query.call(this, blind, ...rest) as never;
    } as never);
    try {
      for (let round = 0; round < 4 && (await audit()).late === 0; round += 1) await race(700);
    } finally {
      planted.mockRestore();
    }
    expect((await audit()).late).toBeGreaterThan(0);
  }, 40_000);
});

describe('a watermark', () => {
  let counting: Counting;
  let watermarks: WatermarkBeatOptions;
  let beat: () => Promise<void>;

  beforeAll(async () => {
    counting = await Counting.create(3);
    watermarks = { clock: new BusinessClock(new WallClock()), everyMs: 60_000, quietEveryMs: 60_000 };
    const { relay } = await counting.relay({ watermarks: new WatermarkBeat(watermarks) });
    await counting.consumer();
    await eventually(() => relay.active);
    beat = () => relay.beat();
  }, 30_000);

  afterAll(() => counting?.close(), 30_000);

  const session = async (url = counting.options.databaseUrl): Promise<Client> => {
    const client = new Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };

  const databaseNow = async (): Promise<Date> =>
    (await counting.database.pool.query(`select date_trunc('milliseconds', clock_timestamp()) as now`)).rows[0].now;

  /** Beats, and what the consumer then knows of each partition. */
  async function received(): Promise<Date[]> {
    const since = await counting.database.pool.query('select max(instant) as instant from watermarks');
    await beat();
    return eventually(
      async () => {
        const { rows } = await counting.database.pool.query(
          'select instant, (select sum(value) from counters) as x from watermarks order by partition',
        );
        return rows.map(({ instant }) => instant as Date);
      },
      (instants) => instants.length === partitionCount && settled(instants, since.rows[0].instant),
    );
  }
  /** All partitions have heard of one beat: they differ only where something holds one back. */
  let settled: (instants: Date[], before: Date | null) => boolean = () => true;

  test('says that all before now is out, on every partition', async () => {
    const before = await databaseNow();
    settled = (instants) => instants.every((instant) => instant >= before);
    await received();
  });

  test('stands at the start of a transaction that has written and not yet committed, then passes', async () => {
    const slow = await session();
    await slow.query('begin');
    const start = (await slow.query(`select date_trunc('milliseconds', now()) as now, pg_current_xact_id()`)).rows[0];
    settled = (instants) => instants.every((instant) => instant >= start.now);
    expect(await received()).toEqual(partitions.map(() => start.now));
    await counting.write(5);
    expect(await received()).toEqual(partitions.map(() => start.now));
    await slow.query('commit');
    settled = (instants) => instants.every((instant) => instant > start.now);
    await received();
    await slow.end();
  });

  test('is not held back by a backup, an idle reader or the transaction of another role (F87)', async () => {
    const reader = await session();
    await reader.query('begin isolation level repeatable read');
    await reader.query('select count(*) from outbox');
    const owner = await session(counting.database.ownerUrl);
    await owner.query('begin');
    await owner.query('select pg_current_xact_id()');
    const superuser = await session(counting.database.superuserUrl);
    await superuser.query('begin');
    await superuser.query('select pg_current_xact_id()');
    const before = await databaseNow();
    settled = (instants) => instants.every((instant) => instant >= before);
    await received();
    for (const client of [reader, owner, superuser]) await client.end();
  });

  test('is held back by a session that hangs before COMMIT only until its timeout ends it (F87)', async () => {
    const hanging = await session();
    await hanging.query('set idle_in_transaction_session_timeout = 400');
    await hanging.query('begin');
    const start = (await hanging.query('select now(), pg_current_xact_id()')).rows[0].now as Date;
    settled = () => true;
    expect((await received()).every((instant) => instant <= start)).toBe(true);
    await eventually(async () => (await received()).every((instant) => instant > start));
  });

  test('stands at the due instant of a timer not yet swept, on the partition of its key only', async () => {
    const dueAt = new Date((await databaseNow()).getTime() + 1);
    watermarks.unsweptTimers = async () => [{ partition: 3, dueAt }];
    settled = (instants) => instants.every((instant, partition) => (partition === 3 ? instant >= dueAt : instant > dueAt));
    expect((await received())[3]).toEqual(dueAt);
    watermarks.unsweptTimers = undefined;
    settled = (instants) => instants.every((instant) => instant > dueAt);
    await received();
  });

  test('is business time: the sandbox has moved it', async () => {
    const day = 24 * 3_600_000;
    const before = (await databaseNow()).getTime();
    watermarks.clock.moveTo(day);
    settled = (instants) => instants.every((instant) => instant.getTime() >= before + day);
    await received();
  });

  test('is known only after everything before it in its partition was applied', async () => {
    const agreementId = newId();
    const counterId = await counting.addCounter(agreementId);
    const partition = partitionOf(agreementId);
    const locker = await session(counting.database.ownerUrl);
    await locker.query('begin');
    await locker.query('lock table applied in exclusive mode');
    await counting.write(1, { counterIds: [counterId] });
    const before = (await databaseNow()).getTime() + watermarks.clock.offsetMs;
    settled = (instants) => instants.every((instant, place) => place === partition || instant.getTime() >= before);
    expect((await received())[partition]!.getTime()).toBeLessThan(before);
    await locker.query('commit');
    await locker.end();
    settled = (instants) => instants.every((instant) => instant.getTime() >= before);
    await eventually(async () => settled(await received(), null));
  });
});

test('partitions with keys of this service beat often, the others once a minute', () => {
  const beat = new WatermarkBeat({ clock, everyMs: 0, quietEveryMs: 60_000 });
  expect(beat.due(false)).toEqual(partitions);
  beat.schedule(partitions, new Set([2, 5]));
  expect(beat.due(false)).toEqual([2, 5]);
  expect(beat.due(true)).toEqual(partitions);
  beat.schedule([2, 5], new Set());
  expect(beat.nextBeatInMs()).toBeGreaterThan(50_000);
});
