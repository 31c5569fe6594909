import { EventEmitter, once as nextEvent } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { headersOf } from '@holdfast/events';
import type { Kafka } from 'kafkajs';
import { Client as PgClient } from 'pg';
import { crashPoint } from './crash-points.ts';
import { run, typeParsers } from './database.ts';
import { Publisher } from './publisher.ts';
import { beatWatermarks, type WatermarkBeat } from './watermark-beat.ts';

export interface RelayOptions {
  /** A direct connection: the lock and the claim live in one session. */
  databaseUrl: string;
  kafka: Kafka;
  service: string;
  topic: string;
  watermarks: WatermarkBeat;
  /** For fault F19: every batch is sent twice. */
  sendTwice?: boolean;
  onError?: (error: unknown) => void;
}

export interface OutboxRow {
  seq: bigint;
  id: string;
  aggregateid: string;
  type: string;
  payload: string;
  headers: {
    subject: string;
    source: string;
    sequence: number;
    time: string;
    causationId: string;
    correlationId: string;
    traceparent?: string;
  };
  partition: number;
}

const batchMax = 200;
/**
 * What goes to one partition at once is one record batch, and the broker takes 1 MB (`max.message.bytes`); the largest
 * event is a quarter of that (F26). Headers and framing are counted as 1 KB for each event.
 */
const batchBytesMax = 900 * 1024;
const framingBytes = 1024;
/** A lost wake costs one of these. */
const pollMs = 500;
const standbyMs = 300;

/**
 * Publishes outbox rows in the order of their numbers and deletes them after the broker's acknowledgement: at least
 * once, never lost, never out of order within a key (AD-10; docs/outbox.md). Of several relays one is active: lock,
 * claim and delete use one session, so losing it loses all.
 */
export class Relay {
  readonly #options: RelayOptions;
  readonly #publisher: Publisher;
  readonly #wakes = new EventEmitter();
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #woken = false;
  /** Acknowledged by the broker, not yet deleted. */
  #acknowledged: bigint[] = [];
  #active = false;
  #failing = false;
  #beatNow = false;
  #beatDone: (() => void)[] = [];

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#publisher = new Publisher(options.kafka);
  }

  get active(): boolean {
    return this.#active;
  }

  /** Whether the broker took the last batch; a standby relay is healthy. */
  get healthy(): boolean {
    return !this.#failing;
  }

  start(): void {
    this.#running = this.#loop();
  }

  /** Called after each commit (never by NOTIFY inside it: that serialises all commits). */
  wake(): void {
    this.#woken = true;
    this.#wakes.emit('wake');
  }

  /** Publishes fresh watermarks on all partitions; resolves when the broker has them. */
  beat(): Promise<void> {
    if (!this.#active) return Promise.resolve();
    return new Promise((resolve) => {
      this.#beatDone.push(resolve);
      this.#beatNow = true;
      this.wake();
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.wake();
    await this.#running;
    await this.#publisher.close();
  }

  async #loop(): Promise<void> {
    while (!this.#stopped) {
      const client = new PgClient({
        connectionString: this.#options.databaseUrl,
        application_name: 'holdfast-relay',
        connectionTimeoutMillis: 5_000,
        statement_timeout: 15_000,
        keepAlive: true,
        types: typeParsers as never,
      });
      client.on('error', () => undefined);
      try {
        await client.connect();
        await this.#session(client);
      } catch (error) {
        this.#options.onError?.(error);
        await this.#rest(pollMs);
      } finally {
        this.#active = false;
        this.#releaseBeats();
        await client.end().catch(() => undefined);
      }
    }
  }

  async #session(client: PgClient): Promise<void> {
    const lock = `select pg_try_advisory_lock(hashtextextended('holdfast.relay.' || $1, 0)) as active`;
    for (;;) {
      if (this.#stopped) return;
      const [row] = await run<{ active: boolean }>(client, lock, [this.#options.service]);
      if (row?.active) break;
      await this.#rest(standbyMs);
    }
    this.#active = true;
    // A former session's acknowledgements are void: what it had not deleted is sent again.
    this.#acknowledged = [];
    let failures = 0;
    while (!this.#stopped) {
      this.#woken = false;
      try {
        await this.#beatIfDue(client);
        const sent = await this.#publishBatch(client);
        failures = 0;
        this.#failing = false;
        // After a batch it looks again at once, which deletes what was acknowledged.
        if (sent > 0) continue;
        this.#releaseBeats();
        await this.#untilWoken(Math.min(pollMs, this.#options.watermarks.nextBeatInMs()));
      } catch (error) {
        // Only the broker is tried again in this session; a failing database ends it.
        if (!isKafkaError(error)) throw error;
        failures += 1;
        this.#failing = failures > 3;
        this.#options.onError?.(error);
        await this.#rest(Math.min(100 * 2 ** failures, 3_000));
      }
    }
    await run(client, claim, [this.#acknowledged, 0]);
  }

  /** Deletes what was acknowledged and claims the next rows in one statement, then sends them as one batch. */
  async #publishBatch(client: PgClient): Promise<number> {
    const rows = oneBatch(await run<OutboxRow>(client, claim, [this.#acknowledged, batchMax]));
    this.#acknowledged = [];
    if (rows.length === 0) return 0;
    const types = rows.map(({ type }) => type);
    crashPoint('relay.before_publish', types);
    const records = rows.map(recordOfRow);
    await this.#publisher.send(this.#options.topic, records);
    if (this.#options.sendTwice) await this.#publisher.send(this.#options.topic, records);
    crashPoint('relay.after_ack', types);
    this.#acknowledged = rows.map((row) => row.seq);
    return rows.length;
  }

  async #beatIfDue(client: PgClient): Promise<void> {
    const all = this.#beatNow;
    this.#beatNow = false;
    await beatWatermarks(client, this.#options.watermarks, {
      service: this.#options.service,
      acknowledged: this.#acknowledged,
      all,
    });
  }

  #releaseBeats(): void {
    if (this.#beatNow && this.#active && !this.#stopped) return;
    for (const done of this.#beatDone.splice(0)) done();
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #untilWoken(ms: number): Promise<void> {
    if (this.#woken || this.#stopped) return;
    const signal = AbortSignal.timeout(Math.max(1, Math.ceil(ms)));
    await nextEvent(this.#wakes, 'wake', { signal }).catch(() => undefined);
  }

  /** A pause that a commit does not cut short: in standby, or while broker or database are away. */
  async #rest(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}

/** As many of the claimed rows as fit into one send, one at least; the rest is claimed again. */
function oneBatch(rows: OutboxRow[]): OutboxRow[] {
  let bytes = 0;
  const tooMany = rows.findIndex(({ payload }, index) => {
    bytes += Buffer.byteLength(payload) + framingBytes;
    return index > 0 && bytes > batchBytesMax;
  });
  return tooMany < 0 ? rows : rows.slice(0, tooMany);
}

/** `payload::text` so that no JSON parser touches the amounts. */
const claim = `with gone as (delete from outbox where seq = any($1::bigint[]))
  select seq, id, aggregateid, type, payload::text as payload, headers, partition from outbox
  where seq <> all($1::bigint[]) order by seq limit $2`;

const isKafkaError = (error: unknown): boolean =>
  error instanceof Error && (error.name.startsWith('KafkaJS') || 'retriable' in error);

/** A row as it goes to the broker. */
export function recordOfRow({ id, aggregateid, type, payload, headers, partition }: OutboxRow) {
  const { time, ...envelope } = headers;
  return {
    key: aggregateid === '' ? null : aggregateid,
    value: payload,
    partition,
    headers: headersOf(type, { id, occurredAt: new Date(time), ...envelope }),
  };
}
