import type { MikroORM } from '@mikro-orm/core';
import type { Pool } from 'pg';
import { run } from './database.ts';
import type { AnyDeadline } from './deadline.ts';
import { partitionOf } from './partitions.ts';
import { ReceivedWatermarks } from './received-watermarks.ts';
import { statementsOf } from './table-statements.ts';

/** A timer that is due and has not fired. Where both lists are empty, nothing but a defect holds it back. */
export interface OverdueTimer {
  kind: string;
  id: string;
  dueAt: Date;
  /** Topics whose watermark has not reached the due instant on a partition of its keys. */
  missing: string[];
  /** Topics with a parked message of one of its keys. */
  parked: string[];
}

/** `instant` is business time; none where the topic has never spoken for this partition. */
export interface AwaitedWatermark {
  topic: string;
  partition: number;
  instant: Date | undefined;
}

interface Timer {
  id: string;
  due_at: Date;
  keys: string[];
}

/** The soonest of a kind: their keys meet all partitions long before this number. */
const pendingMax = 1_000;

/** Says which timers do not fire although they are due, and for what they wait (AD-14a); it fires none itself. */
export class DeadlineWatch {
  readonly #pool: Pool;
  readonly #timers: readonly { deadline: AnyDeadline; select: string }[];

  constructor({ pool, orm }: { pool: Pool; orm: MikroORM }, deadlines: readonly AnyDeadline[]) {
    this.#pool = pool;
    this.#timers = deadlines
      .filter(({ does }) => does === 'timer')
      .map((deadline) => ({ deadline, select: selectOf(orm, deadline) }));
  }

  /** Timers that were due at this instant of business time, the oldest of each kind first. */
  async overdue(at: Date, limit: number): Promise<OverdueTimer[]> {
    const found: OverdueTimer[] = [];
    for (const { deadline, select } of this.#timers) {
      const timers = await run<Timer>(this.#pool, select, [at, limit]);
      if (timers.length > 0) found.push(...(await this.#explain(deadline, timers)));
    }
    return found;
  }

  /** What topics have said about the partitions of timers that are set and that their facts can stop. */
  async awaitedWatermarks(): Promise<AwaitedWatermark[]> {
    const places = new Map<string, { topic: string; partition: number }>();
    for (const { deadline, select } of this.#timers) {
      if (deadline.stoppedBy.length === 0) continue;
      const timers = await run<Timer>(this.#pool, select, ['infinity', pendingMax]);
      const partitions = new Set(timers.flatMap(({ keys }) => keys.map(partitionOf)));
      for (const topic of deadline.stoppedBy)
        for (const partition of partitions) places.set(`${topic}/${partition}`, { topic, partition });
    }
    const topics = [...new Set([...places.values()].map(({ topic }) => topic))];
    const watermarks = await ReceivedWatermarks.read(this.#pool, topics);
    return [...places.values()].map(({ topic, partition }) => {
      return { topic, partition, instant: watermarks.of(topic, partition) };
    });
  }

  async #explain(deadline: AnyDeadline, timers: readonly Timer[]): Promise<OverdueTimer[]> {
    const { kind, stoppedBy } = deadline;
    const watermarks = await ReceivedWatermarks.read(this.#pool, stoppedBy);
    const parked = await run<{ topic: string; message_key: string }>(this.#pool, parkedAmong, [
      stoppedBy,
      [...new Set(timers.flatMap(({ keys }) => keys))],
    ]);
    return timers.map(({ id, due_at: dueAt, keys }) => ({
      kind,
      id,
      dueAt,
      missing: stoppedBy.filter((topic) => !watermarks.reached([topic], keys.map(partitionOf), dueAt)),
      parked: stoppedBy.filter((topic) =>
        parked.some((message) => message.topic === topic && keys.includes(message.message_key)),
      ),
    }));
  }
}

const parkedAmong =
  'select distinct topic, message_key from parked_messages where topic = any($1) and message_key = any($2)';

function selectOf(orm: MikroORM, deadline: AnyDeadline): string {
  const { table, columnOf } = statementsOf(orm, deadline.entity);
  const due = columnOf(deadline.dueAt);
  const keys = deadline.keys.map((property) => `${columnOf(property)}::text`).join(', ');
  return `select id, ${due} as due_at, array[${keys}] as keys from ${table} where ${due} <= $1
    order by ${due}, id limit $2`;
}
