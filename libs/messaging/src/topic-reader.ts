import { setTimeout as pause } from 'node:timers/promises';
import type { Admin, Consumer, Kafka, KafkaMessage } from 'kafkajs';
import { newId } from './ids.ts';
import type { ConsumedRecord } from './parking.ts';
import { topicEnds } from './topic-ends.ts';

export interface TopicReaderOptions {
  kafka: Kafka;
  topics: readonly string[];
  /** Called one after another within a partition; what it returns is waited for, so that nothing piles up. */
  onRecord: (record: ConsumedRecord) => void | Promise<void>;
  /** How long nothing may arrive while something is missing. */
  silenceMs?: number;
}

/**
 * Reads whole topics from their beginnings, for whoever compares: it is no service's group and commits nothing. What it
 * reads is not decoded, since a comparison must see also what no service can read.
 */
export class TopicReader {
  readonly #options: TopicReaderOptions;
  readonly #groupId = `topic-reader-${newId()}`;
  readonly #consumer: Consumer;
  readonly #admin: Admin;
  /** Next offset to read, per `topic/partition`. */
  readonly #next = new Map<string, bigint>();
  #arrivedAt = performance.now();
  #failure: unknown;

  private constructor(options: TopicReaderOptions) {
    this.#options = options;
    this.#consumer = options.kafka.consumer({
      groupId: this.#groupId,
      sessionTimeout: 30_000,
      maxWaitTimeInMs: 50,
      allowAutoTopicCreation: false,
    });
    this.#admin = options.kafka.admin();
  }

  static async open(options: TopicReaderOptions): Promise<TopicReader> {
    const reader = new TopicReader(options);
    await reader.#admin.connect();
    await reader.#consumer.connect();
    await reader.#consumer.subscribe({ topics: [...options.topics], fromBeginning: true });
    await reader.#consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch, resolveOffset, heartbeat }) => {
        const place = `${batch.topic}/${batch.partition}`;
        for (const message of batch.messages) {
          // Where the group was joined anew it begins again; what was read is not read twice.
          if (BigInt(message.offset) >= (reader.#next.get(place) ?? 0n)) {
            await reader.#take(recordOf(batch.topic, batch.partition, message));
          }
          resolveOffset(message.offset);
        }
        const next = BigInt(batch.lastOffset()) + 1n;
        if (next > (reader.#next.get(place) ?? 0n)) reader.#next.set(place, next);
        reader.#arrivedAt = performance.now();
        await heartbeat();
      },
    });
    return reader;
  }

  /**
   * Resolves when everything that stood on the topics at this call was read.
   * @throws Error when the broker falls silent, and whatever `onRecord` threw
   */
  async catchUp(): Promise<void> {
    const ends = await this.#ends();
    const { silenceMs = 30_000 } = this.#options;
    this.#arrivedAt = performance.now();
    for (;;) {
      if (this.#failure) throw this.#failure;
      const missing = [...ends].filter(([place, end]) => (this.#next.get(place) ?? 0n) < end);
      if (missing.length === 0) return;
      if (performance.now() - this.#arrivedAt > silenceMs) {
        throw new Error(
          `nothing was read for ${silenceMs} ms of ${missing.map(([place]) => place).join(', ')}`,
        );
      }
      await pause(10);
    }
  }

  /** What a consumer group has handled, as far as it has told the broker: the next offset per `topic/partition`. */
  async committedBy(groupId: string, topics: readonly string[]): Promise<Map<string, bigint>> {
    const committed = await this.#admin.fetchOffsets({ groupId, topics: [...topics] });
    return new Map(
      committed.flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, offset }) => {
          const next = BigInt(offset);
          return [`${topic}/${partition}`, next < 0n ? 0n : next] as const;
        }),
      ),
    );
  }

  async close(): Promise<void> {
    await this.#consumer.disconnect();
    await this.#admin.deleteGroups([this.#groupId]).catch(() => undefined);
    await this.#admin.disconnect();
  }

  async #take(record: ConsumedRecord): Promise<void> {
    if (this.#failure) return;
    try {
      await this.#options.onRecord(record);
    } catch (error) {
      // The client would deliver it again and again; whoever waits is told.
      this.#failure = error;
    }
  }

  async #ends(): Promise<Map<string, bigint>> {
    const ends = new Map<string, bigint>();
    for (const topic of this.#options.topics) {
      for (const { partition, high, low } of await topicEnds(this.#admin, topic, this.#options.silenceMs)) {
        if (BigInt(high) > BigInt(low)) ends.set(`${topic}/${partition}`, BigInt(high));
      }
    }
    return ends;
  }
}

function recordOf(topic: string, partition: number, message: KafkaMessage): ConsumedRecord {
  const headers = Object.entries(message.headers ?? {}).flatMap(([name, value]) => {
    const first = Array.isArray(value) ? value[0] : value;
    return first === undefined ? [] : [[name, first.toString('utf8')] as const];
  });
  return {
    topic,
    partition,
    offset: BigInt(message.offset),
    key: message.key?.toString('utf8') ?? '',
    headers: Object.fromEntries(headers),
    value: message.value,
  };
}
