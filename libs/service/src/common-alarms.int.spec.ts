import { ledgerGrants, ledgerSchema } from '@holdfast/ledger';
import {
  type AnyDeadline,
  BusinessClock,
  DeadlineWatch,
  newId,
  ParkedMessages,
  partitionCount,
  partitionOf,
  saveWatermark,
} from '@holdfast/messaging';
import { smallRecipe, useDatabase } from '@holdfast/testing';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { defineEntity, p } from '@mikro-orm/postgresql';
import { Alarms, type StandingAlarm } from './alarms.ts';
import { ClockSkew } from './clock-skew.ts';
import { commonChecks, type Watched } from './common-alarms.ts';
import { StandingClock } from './testing/standing-clock.ts';

const TimerTable = defineEntity({
  name: 'Timer',
  tableName: 'timers',
  properties: {
    id: p.uuid().primary(),
    agreementId: p.text(),
    accountId: p.text(),
    dueAt: p.datetime().nullable(),
    version: p.integer(),
  },
});

const database = useDatabase(
  smallRecipe({
    service: 'service',
    schema: [
      ...ledgerSchema,
      `create table timers (id uuid primary key, agreement_id text not null, account_id text not null,
        due_at timestamptz, version integer not null default 1)`,
    ],
    grants: { ...ledgerGrants, timers: 'select, insert, delete' },
    entities: [TimerTable],
  }),
);

const [secondMs, minuteMs] = [1_000, 60_000];
const topic = 'contracts.events';
const [agreementId, accountId] = ['agreement-1', 'freelancer-1'];

let wall: StandingClock;
let clock: BusinessClock;
let alarms: Alarms;
let relay: { healthy: boolean };
let consumer: { healthy: boolean };
const deployed = ['contracts'];

beforeEach(async () => {
  const { pool, orm } = database();
  for (const table of ['timers', 'parked_messages', 'outbox', 'watermarks', 'journals'])
    await database().superuserQuery(`set session_replication_role = replica; truncate ${table} cascade`);
  // The tables date themselves by the real clock.
  wall = new StandingClock(new Date());
  clock = new BusinessClock(wall);
  [relay, consumer] = [{ healthy: true }, { healthy: true }];
  const watched = {
    pool,
    config: { DEPLOYED_SERVICES: deployed },
    definition: { publishes: { topic: 'escrow.events' }, listensTo: [{}], ledger: 'E' },
    businessClock: clock,
    wallClock: wall,
    transport: { consumer },
    relay,
    clockSkew: new ClockSkew(clock),
    deadlineWatch: new DeadlineWatch({ pool, orm }, [timer, work]),
  };
  const checks = commonChecks(watched as unknown as Watched);
  alarms = new Alarms({ checks, clock: wall, logger: { error: () => undefined, log: () => undefined } });
});

const timer: AnyDeadline = {
  kind: 'review.silence',
  does: 'timer',
  entity: TimerTable,
  dueAt: 'dueAt',
  keys: ['agreementId', 'accountId'],
  parties: [],
  stoppedBy: [topic],
  fire: async () => undefined,
};
/** Work at a provider is no timer: its own service watches it. */
const work: AnyDeadline = { ...timer, kind: 'provider.call', does: 'work', stoppedBy: [] };

async function standing(): Promise<StandingAlarm[]> {
  await alarms.evaluate();
  return alarms.standing;
}

const names = async (): Promise<string[]> => (await standing()).map(({ alarm }) => alarm);

describe('parked messages (AD-11)', () => {
  const park = (kind: 'waiting' | 'failed', offset: bigint, key = agreementId) =>
    new ParkedMessages(database().pool, 'escrow').park(
      { topic, partition: 3, offset, key, headers: {}, value: null },
      kind,
      'NotYet: a text of somebody',
    );

  test('one that failed is named at once, by its place and not by its content', async () => {
    await park('failed', 7n);
    const found = await standing();
    expect(found).toMatchObject([{ alarm: 'parked.failed', id: `${topic}/3/7`, facts: { attempts: 0 } }]);
    expect(JSON.stringify(found)).not.toContain('somebody');
  });

  test('M-15: one that waits is named after 15 minutes, and only the first of its key', async () => {
    await park('waiting', 7n);
    await park('waiting', 8n);
    wall.move(14 * minuteMs);
    expect(await names()).toEqual([]);
    wall.move(2 * minuteMs);
    expect(await standing()).toMatchObject([{ alarm: 'parked.waiting', id: `${topic}/3/7` }]);
  });

  test('what lines up behind one that failed is not named', async () => {
    await park('failed', 7n);
    await park('waiting', 8n);
    wall.move(16 * minuteMs);
    expect(await names()).toEqual(['parked.failed']);
  });
});

test('AD-17: a journal that is not sealed for a minute is named, with their number', async () => {
  const insert = async () => {
    const id = newId();
    await database().pool.query(
      `insert into journals (id, kind, cause_id, currency, value_date, posted_at)
        values ($1, 'fund', $1::uuid::text, 'USD', now(), now())`,
      [id],
    );
    return id;
  };
  const sealed = await insert();
  await database().pool.query(`insert into seals values (1, $1, sha256(''), 1)`, [sealed]);
  const first = await insert();
  await insert();
  expect(await names()).toEqual([]);
  wall.move(minuteMs + secondMs);
  expect(await standing()).toMatchObject([{ alarm: 'ledger.unsealed', id: first, facts: { count: 2 } }]);
});

test('AD-10: an event that is unpublished for a minute is named, with their number', async () => {
  const insert = () =>
    database().pool.query(
      `insert into outbox (id, aggregatetype, aggregateid, type, payload, headers, partition)
        values ($1, 'escrow', 'a', 'escrow.milestone.funded.v1', '{}', '{}', 0)`,
      [newId()],
    );
  await insert();
  await insert();
  expect(await names()).toEqual([]);
  wall.move(minuteMs + secondMs);
  expect(await standing()).toMatchObject([
    { alarm: 'outbox.late', id: 'escrow.events', facts: { count: 2 } },
  ]);
  await database().pool.query('delete from outbox');
  expect(await names()).toEqual([]);
});

describe('deadlines that wait (AD-14a, M-17)', () => {
  const place = (key: string) => `${topic}/${partitionOf(key)}`;
  const hear = async (instant: Date) => {
    for (let partition = 0; partition < partitionCount; partition += 1)
      await saveWatermark(database().pool, topic, partition, instant);
  };

  /** Set for an instant of business time, so many minutes from now. */
  async function arrangeTimer(minutes: number): Promise<{ id: string; dueAt: Date }> {
    const [id, dueAt] = [newId(), new Date(clock.now().getTime() + minutes * minuteMs)];
    await database().pool.query(
      'insert into timers (id, agreement_id, account_id, due_at) values ($1, $2, $3, $4)',
      [id, agreementId, accountId, dueAt],
    );
    return { id, dueAt };
  }

  const overdue = async () => (await standing()).filter(({ alarm }) => alarm === 'deadline.overdue');

  test('one that is due for 5 minutes names the topic whose watermark is missing', async () => {
    const { id, dueAt } = await arrangeTimer(0);
    await hear(new Date(dueAt.getTime() - 1));
    wall.move(5 * minuteMs - 1);
    expect(await overdue()).toEqual([]);
    wall.move(1);
    expect(await overdue()).toEqual([
      {
        alarm: 'deadline.overdue',
        id: `review.silence/${id}`,
        what: `a deadline waits for the watermark of ${topic}`,
        since: dueAt,
        facts: { kind: 'review.silence', missing: [topic], parked: [] },
      },
    ]);
  });

  test.each([agreementId, accountId])('or the topic with a parked message of its key %s', async (key) => {
    await arrangeTimer(-6);
    await hear(clock.now());
    const record = { topic, partition: partitionOf(key), offset: 1n, key, headers: {}, value: null };
    await new ParkedMessages(database().pool, 'escrow').park(record, 'waiting', 'NotYet');
    expect(await overdue()).toMatchObject([
      { what: `a deadline waits for a parked message of ${topic}`, facts: { missing: [], parked: [topic] } },
    ]);
  });

  test('or says that nothing holds it back', async () => {
    await arrangeTimer(-6);
    await hear(clock.now());
    expect(await overdue()).toMatchObject([{ what: 'a deadline is due and does not fire' }]);
  });

  test('AD-14: after a jump of the sandbox clock the minutes count from the jump', async () => {
    await arrangeTimer(14 * 24 * 60);
    await hear(clock.now());
    clock.moveTo(14 * 24 * 60 * minuteMs + 10 * minuteMs);
    expect(await names()).toEqual([]);
    wall.move(5 * minuteMs);
    expect(await overdue()).toHaveLength(1);
  });

  test('a partition of a timer that is not heard of for 2 minutes is named', async () => {
    await arrangeTimer(60);
    await hear(clock.now());
    const before = clock.now();
    wall.move(2 * minuteMs - 1);
    expect(await names()).toEqual([]);
    wall.move(1);
    const found = await standing();
    expect(found.map(({ id }) => id).sort()).toEqual([place(agreementId), place(accountId)].sort());
    expect(found[0]).toMatchObject({ alarm: 'watermark.late', since: before, facts: { topic } });
    await hear(clock.now());
    expect(await names()).toEqual([]);
  });

  test('and one that was never heard of, 2 minutes after the start', async () => {
    await arrangeTimer(60);
    expect(await names()).toEqual([]);
    wall.move(2 * minuteMs);
    expect(await names()).toEqual(['watermark.late', 'watermark.late']);
  });

  test('where no timer is set, no watermark is awaited', async () => {
    await hear(clock.now());
    wall.move(60 * minuteMs);
    expect(await names()).toEqual([]);
  });
});

test('AD-14a: a service that is heard and that DEPLOYED_SERVICES does not name is an alarm, until it is silent', async () => {
  await saveWatermark(database().pool, topic, 3, clock.now());
  expect(await names()).toEqual([]);
  await saveWatermark(database().pool, 'disputes.events', 3, clock.now());
  expect(await standing()).toMatchObject([
    { alarm: 'service.unnamed', id: 'disputes.events', facts: { topic: 'disputes.events' } },
  ]);
  wall.move(2 * minuteMs + 1);
  expect(await names()).toEqual([]);
});

test('a relay that fails and a consumer that fetches nothing are named', async () => {
  [relay.healthy, consumer.healthy] = [false, false];
  expect((await names()).sort()).toEqual(['consumer.silent', 'relay.failing']);
});

test('a database that refuses is an alarm for each check that asks it', async () => {
  await database().superuserQuery('alter table parked_messages rename to gone');
  try {
    expect(await standing()).toMatchObject([
      { alarm: 'check.failing', id: 'parked.failed', facts: { code: '42P01' } },
      { alarm: 'check.failing', id: 'parked.waiting', facts: { code: '42P01' } },
    ]);
  } finally {
    await database().superuserQuery('alter table gone rename to parked_messages');
  }
  expect(await names()).toEqual([]);
});
