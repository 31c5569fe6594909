import { NotYet, Rejection } from '@holdfast/domain';
import { type Envelope, headersOf, type Message } from '@holdfast/events';
import {
  AppliedTable,
  type CounterRaised,
  Counting,
  type CountingEvents,
  complete,
  countingEvents,
  eventually,
  medianMs,
} from '@holdfast/testing';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ArgumentsHost, Catch, Controller, type ExceptionFilter, Module } from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { Admin } from 'kafkajs';
import { throwError } from 'rxjs';
import { EventConsumer } from './consumer.ts';
import { newId } from './ids.ts';
import { createKafka, ensureTopics } from './kafka-client.ts';
import { EventTransport } from './nest-transport.ts';
import type { ParkedRow } from './parking.ts';
import { partitionOf } from './partitions.ts';
import { Publisher } from './publisher.ts';
import { topicEnds } from './topic-ends.ts';
import type { MessageRef } from './unit-of-work.ts';

type Raised = Message<CountingEvents> & { event: CounterRaised };
type Handle = (message: Raised) => Promise<void>;

class Apply {
  constructor(readonly input: { message: MessageRef; value: number }) {}
}

/** As the filter of the services does: Nest would hide the error from the transport. */
@Catch()
class PassOn implements ExceptionFilter {
  catch(error: unknown, _: ArgumentsHost) {
    return throwError(() => error);
  }
}

let counting: Counting;
let publisher: Publisher;
let admin: Admin;
let handle: Handle;
let handled: Raised[];
let errors: string[];
let close: () => Promise<void>;
let transport: EventTransport;

beforeEach(async () => {
  counting = await Counting.create(0);
  const kafka = createKafka({ brokers: counting.options.brokers, clientId: 'consumer-test' });
  publisher = new Publisher(kafka);
  admin = kafka.admin();
  await admin.connect();
  handle = apply;
  [handled, errors] = [[], []];
  close = async () => undefined;
});

afterEach(async () => {
  await close();
  await publisher.close();
  await admin.disconnect();
  await counting.close();
});

const apply: Handle = ({ id, event }) =>
  counting.database.unitOfWork.once(
    new Apply({ message: { source: 'event', id }, value: event.value }),
    async (tx) => {
      tx.insert(AppliedTable, { id, counterId: event.counterId, value: event.value });
    },
  );

/** A Nest microservice with one `@EventPattern` for each topic. */
async function listen(...topics: CountingEvents[]): Promise<void> {
  const catalogues = [counting.events, ...topics];
  const controllers = catalogues.map(({ topic }) => {
    @Controller()
    class Listener {
      @EventPattern(topic)
      async on(@Payload() message: unknown): Promise<void> {
        handled.push(message as Raised);
        await handle(message as Raised);
      }
    }
    return Listener;
  });
  @Module({ controllers, providers: [{ provide: APP_FILTER, useClass: PassOn }] })
  class Root {}
  transport = new EventTransport({
    kafka: createKafka({ brokers: counting.options.brokers, clientId: counting.service }),
    pool: counting.database.pool,
    group: counting.service,
    catalogues,
    onError: (error, what) => errors.push(error ? `${what}: ${error}` : what),
  });
  const app = await NestFactory.createMicroservice(Root, { strategy: transport, logger: false });
  await app.listen();
  close = () => app.close();
}

interface Outgoing {
  key: string;
  id?: string;
  counterId?: string;
  value?: number;
  /** Instead of what is right. */
  raw?: { key?: string | null; value?: string | null; headers?: Record<string, string> };
  topic?: CountingEvents;
}

async function produce(...messages: Outgoing[]): Promise<void> {
  for (const { key, id = newId(), counterId = key, value = 1, raw, topic = counting.events } of messages) {
    const envelope: Envelope = {
      id,
      source: `/holdfast/${topic.service}`,
      subject: counterId,
      occurredAt: new Date(),
      sequence: value,
      causationId: 'test',
      correlationId: 'test',
    };
    const headers = headersOf(`${topic.service}.counter.raised.v1`, envelope);
    const record = {
      key,
      value: JSON.stringify({ agreementId: key, counterId, value }),
      partition: partitionOf(key),
    };
    await publisher.send(topic.topic, [
      { ...record, ...raw, headers: { ...headers, ...raw?.headers } } as Parameters<Publisher['send']>[1][0],
    ]);
  }
}

const appliedOf = async (counterId: string): Promise<number[]> => {
  const { rows } = await counting.database.pool.query(
    'select value from applied where counter_id = $1 order by place',
    [counterId],
  );
  return rows.map(({ value }) => value);
};

const parked = (): Promise<ParkedRow[]> => transport.consumer!.parked.list();

async function lag(topic = counting.events.topic): Promise<number> {
  const ends = await topicEnds(admin, topic);
  const [committed] = await admin.fetchOffsets({ groupId: counting.service, topics: [topic] });
  const offsetOf = (partition: number): number =>
    Math.max(0, Number(committed?.partitions.find((one) => one.partition === partition)?.offset ?? 0));
  return ends.reduce((sum, { partition, high }) => sum + Number(high) - offsetOf(partition), 0);
}

const noLag = () =>
  eventually(
    () => lag(),
    (records) => records === 0,
  );

describe('a poison message (F24)', () => {
  const poisons: Record<string, NonNullable<Outgoing['raw']>> = {
    'bad JSON': { value: '{"agreementId": ' },
    'no value': { value: null },
    'data that fits no schema': { value: '{"value": 0}' },
    'an unknown type': { headers: { ce_type: 'counting.nobody.knows.v1' } },
    'another version': { headers: { ce_type: 'version' } },
    'a missing id': { headers: { ce_id: '' } },
    'NUL in a header': { headers: { ce_subject: 'a\u0000b', 'x\u0000y': '\u0000', ce_time: 'no time' } },
    'a long id': { headers: { ce_id: 'x'.repeat(100_000) } },
  };

  test('is parked with its bytes, its key lines up behind, other keys flow, nothing is left unread', async () => {
    await listen();
    const cases = Object.entries(poisons).map(([name, raw]) => {
      const headers: Record<string, string> = { ...raw.headers };
      if (headers.ce_type === 'version') headers.ce_type = `${counting.service}.counter.raised.v2`;
      return { name, key: newId(), raw: { ...raw, headers } };
    });
    const sane = newId();
    for (const { key, raw } of cases) {
      await produce(
        { key, value: 1 },
        { key, value: 2, raw },
        { key, value: 3 },
        { key: sane },
        { key, value: 4 },
      );
    }
    await noLag();
    expect(await appliedOf(sane)).toHaveLength(cases.length);
    const rows = await parked();
    for (const { name, key, raw } of cases) {
      const [poison, ...behind] = rows.filter((row) => row.message_key === key);
      const value = raw.value === undefined ? expect.any(String) : raw.value;
      expect({ name, kind: poison!.kind, value: poison!.value?.toString() ?? null }).toEqual({
        name,
        kind: 'failed',
        value,
      });
      expect(poison!.cause).toMatch(/^UnreadableMessage: /);
      expect(behind.map(({ kind }) => kind)).toEqual(['waiting', 'waiting']);
      expect(await appliedOf(key)).toEqual([1]);
    }
    expect(await transport.consumer!.parked.counts()).toEqual({
      failed: cases.length,
      waiting: cases.length * 2,
    });
  });

  test('a key that PostgreSQL cannot store stops nothing', async () => {
    await listen();
    const key = newId();
    await produce(
      { key, raw: { key: `${key}\u0000`, value: 'no JSON' } },
      { key: newId(), raw: { key: null } },
    );
    await produce({ key, raw: { key: 'x'.repeat(10_000), value: 'no JSON' } }, { key });
    await noLag();
    expect(await appliedOf(key)).toEqual([]);
    expect((await parked()).map((row) => row.message_key)).toEqual([key, 'x'.repeat(200), key]);
  });

  test('without a key: each for itself, later ones without a key are tried', async () => {
    await listen();
    const key = newId();
    await produce(
      { key, raw: { key: null, value: 'no JSON' } },
      { key, value: 2, raw: { key: null } },
      { key, value: 3, raw: { key: null } },
    );
    await noLag();
    expect(await appliedOf(key)).toEqual([2, 3]);
    expect(await parked()).toHaveLength(1);
  });
});

describe('a handler that fails', () => {
  test.each([
    ['throws an error', new Error('sick'), 'Error: sick', 3],
    ['throws nothing at all (F14)', undefined, 'undefined', 3],
    ['has a cause that PostgreSQL cannot store', new Error('a\u0000\n\tb'), 'Error: a b', 3],
    ['refuses, which nobody hears', new Rejection('counter.closed'), 'Rejection: counter.closed', 1],
  ])('for one aggregate: %s, and the message is never lost (F25)', async (_, error, cause, tries) => {
    await listen();
    const [sick, well] = [newId(), newId()];
    handle = async (message) => {
      if (message.event.counterId === sick) throw error;
      await apply(message);
    };
    for (const value of [1, 2, 3]) await produce({ key: sick, value }, { key: well, value });
    await noLag();
    expect(await appliedOf(well)).toEqual([1, 2, 3]);
    const rows = await parked();
    expect(rows.map(({ kind, cause: told }) => [kind, told])).toEqual([
      ['failed', cause],
      ['waiting', 'behind an earlier message of its key'],
      ['waiting', 'behind an earlier message of its key'],
    ]);
    expect(handled.filter(({ event }) => event.counterId === sick)).toHaveLength(tries);
  });

  test('a handler that recovers within its tries in place parks nothing', async () => {
    await listen();
    const key = newId();
    let failures = 2;
    handle = async (message) => {
      if (failures-- > 0) throw new Error('a hiccup');
      await apply(message);
    };
    await produce({ key, value: 1 }, { key, value: 2 });
    await noLag();
    expect([await appliedOf(key), await parked()]).toEqual([[1, 2], []]);
  });
});

describe('a redrive by an operator', () => {
  const redrives = async () =>
    (await counting.database.pool.query('select * from redrives order by redriven_at')).rows as Record<
      string,
      unknown
    >[];

  test('a dry run changes nothing; while sick nothing; healed, all in order, with a record of each', async () => {
    await listen();
    const [key, other] = [newId(), newId()];
    let sick = true;
    handle = async (message) => {
      if (sick) throw new Error('sick');
      await apply(message);
    };
    for (const value of [1, 2, 3]) await produce({ key, value });
    await noLag(); // The other key may have another partition, which is read when it likes.
    await produce({ key: other, value: 1 });
    await noLag();
    const { redriver } = transport.consumer!;
    const request = { topic: counting.events.topic, key, by: 'olga', reason: 'fixed' };
    const before = await parked();
    expect(await redriver.redrive({ ...request, dryRun: true })).toEqual({ applied: 0, leftOver: 3 });
    expect([await parked(), await redrives()]).toEqual([before, []]);

    expect(await redriver.redrive({ ...request, dryRun: false })).toEqual({ applied: 0, leftOver: 3 });
    expect((await parked()).map(({ kind, attempts }) => [kind, attempts])).toEqual([
      ['failed', 1],
      ['waiting', 0],
      ['waiting', 0],
      ['failed', 0],
    ]);
    sick = false;
    expect(await redriver.redrive({ ...request, dryRun: false })).toEqual({ applied: 3, leftOver: 0 });
    expect(await appliedOf(key)).toEqual([1, 2, 3]);
    expect((await parked()).map((row) => row.message_key)).toEqual([other]);
    const told = { message_key: key, redriven_by: 'olga', reason: 'fixed', topic: counting.events.topic };
    expect(await redrives()).toEqual([
      expect.objectContaining({ ...told, applied: 0, left_over: 3 }),
      expect.objectContaining({ ...told, applied: 3, left_over: 0 }),
    ]);
    await produce({ key, value: 4 });
    await eventually(async () => (await appliedOf(key)).length === 4);
  });

  test('while the database is away it fails aloud, and works again afterwards', async () => {
    await listen();
    const key = newId();
    const away = Object.assign(new Error('terminated'), { code: '57P01' });
    let mood: 'sick' | 'away' | 'well' = 'sick';
    handle = async (message) => {
      if (mood === 'sick') throw new Error('sick');
      if (mood === 'away') throw away;
      await apply(message);
    };
    await produce({ key });
    await noLag();
    const request = { topic: counting.events.topic, key, by: 'olga', reason: 'r', dryRun: false };
    mood = 'away';
    await expect(transport.consumer!.redriver.redrive(request)).rejects.toBe(away);
    mood = 'well';
    expect(await transport.consumer!.redriver.redrive(request)).toEqual({ applied: 1, leftOver: 0 });
  });
});

describe('a message that waits for a fact', () => {
  test('is parked as waiting and applied in order as soon as a fact of its key is applied', async () => {
    const other = countingEvents(`${counting.service}b`);
    await ensureTopics(createKafka({ brokers: counting.options.brokers, clientId: 'test' }), [other.topic]);
    await listen(other);
    const known = new Set<string>();
    handle = async (message) => {
      if (message.event.type.startsWith(other.service)) known.add(message.key);
      else if (!known.has(message.key)) throw new NotYet('counter.unknown');
      await apply(message);
    };
    const waiting = Array.from({ length: 5 }, () => newId());
    for (const key of waiting) await produce({ key, value: 1 }, { key, value: 2 });
    await noLag();
    expect(new Set((await parked()).map(({ kind }) => kind))).toEqual(new Set(['waiting']));
    expect((await parked())[0]!.cause).toBe('NotYet: counter.unknown');
    const ms = await medianMs(waiting.length, async (index) => {
      const key = waiting[index]!;
      await produce({ key, counterId: newId(), topic: other });
      await eventually(async () => (await appliedOf(key)).length === 2);
      expect(await appliedOf(key)).toEqual([1, 2]);
    });
    // By the ticks alone each would have taken a second or two.
    expect(ms).toBeLessThan(600);
    await eventually(parked, ({ length }) => length === 0);
  });

  test('is tried every few seconds too, since what it waits for may be no fact of its key', async () => {
    await listen();
    const key = newId();
    let known = false;
    handle = async (message) => {
      if (!known) throw new NotYet('counter.unknown');
      await apply(message);
    };
    await produce({ key });
    await noLag();
    known = true;
    await eventually(async () => (await appliedOf(key)).length === 1);
  });
});

describe('what comes again', () => {
  test('a replay from the beginning changes nothing, and parks nothing that was applied (F21)', async () => {
    await listen();
    const sick = newId();
    const well = Array.from({ length: 10 }, () => newId());
    handle = async (message) => {
      if (message.event.counterId === sick && message.event.value > 3) throw new Error('sick');
      await apply(message);
    };
    for (const value of [1, 2, 3, 4, 5])
      await produce({ key: sick, value }, ...well.map((key) => ({ key, value })));
    await noLag();
    const state = async () => [
      (await counting.database.pool.query('select * from applied order by place')).rows,
      (await counting.database.pool.query('select * from inbox order by message_id')).rows,
      (await counting.database.pool.query('select * from parked_messages order by id')).rows,
    ];
    const before = await state();
    expect(before.map((rows) => rows.length)).toEqual([53, 53, 2]);
    await close();
    await admin.deleteGroups([counting.service]);
    expect(await lag()).toBe(55);
    handled = [];
    await listen();
    await noLag();
    // All but the two that are parked were told to the handler again.
    expect(handled).toHaveLength(53);
    expect(await state()).toEqual(before);
  });

  test('after a stop and a start nothing comes again: the offsets were committed', async () => {
    await listen();
    const key = newId();
    for (const value of [1, 2, 3]) await produce({ key, value });
    await eventually(async () => (await appliedOf(key)).length === 3);
    await close();
    expect(await lag()).toBe(0);
    await listen();
    await produce({ key, value: 4 });
    await eventually(async () => (await appliedOf(key)).length === 4);
    expect(handled).toHaveLength(4);
  });
});

describe('under load', () => {
  test('a second consumer joins and leaves: no double effect, no stall, order kept (F23)', async () => {
    for (let n = 0; n < 20; n += 1) await counting.addCounter();
    await counting.relay();
    await counting.consumer();
    const writer = await counting.writer(20_000, { workers: 2 });
    for (const _ of [1, 2, 3]) {
      const second = await counting.consumer();
      const { applied } = await counting.delivery();
      await eventually(async () => (await counting.delivery()).applied > applied + 100);
      await second.stop();
    }
    await writer.stop();
    const { written } = await counting.delivery();
    expect(await counting.delivered()).toEqual(complete(written));
  }, 60_000);

  test('sessions of the database end again and again: nothing is parked, nothing lost', async () => {
    for (let n = 0; n < 20; n += 1) await counting.addCounter();
    await counting.relay();
    await counting.consumer();
    const writer = await counting.writer(20_000, { workers: 2 });
    for (const _ of [1, 2, 3, 4, 5]) {
      const { applied } = await counting.delivery();
      await eventually(async () => (await counting.delivery()).applied > applied + 30);
      await counting.endSessions();
    }
    await writer.stop();
    const { written } = await counting.delivery();
    expect(await counting.delivered()).toEqual(complete(written));
  }, 60_000);
});

test('a consumer that kafkajs gives up is made anew, and nothing is lost (F16)', async () => {
  const kafka = createKafka({ brokers: counting.options.brokers, clientId: 'given-up' });
  const crashes: ((event: { payload: { error: Error; restart: boolean } }) => void)[] = [];
  const create = kafka.consumer.bind(kafka);
  kafka.consumer = (options) => {
    const consumer = create(options);
    const on = consumer.on as (name: string, listener: never) => () => void;
    const listening = (name: string, listener: never) => {
      if (name === consumer.events.CRASH) crashes.push(listener);
      return on(name, listener);
    };
    return Object.assign(consumer, { on: listening });
  };
  const heard: string[] = [];
  const handler = async ({ id }: { id: string }) => void heard.push(id);
  const subscriptions = new Map([[counting.events.topic, { catalogue: counting.events, handler }]]);
  const group = `given-up-${counting.service}`;
  const consumer = new EventConsumer({ kafka, pool: counting.database.pool, group, subscriptions });
  await consumer.start();
  try {
    await eventually(() => consumer.healthy);
    crashes[0]!({ payload: { error: new Error('Failed to find group coordinator'), restart: false } });
    await eventually(() => crashes.length === 2);
    const before = heard.length;
    await counting.addCounter();
    await counting.relay();
    await counting.write(1);
    await eventually(() => heard.length > before);
  } finally {
    await consumer.stop();
  }
}, 60_000);

test('is healthy once it has fetched, not before', async () => {
  await listen();
  await eventually(() => transport.consumer!.healthy);
  const kafka = createKafka({ brokers: counting.options.brokers, clientId: 'idle' });
  const idle = new EventConsumer({
    kafka,
    pool: counting.database.pool,
    group: 'idle',
    subscriptions: new Map(),
  });
  expect(idle.healthy).toBe(false);
});
