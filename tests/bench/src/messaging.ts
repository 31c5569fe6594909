import { setTimeout as pause } from 'node:timers/promises';
import { escrowEvents, type Message } from '@holdfast/events';
import { createServiceDatabase, type System } from '@holdfast/local';
import {
  BusinessClock,
  createKafka,
  createPool,
  EventConsumer,
  ensureTopics,
  type MessageRef,
  messagingGrants,
  messagingSchema,
  newId,
  partitionCount,
  partitionOf,
  Relay,
  UnitOfWork,
  WallClock,
  WatermarkBeat,
} from '@holdfast/messaging';
import { defineConfig, defineEntity, MikroORM, p } from '@mikro-orm/postgresql';
import { Client, type Pool } from 'pg';
import { type Latency, Stopwatch } from './stopwatch.ts';
import type { Row } from './written-rows.ts';

const database = 'bench_messaging';
const relayTopic = 'bench.relay';
const latencyTopic = 'bench.latency';
const bareTopic = 'bench.bare';
/** What the reference sends at once: kafkajs with no outbox behind it. */
const bareBatch = 100;
const payloadBytes = 600;
/** Rows for each second that is to be measured; what a relay publishes on two cores. */
const rowsPerSecond = 6_000;
const waitMs = 60_000;

const AppliedTable = defineEntity({
  name: 'Applied',
  tableName: 'applied',
  properties: { id: p.uuid().primary(), transferId: p.uuid(), version: p.integer() },
});

class Apply {
  readonly input: { message: MessageRef; transferId: string };

  constructor(input: Apply['input']) {
    this.input = input;
  }
}

/** The project's own relay, consumer and unit of work on a database and topics of their own, and bare kafkajs beside. */
export class Messaging {
  readonly #databaseUrl: string;
  readonly #kafka: ReturnType<typeof createKafka>;
  readonly #pool: Pool;
  readonly #orm: MikroORM;
  /** The outbox row of a release: what is sent where an event must be readable. */
  readonly #event: Row;

  private constructor(databaseUrl: string, brokers: string[], orm: MikroORM, event: Row) {
    this.#databaseUrl = databaseUrl;
    this.#kafka = createKafka({ brokers, clientId: 'bench' });
    this.#pool = createPool(databaseUrl, 8);
    this.#orm = orm;
    this.#event = event;
  }

  static async open(system: System, secretsFile: string, event: Row): Promise<Messaging> {
    const { ownerUrl, appUrl } = await createServiceDatabase(system.postgres.url, {
      database,
      service: 'bench',
      secretsFile,
    });
    await createTables(ownerUrl, new URL(appUrl).username);
    const options = {
      clientUrl: appUrl,
      entities: [AppliedTable],
      allowGlobalContext: false,
      pool: { max: 1 },
    };
    const orm = (await MikroORM.init(defineConfig(options))) as MikroORM;
    const messaging = new Messaging(appUrl, system.brokers.split(','), orm, event);
    await ensureTopics(messaging.#kafka, [relayTopic, latencyTopic, bareTopic]);
    return messaging;
  }

  async close(): Promise<void> {
    await this.#orm.close(true);
    await this.#pool.end();
  }

  /** Events per second from a full outbox to an empty one; the relay runs and has sent before. */
  async relayRate(seconds: number): Promise<number> {
    const relay = this.#relay(relayTopic);
    relay.start();
    try {
      await this.#backlog(2 * bareBatch);
      relay.wake();
      await this.#published();
      const rows = rowsPerSecond * seconds;
      const startedAt = await this.#backlog(rows);
      relay.wake();
      await this.#published();
      return rows / ((performance.now() - startedAt) / 1_000);
    } finally {
      await relay.stop();
    }
  }

  /** The same number of messages of the same size by kafkajs alone. */
  async bareRate(seconds: number): Promise<number> {
    const producer = this.#kafka.producer({ allowAutoTopicCreation: false });
    await producer.connect();
    const value = filler();
    const batch = Array.from({ length: bareBatch }, (_, index) => ({
      key: newId(),
      partition: index % partitionCount,
      value,
    }));
    const send = () =>
      producer.send({ topic: bareTopic, acks: -1, messages: batch.map((each) => ({ ...each })) });
    try {
      await send();
      await send();
      const batches = (rowsPerSecond * seconds) / bareBatch;
      const startedAt = performance.now();
      for (let sent = 0; sent < batches; sent += 1) await send();
      return (batches * bareBatch) / ((performance.now() - startedAt) / 1_000);
    } finally {
      await producer.disconnect();
    }
  }

  /** From just before the COMMIT of the writer to after the COMMIT of the consumer, through outbox, relay and inbox. */
  async latency(seconds: number): Promise<Latency> {
    const times = new Stopwatch();
    const relay = this.#relay(latencyTopic);
    const consumer = this.#consumer((transferId) => times.arrived(transferId));
    relay.start();
    await consumer.start();
    try {
      return await times.measure(seconds, async (id) => {
        const session = await this.#pool.connect();
        try {
          await session.query('begin');
          await session.query(insertRow, this.#rowOf(id));
          times.left(id);
          await session.query('commit');
        } finally {
          session.release();
        }
        relay.wake();
      });
    } finally {
      await consumer.stop();
      await relay.stop();
    }
  }

  /** From just before the send to the arrival, by kafkajs alone: one message at a time, no database. */
  async bareLatency(seconds: number): Promise<Latency> {
    const times = new Stopwatch();
    const producer = this.#kafka.producer({ allowAutoTopicCreation: false });
    const consumer = this.#kafka.consumer({ groupId: `bench-${newId()}`, maxWaitTimeInMs: 250, minBytes: 1 });
    await producer.connect();
    await consumer.connect();
    await consumer.subscribe({ topics: [bareTopic], fromBeginning: false });
    const joined = new Promise<void>((resolve) => {
      consumer.on(consumer.events.FETCH, () => resolve());
    });
    await consumer.run({
      eachMessage: async ({ message }) => times.arrived(message.key!.toString()),
    });
    await joined;
    try {
      return await times.measure(seconds, async (id) => {
        const [, , , , payload] = this.#rowOf(id);
        times.left(id);
        const messages = [{ key: id, partition: partitionOf(id), value: payload as string }];
        await producer.send({ topic: bareTopic, acks: -1, messages });
      });
    } finally {
      await consumer.disconnect();
      await producer.disconnect();
    }
  }

  #relay(topic: string): Relay {
    return new Relay({
      databaseUrl: this.#databaseUrl,
      kafka: this.#kafka,
      service: 'bench',
      topic,
      watermarks: new WatermarkBeat({ clock: new BusinessClock(new WallClock()) }),
    });
  }

  #consumer(applied: (transferId: string) => void): EventConsumer {
    const [pool, orm] = [this.#pool, this.#orm];
    const unitOfWork = new UnitOfWork({ pool, orm, clock: new BusinessClock(new WallClock()), unknownMs: 0 });
    const handler = async ({ id, event }: Message<typeof escrowEvents>): Promise<void> => {
      const { transferId } = event as Extract<typeof event, { transferId: string }>;
      await unitOfWork.once(new Apply({ message: { source: 'event', id }, transferId }), async (tx) => {
        tx.insert(AppliedTable, { id, transferId });
      });
      applied(transferId);
    };
    return new EventConsumer({
      kafka: this.#kafka,
      pool,
      group: 'bench',
      subscriptions: new Map([[latencyTopic, { catalogue: escrowEvents, handler: handler as never }]]),
    });
  }

  /** Rows of 600 bytes; all of them are there at once. @returns the moment just before their COMMIT */
  async #backlog(rows: number): Promise<number> {
    const session = await this.#pool.connect();
    try {
      await session.query('begin');
      await session.query(
        `insert into outbox (id, aggregatetype, aggregateid, type, payload, headers, partition)
          select gen_random_uuid(), 'bench', gen_random_uuid()::text, $1, $2, $3, n % ${partitionCount}
          from generate_series(1, $4::int) as n`,
        [this.#event.type, filler(), JSON.stringify(this.#event.headers), rows],
      );
      const startedAt = performance.now();
      await session.query('commit');
      return startedAt;
    } finally {
      session.release();
    }
  }

  /** The relay sends in the order of the numbers and deletes behind itself. */
  async #published(): Promise<void> {
    const { rows } = await this.#pool.query(`select max(seq) as last from outbox where aggregateid <> ''`);
    const giveUpAt = performance.now() + waitMs;
    for (;;) {
      const { rowCount } = await this.#pool.query('select from outbox where seq = $1', [rows[0].last]);
      if (rowCount === 0) return;
      if (performance.now() > giveUpAt) throw new Error(`the outbox is not empty after ${waitMs} ms`);
      await pause(5);
    }
  }

  /** The event of a release with ids of its own. */
  #rowOf(transferId: string): unknown[] {
    const { type, payload, headers } = this.#event as { type: string; payload: object; headers: object };
    const agreementId = newId();
    return [
      newId(),
      'bench',
      agreementId,
      type,
      JSON.stringify({ ...payload, agreementId, transferId }),
      JSON.stringify(headers),
      partitionOf(agreementId),
    ];
  }
}

const filler = (): string => JSON.stringify({ filler: 'x'.repeat(payloadBytes - '{"filler":""}'.length) });

const insertRow = `insert into outbox (id, aggregatetype, aggregateid, type, payload, headers, partition)
  values ($1, $2, $3, $4, $5, $6, $7)`;

async function createTables(ownerUrl: string, appRole: string): Promise<void> {
  const owner = new Client({ connectionString: ownerUrl });
  await owner.connect();
  try {
    const applied = `create table applied (id uuid primary key, transfer_id uuid not null, version integer not null)`;
    const rights = Object.entries({ ...messagingGrants, applied: 'select, insert' });
    await owner.query([...messagingSchema, applied].join(';\n'));
    await owner.query(rights.map(([table, right]) => `grant ${right} on ${table} to ${appRole}`).join(';\n'));
  } finally {
    await owner.end();
  }
}
