import { createTestDatabase, eventually, smallRecipe, type TestDatabase } from '@holdfast/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { defineEntity, p } from '@mikro-orm/postgresql';
import { BusinessClock, WallClock } from './clocks.ts';
import { createPool } from './database.ts';
import type { Deadline } from './deadline.ts';
import { Deadlines } from './deadlines.ts';
import type { MessageRef } from './unit-of-work.ts';

const TimerTable = defineEntity({
  name: 'ManyTimer',
  tableName: 'many_timers',
  properties: {
    id: p.uuid().primary(),
    agreementId: p.text(),
    dueAt: p.datetime().nullable(),
    firedAs: p.datetime().nullable(),
    version: p.integer(),
  },
});

class Fire {
  constructor(readonly input: { message: MessageRef; id: string }) {}
}

const [all, due] = [100_000, 10_000];
/** A limit for what hangs: ten thousand commands take a slow machine minutes. */
const patienceMs = 600_000;
/** In business time that stands still: this minute is over, all others are to come. */
const minute = new Date('2030-03-03T03:03:00Z');
const now = new Date('2030-03-03T03:04:00Z');

let database: TestDatabase & { drop(): Promise<void> };
let otherPool: TestDatabase['pool'];
const clock = new BusinessClock(
  new (class extends WallClock {
    override now = () => now;
  })(),
);

beforeAll(async () => {
  database = await createTestDatabase(
    smallRecipe({
      service: 'messaging',
      schema: [
        `create table many_timers (id uuid primary key, agreement_id text not null, due_at timestamptz,
          fired_as timestamptz, version integer not null)`,
        'create index many_timers_due on many_timers (due_at) where due_at is not null',
      ],
      grants: { many_timers: 'select, update' },
      entities: [TimerTable],
    }),
  );
  // Of each ten one is due in this minute, at an instant of its own; the others in the months that follow.
  await database.superuserQuery(
    `insert into many_timers select gen_random_uuid(), 'agreement-' || n,
        case when n % 10 = 0 then timestamptz '${minute.toISOString()}' + n * interval '501 microseconds'
          else timestamptz '${now.toISOString()}' + n * interval '1 minute' end, null, 1
      from generate_series(1, ${all}) n`,
  );
  await database.superuserQuery('analyze many_timers');
  otherPool = createPool(database.appUrl, 4);
});

afterAll(async () => {
  await otherPool?.end();
  await database?.drop();
});

const errors: unknown[] = [];
const fired: string[] = [];

const timers: Deadline<typeof TimerTable> = {
  kind: 'many',
  does: 'timer',
  entity: TimerTable,
  dueAt: 'dueAt',
  keys: ['agreementId'],
  parties: [],
  stoppedBy: [],
  fire: async ({ id }, message) => {
    fired.push(id);
    await database.unitOfWork.once(new Fire({ message, id }), async (tx) => {
      const timer = (await tx.one(TimerTable, { id }))!;
      tx.save(TimerTable, { ...timer, dueAt: null, firedAs: tx.now });
    });
  },
};

function deadlinesOn(pool: TestDatabase['pool'], fire = timers.fire): Deadlines {
  const onError = (error: unknown): void => void errors.push(error);
  return new Deadlines({ pool, orm: database.orm, clock, onError }, [{ ...timers, fire }]);
}

interface Plan {
  'Node Type': string;
  'Index Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  Plans?: Plan[];
}

const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

/** Rows that a statement takes out of the table, those included that it does not want. */
async function readBy(text: string, values: unknown[]): Promise<{ indexes: unknown[]; rows: number }> {
  const { rows } = await database.pool.query(`explain (analyze, format json) ${text}`, values);
  const scans = nodesOf(rows[0]['QUERY PLAN'][0].Plan).filter((node) => node['Node Type'].includes('Scan'));
  return {
    indexes: scans.map((node) => [node['Node Type'], node['Index Name']]),
    rows: scans.reduce(
      (sum, node) =>
        sum + node['Actual Loops'] * (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)),
      0,
    ),
  };
}

/** What a sweep asks of the table, over all that is due; nothing is fired. */
async function pagesOfASweep(): Promise<{ text: string; values: unknown[] }[]> {
  const pages: { text: string; values: unknown[] }[] = [];
  const seen = new Set<string>();
  const pool = {
    connect: () => database.pool.connect(),
    query: (asked: { text: string; values: unknown[] }) => {
      if (asked.text.includes('many_timers')) pages.push(asked);
      return database.pool.query(asked);
    },
  } as unknown as TestDatabase['pool'];
  const deadlines = deadlinesOn(pool, async ({ id }) => void seen.add(id));
  deadlines.start();
  await eventually(
    () => seen.size,
    (count) => count === due,
    patienceMs,
  );
  await deadlines.stop();
  return pages;
}

describe('100,000 timers, 10,000 of them due in one minute', () => {
  test(
    'a sweep reads by the index what is due, and of each page no more than the page',
    async () => {
      const pages = (await pagesOfASweep()).filter(({ values }) => values[1] === 200);
      expect(pages.length).toBeGreaterThanOrEqual(due / 200);
      for (const { text, values } of pages.slice(0, due / 200)) {
        const { indexes, rows } = await readBy(text, values);
        expect(indexes).toEqual([['Index Scan', 'many_timers_due']]);
        // One more, at which it sees that the instant of the last one is over.
        expect(rows).toBeLessThanOrEqual(202);
      }
    },
    patienceMs,
  );

  test(
    'each fires once, at its instant, whoever of two replicas sweeps; no other does',
    async () => {
      const replicas = [deadlinesOn(database.pool), deadlinesOn(otherPool)];
      for (const replica of replicas) replica.start();
      const left = async (): Promise<number> =>
        (await database.pool.query('select count(*)::int as left from many_timers where due_at <= $1', [now]))
          .rows[0].left;
      await eventually(left, (count) => count === 0, patienceMs);
      await Promise.all(replicas.map((replica) => replica.stop()));
      expect(errors).toEqual([]);
      expect([fired.length, new Set(fired).size]).toEqual([due, due]);
      const { rows } = await database.pool.query(
        `select count(*) filter (where due_at is null)::int as fired,
          count(*) filter (where fired_as >= $1 and fired_as < $2)::int as dated,
          count(*) filter (where due_at > $2 and fired_as is null and version = 1)::int as waiting
        from many_timers`,
        [minute, now],
      );
      expect(rows).toEqual([{ fired: due, dated: due, waiting: all - due }]);
      const marks = await database.pool.query(
        `select count(*)::int as count from inbox where command = 'Fire'`,
      );
      expect(marks.rows).toEqual([{ count: due }]);
    },
    patienceMs,
  );
});
