import type { Pool } from 'pg';
import { type Client, run } from './database.ts';
import { newId } from './ids.ts';

/** A Kafka record as the consumer handles, parks and redrives it. */
export interface ConsumedRecord {
  topic: string;
  partition: number;
  offset: bigint;
  key: string;
  headers: Record<string, string>;
  value: Buffer | null;
}

export type ParkedKind = 'waiting' | 'failed';

export interface ParkedRow {
  id: bigint;
  topic: string;
  message_key: string;
  partition: number;
  record_offset: bigint;
  message_id: string;
  kind: ParkedKind;
  cause: string;
  headers: Record<string, string>;
  value: Buffer | null;
  attempts: number;
  parked_at: Date;
}

const columns = `id, topic, message_key, partition, record_offset, message_id, kind, cause, headers, value, attempts,
  parked_at`;

/** The cause names the error and its place, never contents: 500 characters, one line, none that cannot be stored. */
export const causeOf = (error: unknown): string =>
  (error instanceof Error ? `${error.name}: ${error.message}` : String(error))
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .slice(0, 500);

/**
 * Messages that could not be applied, per consumer group, topic and key, in order (AD-11; docs/parking.md). Later ones
 * of the same group, topic and key line up behind, all other keys flow on. Nothing is dropped.
 */
export class ParkedMessages {
  readonly #pool: Pool;
  readonly group: string;

  constructor(pool: Pool, group: string) {
    this.#pool = pool;
    this.group = group;
  }

  /**
   * The offset of the first parked message of each of these keys. A record before it has been applied, so that a replay
   * parks no history; one that a foreign producer put into another partition lines up in any case.
   */
  async headsOf(topic: string, partition: number, keys: readonly string[]): Promise<Map<string, bigint>> {
    const rows = await run<{ message_key: string; head: bigint }>(
      this.#pool,
      `select message_key, min(case when partition = $3 then record_offset else -1 end) as head
        from parked_messages where consumer_group = $1 and topic = $2 and message_key = any($4) group by message_key`,
      [this.group, topic, partition, [...new Set(keys)]],
    );
    return new Map(rows.map(({ message_key, head }) => [message_key, head]));
  }

  /** Parking the same record twice is harmless. No inbox mark is written: that comes with the redrive. */
  async park(record: ConsumedRecord, kind: ParkedKind, cause: string): Promise<void> {
    await run(
      this.#pool,
      `insert into parked_messages
          (consumer_group, topic, message_key, partition, record_offset, message_id, kind, cause, headers, value)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing`,
      [
        this.group,
        record.topic,
        record.key,
        record.partition,
        record.offset,
        record.headers.ce_id ?? `${record.topic}/${record.partition}/${record.offset}`,
        kind,
        cause,
        JSON.stringify(record.headers),
        record.value,
      ],
    );
  }

  /** Heads of the queues that wait for a fact; `key` narrows to what may have become possible just now. */
  async waitingHeads(key?: string): Promise<ParkedRow[]> {
    return run<ParkedRow>(
      this.#pool,
      `select ${columns} from parked_messages p where consumer_group = $1 and kind = 'waiting'
        and ($2::text is null and next_attempt_at <= clock_timestamp() or message_key = $2)
        and not exists (select 1 from parked_messages q where q.consumer_group = p.consumer_group
          and q.topic = p.topic and q.message_key = p.message_key and q.id < p.id)
        order by id limit 200`,
      [this.group, key ?? null],
    );
  }

  /** The first of a key's messages, in their order. */
  async queueOf(topic: string, key: string): Promise<ParkedRow[]> {
    return run<ParkedRow>(
      this.#pool,
      `select ${columns} from parked_messages
        where consumer_group = $1 and topic = $2 and message_key = $3 order by id limit 500`,
      [this.group, topic, key],
    );
  }

  async lengthOf(topic: string, key: string): Promise<number> {
    const [row] = await run<{ count: bigint }>(
      this.#pool,
      `select count(*) as count from parked_messages
        where consumer_group = $1 and topic = $2 and message_key = $3`,
      [this.group, topic, key],
    );
    return Number(row!.count);
  }

  async list(): Promise<ParkedRow[]> {
    return run<ParkedRow>(
      this.#pool,
      `select ${columns} from parked_messages where consumer_group = $1 order by id limit 500`,
      [this.group],
    );
  }

  async remove(id: bigint): Promise<void> {
    await run(this.#pool, 'delete from parked_messages where id = $1', [id]);
  }

  async stillParked(id: bigint, kind: ParkedKind, cause: string): Promise<void> {
    await run(
      this.#pool,
      `update parked_messages set kind = $2, cause = $3, attempts = attempts + 1,
        next_attempt_at = clock_timestamp() + least(attempts + 1, 5) * interval '1 second' where id = $1`,
      [id, kind, cause],
    );
  }

  /** The record that a redrive leaves: who, why, and what came of it. */
  async recordRedrive(redrive: {
    topic: string;
    key: string;
    by: string;
    reason: string;
    applied: number;
    leftOver: number;
  }): Promise<void> {
    const { topic, key, by, reason, applied, leftOver } = redrive;
    await run(
      this.#pool,
      `insert into redrives
          (id, consumer_group, topic, message_key, redriven_by, reason, applied, left_over)
        values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [newId(), this.group, topic, key, by, reason, applied, leftOver],
    );
  }

  async counts(): Promise<Record<ParkedKind, number>> {
    const rows = await run<{ kind: ParkedKind; count: bigint }>(
      this.#pool,
      'select kind, count(*) as count from parked_messages where consumer_group = $1 group by kind',
      [this.group],
    );
    const of = (kind: ParkedKind): number => Number(rows.find((row) => row.kind === kind)?.count ?? 0n);
    return { waiting: of('waiting'), failed: of('failed') };
  }
}

/** Which of these keys have a parked message from any of these topics: no deadline of theirs may fire (M-17). */
export async function parkedKeysAmong(
  client: Client,
  topics: readonly string[],
  keys: readonly string[],
): Promise<Set<string>> {
  const rows = await run<{ message_key: string }>(
    client,
    'select distinct message_key from parked_messages where topic = any($1) and message_key = any($2)',
    [topics, [...new Set(keys)]],
  );
  return new Set(rows.map((row) => row.message_key));
}
