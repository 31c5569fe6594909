import { setTimeout as pause } from 'node:timers/promises';
import { credit, debit, journal, NotYet, Rejection } from '@holdfast/domain';
import { checkLedger, LedgerWriter, ledgerGrants, ledgerSchema, readBalance } from '@holdfast/ledger';
import {
  AppliedTable,
  CounterTable,
  connectSmall,
  counterRaised,
  countingEntities,
  countingEvents,
  countingGrants,
  countingSchema,
  createTestDatabase,
  eventually,
  smallRecipe,
  type TestDatabase,
} from '@holdfast/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client, Pool, type PoolClient } from 'pg';
import { z } from 'zod';
import { runCausedBy } from './causality.ts';
import { createPool, isDatabaseAway } from './database.ts';
import { newId } from './ids.ts';
import { partitionOf } from './partitions.ts';
import {
  type JsonValue,
  type MessageRef,
  type Tx,
  UnitOfWork,
  type UnitOfWorkOptions,
} from './unit-of-work.ts';

/** Whoever writes another committer runs it through the same test by adding it here. */
const committers: { name: string; create: (options: UnitOfWorkOptions) => UnitOfWork }[] = [
  { name: 'one transaction each', create: (options) => new UnitOfWork(options) },
];

const service = 'tally';
const events = countingEvents(service);
const agreementId = newId();

class Raise {
  constructor(readonly input: { message: MessageRef; counterId: string; note?: string }) {}
}
class Close {
  constructor(readonly input: { message: MessageRef; counterId: string }) {}
}
class Move {
  constructor(readonly input: { message: MessageRef; from: string; to: string; amountMinor: bigint }) {}
}

const http = (id: string = newId()): MessageRef => ({ source: 'http', id });

async function load(tx: Tx, counterId: string) {
  const counter = await tx.one(CounterTable, { id: counterId });
  if (!counter) throw new NotYet('counter.unknown');
  return counter;
}

const raise = (unit: UnitOfWork, command: Raise) =>
  unit.once(command, async (tx) => {
    const counter = await load(tx, command.input.counterId);
    const value = counter.value + 1;
    tx.save(CounterTable, { ...counter, value });
    tx.publish(events, [counterRaised(service, { agreementId, counterId: counter.id, value })]);
    return { value };
  });

const close = (unit: UnitOfWork, command: Close) =>
  unit.once(command, async (tx) => {
    const counter = await load(tx, command.input.counterId);
    if (counter.closed) throw new Rejection('counter.closed', { value: counter.value });
    tx.save(CounterTable, { ...counter, closed: true });
    return { closedAt: counter.value };
  });

const move = (unit: UnitOfWork, command: Move) =>
  unit.once(command, async (tx) => {
    const { from, to, amountMinor, message } = command.input;
    const lines = [debit(from, amountMinor), credit(to, amountMinor)];
    tx.post(journal({ kind: 'move', causeId: message.id, lines }));
    return { moved: String(amountMinor) };
  });

describe.each(committers)('the unit of work, $name', ({ create }) => {
  let database: TestDatabase & { drop(): Promise<void> };
  let owner: Pool;
  let first: UnitOfWork;
  let second: UnitOfWork;
  let secondPool: Pool;

  beforeAll(async () => {
    const journals = new LedgerWriter(newId);
    const recipe = smallRecipe({
      service: 'messaging',
      schema: [...countingSchema, ...ledgerSchema],
      grants: { ...countingGrants, ...ledgerGrants },
      entities: countingEntities,
      journals,
    });
    database = await createTestDatabase(recipe);
    const { appUrl, clock, orm, pool } = database;
    owner = new Pool({ connectionString: database.ownerUrl, max: 2 });
    first = create({ pool, orm, clock, journals, unknownMs: 400 });
    secondPool = createPool(appUrl);
    // One that waits long for what it does not know.
    second = create({
      pool: secondPool,
      orm: await connectSmall(appUrl, countingEntities),
      clock,
      journals,
      unknownMs: 60_000,
    });
  }, 60_000);

  afterAll(async () => {
    await owner?.end();
    await secondPool?.end();
    await database?.drop();
  });

  const rows = async <Row>(text: string, values: unknown[] = []): Promise<Row[]> =>
    (await owner.query(text, values)).rows as Row[];

  /** With sessions of its own, whose counts are complete once they have ended. */
  const separate = (): { unit: UnitOfWork; pool: Pool } => {
    const { appUrl, orm, clock } = database;
    const url = new URL(appUrl);
    url.searchParams.set('application_name', 'separate');
    const pool = createPool(url.href);
    return { unit: create({ pool, orm, clock }), pool };
  };

  /** How many sessions of this database are in that state. */
  const sessions = async (state: string): Promise<number> => {
    const text = `select pid from pg_stat_activity where datname = current_database() and ${state}`;
    return (await database.superuserQuery(text)).rowCount!;
  };

  const addCounter = async (counterId: string = newId()): Promise<string> => {
    await owner.query('insert into counters values ($1, $2, 0, false, 1)', [counterId, agreementId]);
    return counterId;
  };

  const fund = (account: string, amountMinor: bigint): Promise<JsonValue> =>
    move(first, new Move({ message: http(), from: 'E.cash.trust', to: account, amountMinor }));

  const counterValue = async (counterId: string): Promise<number> =>
    (await rows<{ value: number }>('select value from counters where id = $1', [counterId]))[0]!.value;

  const sequencesOf = async (counterId: string): Promise<number[]> =>
    (
      await rows<{ sequence: number }>(
        `select (headers->>'sequence')::int as sequence from outbox where headers->>'subject' = $1 order by seq`,
        [counterId],
      )
    ).map(({ sequence }) => sequence);

  const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

  describe('rows that changed between two readings', () => {
    test('a refusal that stands on them is not given: the work decides again on what stands now', async () => {
      const counterId = await addCounter();
      let tries = 0;
      const answer = await first.once(new Close({ message: http(), counterId }), async (tx) => {
        tries += 1;
        const counter = await load(tx, counterId);
        if (tries === 1) await raise(second, new Raise({ message: http(), counterId }));
        if (counter.value === 0) throw new Rejection('counter.closed');
        return { value: counter.value };
      });
      expect([tries, answer]).toEqual([2, { value: 1 }]);
    });

    test('M-19: whoever decides again decides at a later instant, that of the transaction which commits', async () => {
      const counterId = await addCounter();
      const instants: Date[] = [];
      await first.once(new Close({ message: http(), counterId }), async (tx) => {
        instants.push(tx.now);
        const counter = await load(tx, counterId);
        if (instants.length === 1) await raise(second, new Raise({ message: http(), counterId }));
        if (counter.value === 0) throw new Rejection('counter.closed');
        return {};
      });
      const [raised] = await rows<{ at: Date }>(
        `select occurred_at as at from outbox where headers->>'subject' = $1`,
        [counterId],
      );
      expect(instants).toHaveLength(2);
      expect(instants[0]!.getTime()).toBeLessThanOrEqual(raised!.at.getTime());
      expect(instants[1]!.getTime()).toBeGreaterThanOrEqual(raised!.at.getTime());
    });

    test('the same row read twice must be the same row', async () => {
      const counterId = await addCounter();
      let tries = 0;
      const answer = await first.once(new Close({ message: http(), counterId }), async (tx) => {
        tries += 1;
        const before = await load(tx, counterId);
        if (tries === 1) await raise(second, new Raise({ message: http(), counterId }));
        const after = await load(tx, counterId);
        return { values: [before.value, after.value] };
      });
      expect([tries, answer]).toEqual([2, { values: [1, 1] }]);
    });
  });

  describe('a query', () => {
    const valuesOf = (all: { value: number }[]) => all.map(({ value }) => value);

    test('reads all of one instant, whatever is committed meanwhile', async () => {
      const [one, other] = [await addCounter(), await addCounter()];
      const read = await first.read(async ({ one: row, many }) => {
        const before = await row(CounterTable, { id: one });
        for (const counterId of [one, other]) await raise(second, new Raise({ message: http(), counterId }));
        return valuesOf([before!, ...(await many(CounterTable, { id: other }))]);
      });
      expect(read).toEqual([0, 0]);
      expect(
        await first.read(async (rows) => valuesOf(await rows.many(CounterTable, { id: other }))),
      ).toEqual([1]);
    });

    test('F39: gives its connection back whatever happens to it', async () => {
      const { unit, pool } = separate();
      const counterId = await addCounter();
      for (let n = 0; n < 15; n += 1) {
        const lost = unit.read(async (rows) => {
          await rows.one(CounterTable, { id: counterId });
          const text = `select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and application_name = 'separate'`;
          if (n % 2) await database.superuserQuery(text);
          else throw new Error('refused');
          return rows.one(CounterTable, { id: counterId });
        });
        await expect(lost).rejects.toThrow();
      }
      expect(await unit.read((rows) => rows.one(CounterTable, { id: counterId }))).toMatchObject({
        value: 0,
      });
      await pool.end();
    });
  });

  test('F34: a decision that reads more the second time locks nothing against the order', async () => {
    const [low, high] = [newId(), newId()].sort() as [string, string];
    for (const id of [low, high]) await addCounter(id);
    const deadlocks = async (): Promise<string> =>
      (
        await rows<{ deadlocks: string }>(
          'select deadlocks from pg_stat_database where datname = current_database()',
        )
      )[0]!.deadlocks;
    const before = await deadlocks();
    const [one, another] = [separate(), separate()];
    let [tries, across]: [number, Promise<unknown>] = [0, Promise.resolve()];
    await one.unit.once(new Close({ message: http(), counterId: high }), async (tx) => {
      tries += 1;
      const counter = await load(tx, high);
      if (tries === 1) await raise(second, new Raise({ message: http(), counterId: high }));
      if (tries === 1) return tx.save(CounterTable, counter);
      // It holds the high one now; another decision about both holds the low one and waits for the high one.
      if (tries === 2) {
        across = another.unit.once(new Close({ message: http(), counterId: low }), async (other) => {
          for (const id of [low, high]) other.save(CounterTable, await load(other, id));
        });
        await eventually(() => sessions(`wait_event_type = 'Lock'`), Boolean);
      }
      for (const row of [counter, await load(tx, low)]) tx.save(CounterTable, row);
    });
    await across;
    expect(tries).toBeGreaterThan(2);
    // What a session has counted is told when it ends, at the latest.
    await Promise.all([one.pool.end(), another.pool.end()]);
    await eventually(
      () => sessions(`application_name = 'separate'`),
      (count) => count === 0,
    );
    expect(await deadlocks()).toBe(before);
  });

  test('F34: rows are locked by the names of their tables, in whatever order they were read', async () => {
    const [counterId, appliedId] = [await addCounter(), newId()];
    await owner.query('insert into applied (id, counter_id, value, version) values ($1, $2, 0, 1)', [
      appliedId,
      counterId,
    ]);
    const holder = new Client({ connectionString: database.appUrl });
    await holder.connect();
    await holder.query('begin');
    await holder.query('select from applied where id = $1 for update', [appliedId]);
    const decided = first.once(new Raise({ message: http(), counterId }), async (tx) => {
      tx.save(CounterTable, await load(tx, counterId));
      tx.save(AppliedTable, (await tx.one(AppliedTable, { id: appliedId }))!);
    });
    await eventually(() => sessions(`wait_event_type = 'Lock'`), Boolean);
    // It waits for a row of the first table: of the second it holds none yet.
    const text = 'select from counters where id = $1 for update skip locked';
    const { rowCount: free } = await owner.query(text, [counterId]);
    await holder.query('rollback');
    await holder.end();
    await decided;
    expect(free).toBe(1);
  });

  describe('repeats', () => {
    test('120 keys, each sent four times at once to two servers: one effect and one answer each, and the same later', async () => {
      const counters = await Promise.all(upTo(12).map(() => addCounter()));
      const commands = upTo(120).map((n) => new Raise({ message: http(), counterId: counters[n % 12]! }));
      const answers = await Promise.all(
        [first, second, first, second].flatMap((unit) => commands.map((command) => raise(unit, command))),
      );
      const firstAnswers = answers.slice(0, 120);
      for (const copy of [1, 2, 3]) expect(answers.slice(copy * 120, (copy + 1) * 120)).toEqual(firstAnswers);
      for (const counterId of counters) {
        const own = commands.flatMap(({ input }, index) =>
          input.counterId === counterId ? [firstAnswers[index]!.value] : [],
        );
        expect(own.sort((a, b) => a - b)).toEqual(upTo(10));
        expect(await sequencesOf(counterId)).toEqual(upTo(10));
      }
      expect(await Promise.all(commands.map((command) => raise(second, command)))).toEqual(firstAnswers);
    });

    test('the same key with another body is refused and does nothing (F59)', async () => {
      const counterId = await addCounter();
      const message = http();
      await raise(first, new Raise({ message, counterId }));
      const other = new Raise({ message, counterId, note: 'changed' });
      await expect(raise(first, other)).rejects.toMatchObject({ code: 'idempotency.key_reused' });
      await expect(raise(second, other)).rejects.toMatchObject({ code: 'idempotency.key_reused' });
      expect(await counterValue(counterId)).toBe(1);
      await expect(raise(first, new Raise({ message, counterId }))).resolves.toEqual({ value: 1 });
    });

    test('the same key of another caller, or for another command, is another message (F60)', async () => {
      const counterId = await addCounter();
      const key = newId();
      const of = (caller: string) => new Raise({ message: http(`${caller}:${key}`), counterId });
      expect(await raise(first, of('alice'))).toEqual({ value: 1 });
      expect(await raise(first, of('bob'))).toEqual({ value: 2 });
      await close(first, new Close({ message: http(`alice:${key}`), counterId }));
      expect(await raise(first, of('alice'))).toEqual({ value: 1 });
    });

    test('an answer of null, and none at all, come back as they were', async () => {
      const nothing = new Raise({ message: http(), counterId: newId() });
      const none = new Raise({ message: http(), counterId: newId() });
      for (const _ of [1, 2]) {
        expect(await first.once(nothing, async () => null)).toBeNull();
        expect(await first.once(none, async () => undefined)).toBeUndefined();
      }
    });

    test('a repeat gets the first answer to the byte', async () => {
      const command = new Raise({ message: http(), counterId: newId() });
      const answer = { z: '0.10', a: [1e21, '\u0000'], nested: { b: null, a: 'x' } };
      const texts = [];
      for (const _ of [1, 2]) texts.push(JSON.stringify(await first.once(command, async () => answer)));
      expect(texts).toEqual([JSON.stringify(answer), JSON.stringify(answer)]);
    });

    test('a refusal is an answer: it is repeated although the state has changed since', async () => {
      const counterId = await addCounter();
      await close(first, new Close({ message: http(), counterId }));
      const late = new Close({ message: http(), counterId });
      await expect(close(first, late)).rejects.toMatchObject({
        code: 'counter.closed',
        details: { value: 0 },
      });
      await owner.query('update counters set closed = false, version = version + 1 where id = $1', [
        counterId,
      ]);
      await expect(close(second, late)).rejects.toMatchObject({
        code: 'counter.closed',
        details: { value: 0 },
      });
      await expect(close(first, new Close({ message: http(), counterId }))).resolves.toEqual({ closedAt: 0 });
    });

    test('a refusal that is returned is committed with what was written, and repeated', async () => {
      const counterId = await addCounter();
      const command = new Raise({ message: http(), counterId });
      const count = (unit: UnitOfWork) =>
        unit.once(command, async (tx) => {
          const counter = await load(tx, counterId);
          tx.save(CounterTable, { ...counter, value: counter.value + 1 });
          return new Rejection('counter.closed', { value: counter.value + 1 });
        });
      const refused = { code: 'counter.closed', details: { value: 1 } };
      for (const unit of [first, second, first]) await expect(count(unit)).rejects.toMatchObject(refused);
      const { rows } = await owner.query('select value from counters where id = $1', [counterId]);
      expect(rows).toEqual([{ value: 1 }]);
    });

    test('a refusal of an event is not stored: its message is parked and decided again', async () => {
      const counterId = await addCounter();
      await close(first, new Close({ message: http(), counterId }));
      const late = new Close({ message: { source: 'event', id: newId() }, counterId });
      await expect(close(first, late)).rejects.toBeInstanceOf(Rejection);
      await owner.query('update counters set closed = false, version = version + 1 where id = $1', [
        counterId,
      ]);
      await expect(close(first, late)).resolves.toEqual({ closedAt: 0 });
    });

    test('a defect is not stored either', async () => {
      const counterId = await addCounter();
      const command = new Raise({ message: http(), counterId });
      const broken = first.once(command, async () => {
        throw new TypeError('a defect');
      });
      await expect(broken).rejects.toThrow('a defect');
      await expect(raise(first, command)).resolves.toEqual({ value: 1 });
    });
  });

  describe('an unknown thing', () => {
    test('a command waits for the fact and goes on as soon as it is there', async () => {
      const counterId = newId();
      const waiting = raise(second, new Raise({ message: http(), counterId }));
      await pause(20);
      const fact = new Raise({ message: { source: 'event', id: newId() }, counterId });
      await second.once(fact, async (tx) => {
        tx.insert(CounterTable, { id: counterId, agreementId, value: 6, closed: false });
      });
      await expect(waiting).resolves.toEqual({ value: 7 });
    });

    test('a fact that another server recorded is found too', async () => {
      const counterId = newId();
      const waiting = raise(second, new Raise({ message: http(), counterId }));
      await pause(20);
      await addCounter(counterId);
      await expect(waiting).resolves.toEqual({ value: 1 });
    });

    test('"not yet" is no answer: the same key works once the fact is there, and an event does not wait', async () => {
      const counterId = newId();
      const command = new Raise({ message: http(), counterId });
      const startedAt = performance.now();
      await expect(raise(first, command)).rejects.toBeInstanceOf(NotYet);
      expect(performance.now() - startedAt).toBeGreaterThanOrEqual(390);
      const event = new Raise({ message: { source: 'event', id: newId() }, counterId });
      let tries = 0;
      const tried = first.once(event, async () => {
        tries += 1;
        throw new NotYet('counter.unknown');
      });
      await expect(tried).rejects.toBeInstanceOf(NotYet);
      expect(tries).toBe(1);
      await addCounter(counterId);
      await expect(raise(first, command)).resolves.toEqual({ value: 1 });
    });
  });

  describe('many at once', () => {
    test('of 40 keys on one row exactly one decides, the others meet the new state (F56)', async () => {
      const counterId = await addCounter();
      const results = await Promise.allSettled(
        upTo(40).map((n) => close(n % 2 ? first : second, new Close({ message: http(), counterId }))),
      );
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
      expect(refused.map((reason) => reason.code)).toEqual(Array(39).fill('counter.closed'));
    });

    test('150 keys raise one row on two servers: none is lost, none gives up, sequences have no gap', async () => {
      const counterId = await addCounter();
      const answers = await Promise.all(
        upTo(150).map((n) => raise(n % 2 ? first : second, new Raise({ message: http(), counterId }))),
      );
      expect(answers.map(({ value }) => value).sort((a, b) => a - b)).toEqual(upTo(150));
      expect(await sequencesOf(counterId)).toEqual(upTo(150));
    });

    test('money for 77 of 200: exactly 77 are paid and the rest of the money stays (F57)', async () => {
      const account = newId();
      await fund(`E.escrow.milestone:${account}`, 77n * 100n + 99n);
      const pay = new Array(200).fill(0).map(
        () =>
          new Move({
            message: http(),
            from: `E.escrow.milestone:${account}`,
            to: 'E.revenue',
            amountMinor: 100n,
          }),
      );
      const results = await Promise.allSettled(
        pay.map((command, n) => move(n % 2 ? first : second, command)),
      );
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(77);
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'money.insufficient' });
      }
      expect(await readBalance(database.pool, 'E.escrow.milestone', account)).toBe(99n);
      const again = await Promise.allSettled(pay.map((command) => move(second, command)));
      expect(again.map(({ status }) => status)).toEqual(results.map(({ status }) => status));
    });

    test('transfers across each other, and rows changed in opposite order, do not deadlock (F34)', async () => {
      const [a, b] = [newId(), newId()];
      await Promise.all([a, b].map((id) => fund(`E.escrow.milestone:${id}`, 10_000n)));
      const counters = await Promise.all([addCounter(), addCounter()]);
      const across = (n: number) => {
        const [from, to] = n % 2 ? [a, b] : [b, a];
        const unit = n % 3 ? first : second;
        const command = new Move({
          message: http(),
          from: `E.escrow.milestone:${from}`,
          to: `E.escrow.milestone:${to}`,
          amountMinor: 7n,
        });
        return unit.once(command, async (tx) => {
          const order = n % 2 ? counters : [...counters].reverse();
          for (const id of order) {
            const counter = await load(tx, id);
            tx.save(CounterTable, { ...counter, value: counter.value + 1 });
            tx.publish(events, [
              counterRaised(service, { agreementId, counterId: id, value: counter.value + 1 }),
            ]);
          }
          tx.post(
            journal({
              kind: 'move',
              causeId: command.input.message.id,
              lines: [debit(command.input.from, 7n), credit(command.input.to, 7n)],
            }),
          );
        });
      };
      await Promise.all(upTo(100).map(across));
      expect(await Promise.all(counters.map(counterValue))).toEqual([100, 100]);
      const balances = await Promise.all(
        [a, b].map((id) => readBalance(database.pool, 'E.escrow.milestone', id)),
      );
      expect(balances).toEqual([10_000n, 10_000n]);
    });

    test('a row that was only peeked at may change: the decision stands and is made once', async () => {
      const counterId = await addCounter();
      let tries = 0;
      const answer = await first.once(new Raise({ message: http(), counterId }), async (tx) => {
        tries += 1;
        const counter = await tx.peek(CounterTable, { id: counterId });
        await raise(second, new Raise({ message: http(), counterId }));
        return counter!.value;
      });
      expect([answer, tries, await counterValue(counterId)]).toEqual([0, 1, 1]);
    });

    test('those who only read a row do not wait for each other', async () => {
      const counterId = await addCounter();
      let inside = 0;
      let together: () => void = () => undefined;
      const both = new Promise<void>((resolve) => {
        together = resolve;
      });
      const read = () =>
        first.once(new Raise({ message: http(), counterId }), async (tx) => {
          const { value } = await load(tx, counterId);
          tx.insert(CounterTable, { id: newId(), agreementId, value, closed: false });
          return value;
        });
      // The second may commit while the first holds its lock on the row that both have read.
      const holder = new Client({ connectionString: database.appUrl });
      await holder.connect();
      await holder.query('begin');
      await holder.query('select 1 from counters where id = $1 for share', [counterId]);
      const results = [read(), read()].map((reading) =>
        reading.then(() => {
          inside += 1;
          if (inside === 2) together();
        }),
      );
      const outcome = await Promise.race([
        both.then(() => 'together'),
        pause(30_000, 'one waits', { ref: false }),
      ]);
      await holder.query('rollback');
      await holder.end();
      await Promise.all(results);
      expect(outcome).toBe('together');
    });
  });

  describe('a session that ends', () => {
    const terminateOpen = async (): Promise<void> => {
      const { rowCount } = await database.superuserQuery(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and state = 'idle in transaction'`,
      );
      expect(rowCount).toBe(1);
    };

    test('pg_terminate_backend in the middle: tried again, one effect, one answer (F36)', async () => {
      const counterId = await addCounter();
      let tries = 0;
      const command = new Raise({ message: http(), counterId });
      const answer = await first.once(command, async (tx) => {
        tries += 1;
        const counter = await load(tx, counterId);
        if (tries === 1) await terminateOpen();
        // Meanwhile the session is known to be gone, although nothing is asked of it.
        if (tries === 1) await pause(50);
        tx.save(CounterTable, { ...counter, value: counter.value + 1 });
        return { value: counter.value + 1 };
      });
      expect([answer, tries, await counterValue(counterId)]).toEqual([{ value: 1 }, 2, 1]);
      expect(await raise(second, command)).toEqual({ value: 1 });
    });

    test('an event is not tried again here: its consumer waits for the database', async () => {
      const counterId = await addCounter();
      const command = new Raise({ message: { source: 'event', id: newId() }, counterId });
      const applied = first.once(command, async (tx) => {
        await load(tx, counterId);
        await terminateOpen();
        await load(tx, counterId);
      });
      await expect(applied.catch(isDatabaseAway)).resolves.toBe(true);
    });

    test.each([
      ['before', 1],
      ['after', 1],
    ])('an answer of COMMIT lost %s it took effect: one effect, one answer', async (when, effects) => {
      const counterId = await addCounter();
      const pool = losingOneCommit(database.pool, when as 'before' | 'after');
      const unit = create({ pool, orm: database.orm, clock: database.clock });
      const command = new Raise({ message: http(), counterId });
      expect(await raise(unit, command)).toEqual({ value: 1 });
      expect(await counterValue(counterId)).toBe(effects);
      expect(await sequencesOf(counterId)).toEqual([1]);
    });
  });

  describe('what is published', () => {
    test('the outbox row has the columns of the Debezium event router and ours', async () => {
      const counterId = await addCounter();
      const before = new Date(Date.now() - 1);
      const message = http();
      await raise(first, new Raise({ message, counterId }));
      const [row] = await rows<Record<string, unknown> & { headers: Record<string, unknown> }>(
        `select * from outbox where headers->>'subject' = $1`,
        [counterId],
      );
      const { id, occurred_at: occurredAt, headers, seq: _, ...columns } = row!;
      expect(columns).toEqual({
        aggregatetype: service,
        aggregateid: agreementId,
        type: 'tally.counter.raised.v1',
        payload: { agreementId, counterId, value: 1 },
        partition: partitionOf(agreementId),
      });
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
      expect(headers).toEqual({
        subject: counterId,
        source: '/holdfast/tally',
        sequence: 1,
        time: (occurredAt as Date).toISOString(),
        causationId: message.id,
        correlationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      });
      expect((occurredAt as Date).getTime()).toBeGreaterThanOrEqual(before.getTime());
    });

    test('a timer is dated at its due instant; it and later acts go on with the first correlation (M-21)', async () => {
      const counterId = await addCounter();
      await raise(first, new Raise({ message: http(), counterId }));
      const dueAt = new Date('2026-01-02T03:04:05.678Z');
      await raise(first, new Raise({ message: { source: 'timer', id: newId(), datedAt: dueAt }, counterId }));
      const causality = { causationId: newId(), correlationId: newId() };
      await runCausedBy(causality, () => raise(first, new Raise({ message: http(), counterId })));
      const dated = await rows<{ time: string; correlation: string; late: boolean }>(
        `select headers->>'time' as time, headers->>'correlationId' as correlation,
            occurred_at > now() - interval '1 minute' as late
          from outbox where headers->>'subject' = $1 order by seq`,
        [counterId],
      );
      expect(dated[1]).toMatchObject({ time: dueAt.toISOString(), late: true });
      expect(dated.map(({ correlation }) => correlation)).toEqual(dated.map(() => dated[0]!.correlation));
      // What the answer of the act then says.
      expect(causality.correlationId).toBe(dated[0]!.correlation);
    });

    test.each([
      ['that is larger than the limit (F26)', 'x'.repeat(300 * 1024), RangeError],
      ['that is larger in bytes only', '€'.repeat(100 * 1024), RangeError],
      ['that its schema refuses', 7, /ZodError|invalid/i],
    ])('an event %s is refused before the outbox, with everything else', async (_, counterName, expected) => {
      const counterId = await addCounter();
      const loose = looseEvents();
      const command = new Raise({ message: http(), counterId });
      const tried = first.once(command, async (tx) => {
        const counter = await load(tx, counterId);
        tx.save(CounterTable, { ...counter, value: 5 });
        tx.publish(loose, [
          { type: 'tally.counter.named', agreementId, counterId, name: counterName } as never,
        ]);
      });
      await expect(tried).rejects.toThrow(expected as RegExp);
      expect(await counterValue(counterId)).toBe(0);
      expect(await sequencesOf(counterId)).toEqual([]);
      await expect(raise(first, command)).resolves.toEqual({ value: 1 });
    });

    test('what follows from it is decided in the same transaction, and is gone with it', async () => {
      const [counterId, followerId] = [await addCounter(), await addCounter()];
      const { pool, orm, clock } = database;
      const following = create({
        ...{ pool, orm, clock },
        async follows(tx, published) {
          const counter = await load(tx, followerId);
          tx.save(CounterTable, { ...counter, value: counter.value + published.length });
          if (published.some(({ value }) => value === 2)) throw new Rejection('follower.refuses');
        },
      });
      expect(await raise(following, new Raise({ message: http(), counterId }))).toEqual({ value: 1 });
      const refused = raise(following, new Raise({ message: http(), counterId }));
      await expect(refused).rejects.toMatchObject({ code: 'follower.refuses' });
      expect([await counterValue(counterId), await counterValue(followerId)]).toEqual([1, 1]);
      expect(await sequencesOf(counterId)).toEqual([1]);
    });

    test('a work that was rolled back leaves no gap in the sequence', async () => {
      const counterId = await addCounter();
      await raise(first, new Raise({ message: http(), counterId }));
      const failed = first.once(new Raise({ message: http(), counterId }), async (tx) => {
        tx.publish(events, [counterRaised(service, { agreementId, counterId, value: 2 })]);
        tx.post(
          journal({
            kind: 'x',
            causeId: 'x',
            lines: [debit(`E.escrow.milestone:${counterId}`, 1n), credit('E.revenue', 1n)],
          }),
        );
      });
      await expect(failed).rejects.toMatchObject({ code: 'money.insufficient' });
      await raise(first, new Raise({ message: http(), counterId }));
      expect(await sequencesOf(counterId)).toEqual([1, 2]);
    });
  });

  test('books: balances equal entries, and PostgreSQL has counted no deadlock', async () => {
    expect(await checkLedger(database.pool)).toEqual([]);
    await secondPool.end();
    secondPool = createPool(database.appUrl);
    expect(await deadlocks()).toBe(0);
    await deadlockOnPurpose();
    expect(await deadlocks()).toBe(1);
  });

  /** A session's counts are certain to be in the view once it has ended or has asked for them. */
  async function deadlocks(): Promise<number> {
    const sessions = await Promise.all(upTo(12).map(() => database.pool.connect()));
    await Promise.all(sessions.map((session) => session.query('select pg_stat_force_next_flush()')));
    for (const session of sessions) session.release();
    const [row] = await rows<{ deadlocks: string }>(
      'select deadlocks from pg_stat_database where datname = current_database()',
    );
    return Number(row!.deadlocks);
  }

  /** The proof that the count above would have shown one. */
  async function deadlockOnPurpose(): Promise<void> {
    const [a, b] = await Promise.all([addCounter(), addCounter()]);
    const sessions = await Promise.all([database.pool.connect(), database.pool.connect()]);
    const lock = (session: PoolClient, id: string) =>
      session.query('select from counters where id = $1 for update', [id]);
    for (const session of sessions) await session.query('begin');
    await Promise.all([lock(sessions[0]!, a), lock(sessions[1]!, b)]);
    const results = await Promise.allSettled([lock(sessions[0]!, b), lock(sessions[1]!, a)]);
    for (const session of sessions) await session.query('rollback');
    for (const session of sessions) session.release();
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  }
});

/** A catalogue with unbounded text, which no service has, to exceed the limit of the outbox. */
function looseEvents() {
  const named = { ...events.events['tally.counter.raised']!, data: looseData() };
  return { ...events, events: { 'tally.counter.named': named } } as never;
}

function looseData() {
  const { data } = events.events['tally.counter.raised']!;
  return data.omit({ value: true }).extend({ name: z.string() });
}

/** A pool whose first COMMIT loses its session, before or after the database has heard of it. */
function losingOneCommit(pool: Pool, when: 'before' | 'after'): Pool {
  let left = 1;
  const lossy = (client: PoolClient): PoolClient =>
    new Proxy(client, {
      get(target, name) {
        const member = Reflect.get(target, name) as unknown;
        if (name !== 'query' || typeof member !== 'function') {
          return typeof member === 'function' ? member.bind(target) : member;
        }
        return async (...query: unknown[]) => {
          const loses = query[0] === 'commit' && left-- > 0;
          if (!loses || when === 'after') {
            const result = await member.apply(target, query);
            if (!loses) return result;
          }
          throw new Error('Connection terminated unexpectedly');
        };
      },
    });
  return new Proxy(pool, {
    get(target, name) {
      if (name === 'connect') return async () => lossy(await target.connect());
      const member = Reflect.get(target, name) as unknown;
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}
