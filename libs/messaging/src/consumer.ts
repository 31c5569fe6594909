import { setTimeout as pause } from 'node:timers/promises';
import { NotYet, Rejection } from '@holdfast/domain';
import { type Catalogue, decodeMessage, type Message, UnreadableMessage } from '@holdfast/events';
import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import type { Pool } from 'pg';
import { runCausedBy } from './causality.ts';
import { crashPoint } from './crash-points.ts';
import { isDatabaseAway } from './database.ts';
import { type ConsumedRecord, causeOf, ParkedMessages } from './parking.ts';
import { saveWatermark } from './received-watermarks.ts';
import { Redriver } from './redriver.ts';
import { consumerSpan } from './spans.ts';

export type Handler = (message: Message<Catalogue>) => Promise<void>;

export interface EventConsumerOptions {
  kafka: Kafka;
  pool: Pool;
  /** The consumer group: the service's name. */
  group: string;
  /** Catalogue and handler of each topic this service listens to. */
  subscriptions: ReadonlyMap<string, { catalogue: Catalogue; handler: Handler }>;
  onError?: (error: unknown, what: string) => void;
  /** The instant at which the other service dated what was received (M-20). */
  onDated?: (topic: string, time: Date) => void;
}

/** Tries in place: twice more within about 100 ms; a longer pause would stall every key of the fetch. */
const inPlacePausesMs = [20, 60];
const commitEveryMs = 500;
const healthyWithinMs = 10_000;
/** Before a consumer that gave up is made anew: a broker that restarts needs seconds. */
const reviveAfterMs = 1_000;

/**
 * Applies events, each in one transaction of its handler, in the order of their key; what cannot be applied is parked
 * (AD-11). Offsets are committed after the database, so a crash means a redelivery that the inbox answers.
 */
export class EventConsumer {
  readonly parked: ParkedMessages;
  readonly redriver: Redriver;
  readonly #options: EventConsumerOptions;
  #consumer: Consumer | undefined;
  /** Next offset to read, per topic and partition: what was handled and may be committed. */
  readonly #positions = new Map<string, bigint>();
  readonly #committed = new Map<string, bigint>();
  #lastProgress = Number.NEGATIVE_INFINITY;
  #stopping = false;
  #committer: NodeJS.Timeout | undefined;
  #inFlight = 0;

  constructor(options: EventConsumerOptions) {
    this.#options = options;
    this.parked = new ParkedMessages(options.pool, options.group);
    this.redriver = new Redriver(this.parked, (record) => this.#apply(record), options.onError);
  }

  async start(): Promise<void> {
    await this.#run();
    this.#committer = setInterval(() => void this.#commitOffsets(), commitEveryMs);
    this.redriver.start();
  }

  async #run(): Promise<void> {
    const { kafka, group, subscriptions, onError } = this.#options;
    const consumer = kafka.consumer({
      groupId: group,
      // Recovery after a crash is the session timeout: kafkajs has no static membership.
      sessionTimeout: 6_000,
      heartbeatInterval: 1_000,
      rebalanceTimeout: 10_000,
      maxWaitTimeInMs: 250,
      minBytes: 1,
      allowAutoTopicCreation: false,
      retry: {
        retries: 10,
        initialRetryTime: 100,
        maxRetryTime: 1_000,
        restartOnFailure: async () => !this.#stopping,
      },
    });
    this.#consumer = consumer;
    consumer.on(consumer.events.FETCH, () => this.#progress());
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      // Another member may have gone on with these partitions: the committed offset is the truth again.
      this.#forgetPositions();
      onError?.(undefined, `joined ${payload.groupId}`);
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      onError?.(payload.error, 'consumer crashed');
      if (!payload.restart && consumer === this.#consumer) void this.#revive(consumer);
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [...subscriptions.keys()], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 3,
      eachBatch: (payload) => this.#eachBatch(payload),
    });
  }

  /**
   * kafkajs starts a crashed consumer again only after errors that it calls retriable; a broker that restarts can also
   * answer with others ("Failed to find group coordinator"), after which it would stay silent for ever.
   */
  async #revive(crashed: Consumer): Promise<void> {
    this.#forgetPositions();
    let dead = crashed;
    while (!this.#stopping) {
      await Promise.race([dead.disconnect().catch(() => undefined), atMost(3_000)]);
      await atMost(reviveAfterMs);
      // Somebody else has made a new one meanwhile.
      if (this.#stopping || dead !== this.#consumer) return;
      try {
        return await this.#run();
      } catch (error) {
        this.#options.onError?.(error, 'consumer could not be started again');
        dead = this.#consumer!;
      }
    }
  }

  #forgetPositions(): void {
    this.#positions.clear();
    this.#committed.clear();
  }

  /** Stops fetching, drains what is being applied, commits the offsets; each step is bounded. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#committer);
    await this.redriver.stop();
    const drained = (async () => {
      while (this.#inFlight > 0) await pause(10);
    })();
    await Promise.race([drained, atMost(8_000)]);
    await this.#commitOffsets();
    await Promise.race([this.#consumer?.disconnect(), atMost(3_000)]).catch(() => undefined);
  }

  /** kafkajs emits FETCH when idle too, so this needs no traffic. */
  get healthy(): boolean {
    return performance.now() - this.#lastProgress < healthyWithinMs;
  }

  /** Where this member stands, per `topic/partition`; for the quiet question of the sandbox. */
  get positions(): ReadonlyMap<string, bigint> {
    return this.#positions;
  }

  #progress(): void {
    this.#lastProgress = performance.now();
  }

  async #eachBatch({ batch, resolveOffset, heartbeat, isRunning, isStale }: EachBatchPayload): Promise<void> {
    this.#inFlight += 1;
    try {
      const { topic, partition } = batch;
      const keys = batch.messages.map(keyOf).filter((key) => key !== '');
      const heads = await this.#untilDatabase(() => this.parked.headsOf(topic, partition, keys), heartbeat);
      for (const message of batch.messages) {
        if (this.#stopping || !isRunning() || isStale()) return;
        const record = recordOf(topic, partition, message);
        await this.#untilDatabase(() => this.#take(record, heads), heartbeat);
        crashPoint('consumer.after_commit', [record.headers.ce_type ?? '']);
        resolveOffset(message.offset);
        this.#positions.set(`${topic}/${partition}`, record.offset + 1n);
        this.#progress();
        await heartbeat();
      }
    } finally {
      this.#inFlight -= 1;
    }
  }

  /** Only a database that is away may wait inside the batch: nothing can be applied or parked without it. */
  async #untilDatabase<T>(work: () => Promise<T>, heartbeat: () => Promise<void>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!isDatabaseAway(error) || this.#stopping) throw error;
        this.#options.onError?.(error, 'database away');
        await pause(250);
        await heartbeat().catch(() => undefined);
      }
    }
  }

  /** `heads`: the offset of the first parked message of each key; what stands before it was applied long ago. */
  async #take(record: ConsumedRecord, heads: Map<string, bigint>): Promise<void> {
    this.#options.onDated?.(record.topic, new Date(record.headers.ce_time ?? Number.NaN));
    if (isWatermark(record)) return this.#saveWatermark(record);
    const head = heads.get(record.key);
    if (head !== undefined && record.offset >= head) {
      await this.parked.park(record, 'waiting', 'behind an earlier message of its key');
      this.redriver.parkedNow();
      return;
    }
    for (const pauseMs of [...inPlacePausesMs, undefined]) {
      try {
        await this.#apply(record);
        this.redriver.factApplied(record.key);
        return;
      } catch (error) {
        if (isDatabaseAway(error)) throw error;
        const hopeless =
          error instanceof NotYet || error instanceof Rejection || error instanceof UnreadableMessage;
        if (pauseMs !== undefined && !hopeless) {
          await pause(pauseMs);
          continue;
        }
        await this.parked.park(record, error instanceof NotYet ? 'waiting' : 'failed', causeOf(error));
        // Messages without a key have no order among each other.
        if (record.key !== '') heads.set(record.key, record.offset);
        this.redriver.parkedNow();
        this.#options.onError?.(error, `parked ${record.headers.ce_type ?? 'a message'}`);
        return;
      }
    }
  }

  async #apply(record: ConsumedRecord): Promise<void> {
    const { catalogue, handler } = this.#options.subscriptions.get(record.topic)!;
    const message = decodeMessage(catalogue, record);
    const causality = { causationId: message.id, correlationId: message.correlationId };
    await consumerSpan(record, message, () => runCausedBy(causality, () => handler(message)));
  }

  async #saveWatermark(record: ConsumedRecord): Promise<void> {
    const { catalogue } = this.#options.subscriptions.get(record.topic)!;
    try {
      const { event } = decodeMessage(catalogue, record) as Message<Catalogue> & { event: { instant: Date } };
      await saveWatermark(this.#options.pool, record.topic, record.partition, event.instant);
    } catch (error) {
      if (!(error instanceof UnreadableMessage)) throw error;
      await this.parked.park(record, 'failed', causeOf(error));
    }
  }

  async #commitOffsets(): Promise<void> {
    const changed = [...this.#positions].filter(([place, offset]) => this.#committed.get(place) !== offset);
    if (changed.length === 0) return;
    const offsets = changed.map(([place, offset]) => {
      const at = place.lastIndexOf('/');
      return { topic: place.slice(0, at), partition: Number(place.slice(at + 1)), offset: String(offset) };
    });
    try {
      await this.#consumer?.commitOffsets(offsets);
      for (const [place, offset] of changed) this.#committed.set(place, offset);
    } catch (error) {
      this.#options.onError?.(error, 'offset commit');
    }
  }
}

/** Keeps no process alive that is otherwise done. */
const atMost = (ms: number): Promise<void> => pause(ms, undefined, { ref: false });

const isWatermark = ({ headers, key }: ConsumedRecord): boolean =>
  key === '' && /\.watermark\.reached\.v\d+$/.test(headers.ce_type ?? '');

/** PostgreSQL stores no NUL; a key of ours has neither that nor so many characters. */
const storable = (text: string): string => text.replaceAll('\u0000', '');

const keyOf = (message: KafkaMessage): string => storable(message.key?.toString('utf8') ?? '').slice(0, 200);

function recordOf(topic: string, partition: number, message: KafkaMessage): ConsumedRecord {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(message.headers ?? {})) {
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined) headers[storable(name)] = storable(first.toString('utf8'));
  }
  return {
    topic,
    partition,
    offset: BigInt(message.offset),
    key: keyOf(message),
    headers,
    value: message.value,
  };
}
