import { createTestDatabase, eventually, smallRecipe, type TestDatabase } from '@holdfast/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { defineEntity, p } from '@mikro-orm/postgresql';
import { BusinessClock, WallClock } from './clocks.ts';
import { createPool } from './database.ts';
import type { AnyDeadline, Deadline } from './deadline.ts';
import { Deadlines } from './deadlines.ts';
import { newId } from './ids.ts';
import { ParkedMessages } from './parking.ts';
import { partitionCount, partitionOf } from './partitions.ts';
import { saveWatermark } from './received-watermarks.ts';
import type { MessageRef } from './unit-of-work.ts';

const TimerTable = defineEntity({
  name: 'Timer',
  tableName: 'timers',
  properties: {
    id: p.uuid().primary(),
    agreementId: p.text(),
    clientId: p.text(),
    accountId: p.text(),
    dueAt: p.datetime().nullable(),
    firedAs: p.datetime().nullable(),
    version: p.integer(),
  },
});

class Fire {
  constructor(readonly input: { message: MessageRef; id: string }) {}
}

/** Stands still where a test wants it to. */
class StandingClock extends WallClock {
  standsAt: Date | undefined;

  override now(): Date {
    return this.standsAt ?? super.now();
  }
}

const topics = ['first.events', 'second.events'];
const hour = 3_600_000;

let database: TestDatabase & { drop(): Promise<void> };
let wall: StandingClock;
let clock: BusinessClock;
let running: Deadlines[];
let errors: string[];

beforeAll(async () => {
  database = await createTestDatabase(
    smallRecipe({
      service: 'messaging',
      schema: [
        `create table timers (id uuid primary key, agreement_id text not null, client_id text not null,
          account_id text not null, due_at timestamptz, fired_as timestamptz, version integer not null)`,
        'create index timers_due on timers (due_at) where due_at is not null',
      ],
      grants: { timers: 'select, insert, update, delete' },
      entities: [TimerTable],
    }),
  );
}, 60_000);

afterAll(() => database?.drop());

beforeEach(async () => {
  wall = new StandingClock();
  clock = new BusinessClock(wall);
  [running, errors] = [[], []];
  await database.pool.query('delete from timers');
  await database.pool.query('delete from parked_messages');
  for (const topic of topics) await reachAll(topic, new Date(0));
});

afterEach(async () => {
  await Promise.all(running.map((deadlines) => deadlines.stop()));
});

const fire: Deadline<typeof TimerTable>['fire'] = ({ id }, message) =>
  database.unitOfWork.once(new Fire({ message, id }), async (tx) => {
    const timer = (await tx.one(TimerTable, { id }))!;
    tx.save(TimerTable, { ...timer, dueAt: null, firedAs: tx.now });
  });

const deadlineOf = (more: Partial<AnyDeadline> = {}): AnyDeadline => ({
  kind: `kind-${newId()}`,
  does: 'timer',
  entity: TimerTable,
  dueAt: 'dueAt',
  keys: ['agreementId', 'clientId', 'accountId'],
  parties: ['clientId', 'accountId'],
  stoppedBy: [],
  fire,
  ...more,
});

function sweep(...deadlines: AnyDeadline[]): Deadlines {
  return sweepWith(database.pool, ...deadlines);
}

function sweepWith(pool: TestDatabase['pool'], ...deadlines: AnyDeadline[]): Deadlines {
  const onError = (error: unknown, what: string): void => void errors.push(`${what}: ${error}`);
  const started = new Deadlines({ pool, orm: database.orm, clock, onError }, deadlines);
  started.start();
  running.push(started);
  return started;
}

interface Timer {
  id: string;
  agreementId: string;
  clientId: string;
  accountId: string;
}

async function add(dueAt: Date | string, more: Partial<Timer> = {}): Promise<Timer> {
  const timer = { id: newId(), agreementId: newId(), clientId: newId(), accountId: newId(), ...more };
  await database.pool.query('insert into timers values ($1, $2, $3, $4, $5, null, 1)', [
    ...Object.values(timer),
    dueAt,
  ]);
  return timer;
}

const firedAs = async ({ id }: Timer): Promise<Date | null> =>
  (await database.pool.query('select fired_as from timers where id = $1', [id])).rows[0].fired_as;
const fired = (timer: Timer) => eventually(() => firedAs(timer));

const reachAll = async (topic: string, instant: Date): Promise<void> => {
  // Watermarks only grow; a test begins without any.
  if (instant.getTime() === 0)
    await database.superuserQuery(`delete from watermarks where topic = '${topic}'`);
  else for (let n = 0; n < partitionCount; n += 1) await saveWatermark(database.pool, topic, n, instant);
};

const ago = (ms: number): Date => new Date(Date.now() - ms);

describe('a timer', () => {
  test('fires when it is due, dated at its due instant however late it is', async () => {
    const dueAt = ago(3 * hour);
    const timer = await add(dueAt);
    sweep(deadlineOf());
    expect(await fired(timer)).toEqual(dueAt);
  });

  test('fires at its due instant and not a millisecond before: intervals are half-open', async () => {
    const dueAt = new Date('2026-05-05T05:05:05.005Z');
    const timer = await add(dueAt);
    const before = await add(new Date(dueAt.getTime() - 1));
    wall.standsAt = new Date(dueAt.getTime() - 1);
    const deadlines = sweep(deadlineOf());
    await fired(before);
    expect(await firedAs(timer)).toBeNull();
    wall.standsAt = dueAt;
    deadlines.wake();
    expect(await fired(timer)).toEqual(dueAt);
  });

  test('fires by business time, at once when the clock is moved', async () => {
    const timer = await add(new Date(Date.now() + 24 * hour));
    const deadlines = sweep(deadlineOf());
    await fired(await add(ago(1)));
    expect(await firedAs(timer)).toBeNull();
    clock.moveTo(25 * hour);
    deadlines.wake();
    await fired(timer);
  });

  test('whose command fails is tried again, and others go on meanwhile', async () => {
    const [sick, well] = [await add(ago(2)), await add(ago(1))];
    let failures = 1;
    sweep(
      deadlineOf({
        fire: async (row, message) => {
          if (row.id === sick.id && failures-- > 0) throw new Error('sick');
          await fire(row, message);
        },
      }),
    );
    await fired(well);
    expect(await firedAs(sick)).toBeNull();
    await fired(sick);
    expect(errors).toEqual([expect.stringMatching(/^deadline kind-.*: Error: sick$/)]);
  });

  test('of one kind does not wait for a slow one of another kind', async () => {
    const timer = await add(ago(1));
    let finish = (): void => undefined;
    const slow = new Promise<void>((resolve) => {
      finish = resolve;
    });
    sweep(deadlineOf({ fire: () => slow }), deadlineOf());
    await fired(timer);
    finish();
  });
});

function keyAwayFrom(partition: number): string {
  for (;;) {
    const key = newId();
    if (partitionOf(key) !== partition) return key;
  }
}

describe('a timer that facts can stop (M-17)', () => {
  const park = (topic: string, key: string) =>
    new ParkedMessages(database.pool, 'messaging').park(
      { topic, partition: 0, offset: BigInt(Date.now()), key, headers: {}, value: null },
      'waiting',
      'test',
    );

  test('fires when every topic has reached its due instant on the partitions of its three keys', async () => {
    const dueAt = ago(hour);
    const timer = await add(dueAt);
    for (const key of [timer.agreementId, timer.clientId, timer.accountId]) {
      for (const topic of topics) await saveWatermark(database.pool, topic, partitionOf(key), dueAt);
    }
    sweep(deadlineOf({ stoppedBy: topics }));
    expect(await fired(timer)).toEqual(dueAt);
  });

  test.each([
    ['agreementId', 0],
    ['clientId', 1],
    ['accountId', 0],
  ] as const)(
    'waits while the watermark of its %s is a millisecond short on topic %i; others fire',
    async (key, n) => {
      const dueAt = ago(hour);
      const timer = await add(dueAt);
      const short = partitionOf(timer[key]);
      for (const topic of topics) {
        for (let place = 0; place < partitionCount; place += 1) {
          const millisecond = topic === topics[n] && place === short ? 1 : 0;
          await saveWatermark(database.pool, topic, place, new Date(dueAt.getTime() - millisecond));
        }
      }
      const [agreementId, clientId, accountId] = [keyAwayFrom(short), keyAwayFrom(short), keyAwayFrom(short)];
      const other = await add(dueAt, { agreementId, clientId, accountId });
      const deadlines = sweep(deadlineOf({ stoppedBy: topics }));
      await fired(other);
      expect(await firedAs(timer)).toBeNull();
      await saveWatermark(database.pool, topics[n]!, short, dueAt);
      deadlines.wake();
      expect(await fired(timer)).toEqual(dueAt);
    },
  );

  test.each(['agreementId', 'clientId', 'accountId'] as const)(
    'waits while a message of its %s is parked, whatever the watermarks say; other keys fire',
    async (key) => {
      for (const topic of topics) await reachAll(topic, new Date());
      const [timer, other] = [await add(ago(hour)), await add(ago(hour / 2))];
      await park(topics[1]!, timer[key]);
      await park('foreign.events', other[key]);
      const deadlines = sweep(deadlineOf({ stoppedBy: topics }));
      await fired(other);
      expect(await firedAs(timer)).toBeNull();
      await database.pool.query('delete from parked_messages');
      deadlines.wake();
      await fired(timer);
    },
  );

  test('does not hide those behind it, however many wait', async () => {
    await database.pool.query(
      `insert into timers select gen_random_uuid(), 'stuck', 'stuck', 'stuck',
          now() - interval '2 hours' + n * interval '1 microsecond', null, 1 from generate_series(1, 1000) n`,
    );
    for (const topic of topics) await reachAll(topic, new Date());
    await park(topics[0]!, 'stuck');
    const behind = await add(ago(hour));
    sweep(deadlineOf({ stoppedBy: topics }));
    await fired(behind);
    const { rows } = await database.pool.query(
      'select count(*)::int as count from timers where due_at is not null',
    );
    expect(rows).toEqual([{ count: 1_000 }]);
  });
});

describe('two replicas', () => {
  let otherPool: TestDatabase['pool'];

  beforeAll(() => {
    otherPool = createPool(database.appUrl, 4);
  });

  afterAll(() => otherPool?.end());

  test('one sweeps at a time, and each timer fires once', async () => {
    const timers = await Promise.all(Array.from({ length: 60 }, (_, n) => add(ago(hour + n))));
    const inside = { first: 0, second: 0 };
    const calls: string[] = [];
    let together = false;
    const kind = `kind-${newId()}`;
    const counting = (replica: 'first' | 'second') =>
      deadlineOf({
        kind,
        fire: async (row, message) => {
          inside[replica] += 1;
          together ||= inside.first > 0 && inside.second > 0;
          calls.push(row.id);
          await fire(row, message);
          inside[replica] -= 1;
        },
      });
    const replicas = [sweep(counting('first')), sweepWith(otherPool, counting('second'))];
    for (const timer of timers) {
      await fired(timer);
      for (const replica of replicas) replica.wake();
    }
    expect(together).toBe(false);
    // One that was read while it ran may be called once more; the inbox makes that nothing.
    expect(new Set(calls).size).toBe(60);
    const { rows } = await database.pool.query('select version from timers');
    expect(rows).toEqual(timers.map(() => ({ version: 2 })));
  });

  test('when the session of the one that sweeps ends, the process lives and the sweeping goes on', async () => {
    const slow = await add(ago(2));
    let begun = false;
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const kind = `kind-${newId()}`;
    sweep(
      deadlineOf({
        kind,
        fire: async (row, message) => {
          begun = true;
          await finished;
          await fire(row, message);
        },
      }),
    );
    await eventually(() => begun);
    await database.superuserQuery(
      `select pg_terminate_backend(l.pid) from pg_locks l join pg_database d on d.oid = l.database
        where locktype = 'advisory' and granted and datname = current_database()`,
    );
    const other = await add(ago(1));
    sweepWith(otherPool, deadlineOf({ kind }));
    await fired(other);
    finish();
    await fired(slow);
    await fired(await add(ago(1)));
  });
});

describe('work at a provider', () => {
  test('is tried from its due instant on, again after a second when it fails, and waits for no watermark', async () => {
    const timer = await add(ago(1));
    const calls: number[] = [];
    sweep(
      deadlineOf({
        does: 'work',
        fire: async (row, message) => {
          calls.push(performance.now());
          if (calls.length < 2) throw new Error('provider away');
          await fire(row, message);
        },
      }),
    );
    await fired(timer);
    expect(calls).toHaveLength(2);
    expect(calls[1]! - calls[0]!).toBeGreaterThan(900);
  });

  test('begins beside a call that hangs, also when it falls due only then', async () => {
    const hanging = await add(ago(2));
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    let begun = false;
    sweep(
      deadlineOf({
        does: 'work',
        fire: async (row, message) => {
          begun ||= row.id === hanging.id;
          if (row.id === hanging.id) await answered;
          await fire(row, message);
        },
      }),
    );
    await eventually(() => begun);
    await fired(await add(ago(1)));
    answer();
    await fired(hanging);
  });

  test('is moved by its own command, and no watermark or list of persons speaks of it', async () => {
    const timer = await add(ago(1));
    const work = deadlineOf({ does: 'work', fire: async () => undefined });
    const deadlines = new Deadlines({ pool: database.pool, orm: database.orm, clock }, [work]);
    expect(await deadlines.unswept(database.pool)).toEqual([]);
    expect(await deadlines.list.of(timer.clientId)).toEqual([]);
    expect(await deadlines.dueNow()).toEqual([work.kind]);
  });

  test('a watch is no stop of a clock that moves, and is looked at where the clock ends (AD-14)', async () => {
    await add(ago(hour));
    const watch = deadlineOf({ does: 'watch', fire: async () => undefined });
    const deadlines = new Deadlines({ pool: database.pool, orm: database.orm, clock }, [watch]);
    expect(await deadlines.nextDueAt()).toBeUndefined();
    expect(await deadlines.dueNow()).toEqual([watch.kind]);
  });
});

test('what is due next, due now, not yet swept, and whom it concerns', async () => {
  const past = await add(ago(hour));
  const future = new Date(Date.now() + hour);
  const later = await add(future, { clientId: past.clientId });
  const deadline = deadlineOf({ stoppedBy: topics });
  const deadlines = new Deadlines({ pool: database.pool, orm: database.orm, clock }, [deadline]);
  const { rows } = await database.pool.query('select due_at from timers where id = $1', [past.id]);
  const dueAt = rows[0].due_at as Date;
  expect(await deadlines.nextDueAt()).toEqual(dueAt);
  expect(await deadlines.dueNow()).toEqual([deadline.kind]);
  expect(await deadlines.unswept(database.pool)).toEqual([
    { partition: partitionOf(past.agreementId), dueAt },
  ]);
  const common = { kind: deadline.kind, stoppedBy: topics };
  expect(await deadlines.list.of(past.clientId)).toEqual([
    { ...common, id: past.id, key: past.agreementId, dueAt },
    { ...common, id: later.id, key: later.agreementId, dueAt: future },
  ]);
  expect(await deadlines.list.of(later.accountId)).toHaveLength(1);
  expect(await deadlines.list.of('nobody')).toEqual([]);
  expect((await deadlines.list.between(dueAt, future)).map(({ id }) => id)).toEqual([past.id]);
  expect(await deadlines.list.between(new Date(future.getTime() + 1), new Date('2999-01-01'))).toEqual([]);
  const ofNobody = deadlineOf({ parties: [] });
  const unlisted = new Deadlines({ pool: database.pool, orm: database.orm, clock }, [ofNobody]);
  expect(await unlisted.list.of(past.clientId)).toEqual([]);
  expect(await unlisted.list.between(dueAt, future)).toHaveLength(1);
  await database.pool.query('delete from timers');
  expect([await deadlines.nextDueAt(), await deadlines.dueNow()]).toEqual([undefined, []]);
});

describe('a look at what is due now (AD-14)', () => {
  /** The database of a look, at whose first question something else happens. */
  function poolWhere(meanwhile: () => Promise<unknown>): TestDatabase['pool'] {
    let done: Promise<unknown> | undefined;
    const query = async (...args: unknown[]): Promise<unknown> => {
      done ??= meanwhile();
      await done;
      return (database.pool.query as (...args: unknown[]) => Promise<unknown>)(...args);
    };
    return { query } as unknown as TestDatabase['pool'];
  }

  test('sees what becomes due while it is taken', async () => {
    wall.standsAt = new Date();
    const deadline = deadlineOf();
    const pool = poolWhere(async () => {
      wall.standsAt = new Date(wall.now().getTime() + 20);
      await add(wall.now());
    });
    const deadlines = new Deadlines({ pool, orm: database.orm, clock }, [deadline]);
    expect(await deadlines.dueNow()).toEqual([deadline.kind]);
  });

  test('counts what ran when it began, also when that has ended since', async () => {
    const timer = await add(ago(1));
    const gate = Promise.withResolvers<void>();
    let begun = false;
    const kind = `kind-${newId()}`;
    const waiting: Deadline<typeof TimerTable>['fire'] = async (row, message) => {
      begun = true;
      await gate.promise;
      await fire(row, message);
    };
    const started = sweep(deadlineOf({ kind, fire: waiting }));
    await eventually(() => begun);
    const asked = jest.spyOn(database.pool, 'query');
    asked.mockImplementationOnce((async (...args: unknown[]) => {
      asked.mockRestore();
      gate.resolve();
      await fired(timer);
      return (database.pool.query as (...args: unknown[]) => Promise<unknown>)(...args);
    }) as never);
    expect(await started.dueNow()).toEqual([kind]);
    await eventually(
      () => started.dueNow(),
      (due) => due.length === 0,
    );
  });
});

test('timers that the clock of the database calls due are unswept, whatever the clock of this computer says', async () => {
  wall.standsAt = ago(hour);
  const timer = await add(ago(hour / 2));
  const deadlines = new Deadlines({ pool: database.pool, orm: database.orm, clock }, [deadlineOf()]);
  expect(await deadlines.unswept(database.pool)).toEqual([
    { partition: partitionOf(timer.agreementId), dueAt: expect.any(Date) },
  ]);
});
