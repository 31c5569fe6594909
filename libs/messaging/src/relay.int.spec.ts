import { connect } from 'node:net';
import { Counting, complete, eventually, medianMs, raise, testEnvironment } from '@holdfast/testing';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type ISocketFactory, Kafka, type KafkaConfig, logLevel, Partitioners } from 'kafkajs';
import { Client } from 'pg';
import { newId } from './ids.ts';
import { createKafka } from './kafka-client.ts';
import { partitionOf } from './partitions.ts';
import { type OutgoingRecord, Publisher } from './publisher.ts';

let counting: Counting;

beforeEach(async () => {
  counting = await Counting.create();
});

afterEach(() => counting?.close());

const outboxEmpty = () => eventually(async () => (await counting.delivery()).outbox === 0);
const facts = async () => (await counting.readTopic()).filter(({ key }) => key !== undefined);

describe('what the relay publishes', () => {
  test('is on the topic as CloudEvents, once, in the partition of its key, and gone from the outbox', async () => {
    await counting.relay();
    const counterId = await counting.addCounter();
    await counting.write(3, { counterIds: [counterId], workers: 1 });
    await outboxEmpty();
    const records = await facts();
    expect(records.map(({ headers }) => headers.ce_sequence)).toEqual(['1', '2', '3']);
    const { key, value, partition, headers } = records[0]!;
    expect(JSON.parse(value)).toEqual({ agreementId: key, counterId, value: 1 });
    expect(partition).toBe(partitionOf(key!));
    const type = `${counting.service}.counter.raised.v1`;
    expect(headers).toEqual({
      ce_specversion: '1.0',
      ce_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      ce_source: `/holdfast/${counting.service}`,
      ce_type: type,
      ce_subject: counterId,
      ce_time: expect.stringMatching(/^\d{4}-.*Z$/),
      ce_dataschema: `urn:holdfast:schema:${type}`,
      'content-type': 'application/json',
      ce_sequence: '1',
      ce_causationid: expect.any(String),
      ce_correlationid: expect.any(String),
    });
  });

  test('is published when a lower number commits after a higher one (F29)', async () => {
    await counting.relay();
    const { pool } = counting.database;
    const slow = await pool.connect();
    await slow.query('begin');
    const late = newId();
    await insertOutbox(slow, late, 'late', 1);
    await counting.write(50);
    await outboxEmpty();
    await slow.query('commit');
    slow.release();
    await outboxEmpty();
    expect((await facts()).filter(({ headers }) => headers.ce_subject === late)).toHaveLength(1);
  });

  test('may be far more than one batch, and more bytes than the broker takes in one', async () => {
    await insertOutbox(counting.database.pool, newId(), 'x'.repeat(250 * 1024), 12);
    await counting.write(450);
    await counting.relay();
    await outboxEmpty();
    expect(await facts()).toHaveLength(462);
  });

  const insertOutbox = (client: Pick<Client, 'query'>, subject: string, text: string, count: number) =>
    client.query(
      `insert into outbox (id, aggregatetype, aggregateid, type, payload, headers, partition)
        select gen_random_uuid(), $1, 'one key', 'any.v1', to_jsonb($3::text), jsonb_build_object('subject', $2::text,
          'source', 's', 'sequence', 1, 'time', '2026-01-01T00:00:00Z', 'causationId', 'c', 'correlationId', 'c'), 5
        from generate_series(1, $4)`,
      [counting.service, subject, text, count],
    );

  test('every batch sent twice is applied once (F19)', async () => {
    await counting.consumer();
    await counting.process('relay', {}, { sendTwice: true });
    await counting.write(200);
    expect(await counting.delivered()).toEqual(complete(200));
    expect(await facts()).toHaveLength(400);
  });
});

describe('a lost answer of the broker', () => {
  const brokers = testEnvironment().brokers;
  const batch = (name: string): OutgoingRecord[] =>
    Array.from({ length: 10 }, (_, n) => ({ key: 'k', value: `${name}${n}`, headers: {}, partition: 4 }));
  const valuesOf = async (name: string) =>
    (await counting.readTopic()).map(({ value }) => value).filter((value) => value.startsWith(name));

  test('the next, different batch of the same size is written: the producer was thrown away', async () => {
    const wire = lossyWire();
    const publisher = new Publisher(createKafka({ brokers, clientId: 'lossy', socketFactory: wire.factory }));
    await publisher.send(counting.events.topic, batch('first'));
    wire.losing = true;
    await expect(publisher.send(counting.events.topic, batch('lost'))).rejects.toThrow();
    wire.losing = false;
    await publisher.send(counting.events.topic, batch('next'));
    await publisher.close();
    expect(await valuesOf('lost')).toHaveLength(10);
    expect(await valuesOf('next')).toHaveLength(10);
  });

  test('a producer that is used again would have lost that batch without a word', async () => {
    const wire = lossyWire();
    const kafka = createKafka({ brokers, clientId: 'lossy', socketFactory: wire.factory });
    const producer = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: Partitioners.DefaultPartitioner,
      retry: { retries: 1, initialRetryTime: 50 },
    });
    await producer.connect();
    const send = (name: string) =>
      producer.send({ topic: counting.events.topic, acks: -1, messages: batch(name) });
    await send('first');
    wire.losing = true;
    await expect(send('lost')).rejects.toThrow();
    wire.losing = false;
    await send('next');
    await producer.disconnect();
    expect(await valuesOf('lost')).toHaveLength(10);
    expect(await valuesOf('next')).toEqual([]);
  });

  test('the relay publishes every row, those of the lost answer again, and each is applied once', async () => {
    const wire = lossyWire();
    await counting.consumer();
    await counting.write(60);
    wire.losing = true;
    await counting.relay({ socketFactory: wire.factory });
    await eventually(() => wire.lost > 0);
    await counting.write(60);
    wire.losing = false;
    expect(await counting.delivered()).toEqual(complete(120));
    expect((await facts()).length).toBeGreaterThan(120);
  });
});

describe('several relays', () => {
  const activeSessions = async () =>
    (
      await counting.database.superuserQuery(
        `select from pg_locks l join pg_database d on d.oid = l.database
          where locktype = 'advisory' and granted and datname = current_database()`,
      )
    ).rowCount;

  test('one is active; when it is killed the other takes over and nothing is lost', async () => {
    await counting.consumer();
    const active = await counting.process('relay');
    await eventually(async () => (await activeSessions()) === 1);
    await counting.process('relay');
    await counting.write(100);
    expect(await activeSessions()).toBe(1);
    const writer = await counting.writer(600);
    await eventually(async () => (await counting.delivery()).applied > 150);
    active.kill();
    await writer.done;
    expect(await counting.delivered()).toEqual(complete(700));
    await eventually(async () => (await activeSessions()) === 1);
    await counting.write(20);
    expect(await counting.delivered()).toEqual(complete(720));
  });

  test('one that was frozen and has lost its session goes back to standby', async () => {
    await counting.consumer();
    const frozen = await counting.process('relay');
    await eventually(async () => (await activeSessions()) === 1);
    const second = await counting.relay();
    const writer = await counting.writer(300);
    await eventually(async () => (await counting.delivery()).applied > 20);
    frozen.kill('SIGSTOP');
    await counting.database.superuserQuery(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'holdfast-relay' and datname = current_database() and pid in
          (select pid from pg_locks where locktype = 'advisory' and granted)`,
    );
    await eventually(() => second.relay.active);
    frozen.kill('SIGCONT');
    await writer.done;
    expect(await counting.delivered()).toEqual(complete(300));
    expect(await activeSessions()).toBe(1);
    expect(second.relay.active).toBe(true);
  });
});

describe('waking', () => {
  test('a commit wakes the relay: one after the other is out long before the polls would have come', async () => {
    const { relay } = await counting.relay();
    await eventually(() => relay.active);
    await outboxEmpty();
    const { unitOfWork } = counting.database;
    unitOfWork.onCommit(() => relay.wake());
    const ms = await medianMs(10, async (n) => {
      await raise(unitOfWork, counting.events, newId(), counting.counterIds[n]!);
      await outboxEmpty();
    });
    expect(ms).toBeLessThan(350);
  });

  test('a relay in standby keeps its pace although commits wake it', async () => {
    const active = await counting.relay();
    await eventually(() => active.relay.active);
    const standby = await counting.relay();
    const asked = jest.spyOn(Client.prototype, 'query');
    const textOf = (call: unknown[]) => String((call[0] as { text?: string }).text);
    const tries = () =>
      asked.mock.calls.filter((call) => textOf(call).includes('pg_try_advisory_lock')).length;
    standby.relay.wake();
    const startedAt = performance.now();
    await eventually(() => tries() >= 3);
    asked.mockRestore();
    expect(performance.now() - startedAt).toBeGreaterThan(500);
  });

  test.each([
    ['database', { databaseUrl: 'postgres://nobody:x@127.0.0.1:1/none' }],
    [
      'broker',
      { kafka: new Kafka({ brokers: ['127.0.0.1:1'], logLevel: logLevel.NOTHING, retry: { retries: 0 } }) },
    ],
  ])('while the %s is away, commits do not make it try without a pause', async (_, away) => {
    const tries: number[] = [];
    await counting.write(1);
    const { relay } = await counting.relay({ ...away, onError: () => tries.push(performance.now()) });
    const waking = setInterval(() => relay.wake(), 5);
    await eventually(() => tries.length >= 3);
    clearInterval(waking);
    expect(tries[2]! - tries[0]!).toBeGreaterThan(500);
  });
});

/** Connections to the broker on which the answers to produce requests get lost while `losing`. */
function lossyWire(): { losing: boolean; lost: number; factory: NonNullable<KafkaConfig['socketFactory']> } {
  const produceKey = 0;
  const wire = {
    losing: false,
    lost: 0,
    factory: (({ host, port, onConnect }) => {
      const socket = connect({ host, port }, onConnect);
      const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
      const on = socket.on.bind(socket) as (
        name: string,
        listener: (...args: never[]) => void,
      ) => typeof socket;
      let waiting = false;
      socket.write = ((chunk: Buffer, ...rest: unknown[]) => {
        waiting ||= wire.losing && chunk.readInt16BE(4) === produceKey;
        return write(chunk, ...rest);
      }) as never;
      socket.on = ((name: string, listener: (data: Buffer) => void) => {
        if (name !== 'data') return on(name, listener as never);
        return on(name, ((data: Buffer) => {
          if (!waiting) return listener(data);
          wire.lost += 1;
          socket.destroy(new Error('the answer got lost'));
        }) as never);
      }) as never;
      return socket;
    }) as ISocketFactory,
  };
  return wire;
}
