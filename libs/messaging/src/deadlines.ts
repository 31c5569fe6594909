import { setTimeout as pause } from 'node:timers/promises';
import type { InferEntity, MikroORM } from '@mikro-orm/core';
import type { Pool } from 'pg';
import type { BusinessClock } from './clocks.ts';
import { type Client, run } from './database.ts';
import { anyParked } from './parking.ts';
import { partitionOf } from './partitions.ts';
import { watermarksReached } from './received-watermarks.ts';
import { type Entity, statementsOf } from './table-statements.ts';
import type { MessageRef } from './unit-of-work.ts';

/**
 * A due instant that stands as a column on the aggregate that owns it; null where nothing is due (AD-13).
 * `timer`: the ordinary command, dated at the due instant. `work`: something to do at a provider from that instant on.
 */
export interface Deadline<E extends Entity> {
  kind: string;
  does: 'timer' | 'work';
  entity: E;
  dueAt: keyof InferEntity<E> & string;
  /** Properties with the Kafka keys whose facts could stop it: the agreement's first, then its two accounts'. */
  keys: readonly (keyof InferEntity<E> & string)[];
  /** Properties with the account ids of the persons who may see it. */
  parties: readonly (keyof InferEntity<E> & string)[];
  /** Topics of the deployed services whose facts can stop it (M-18, table in docs/domain-rules.md). */
  stoppedBy: readonly string[];
  fire: (row: InferEntity<E> & { id: string }, message: MessageRef & { source: 'timer' }) => Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: a list of deadlines mixes entities; each one is typed where it is defined.
export type AnyDeadline = Deadline<any>;

export interface ListedDeadline {
  kind: string;
  id: string;
  key: string;
  dueAt: Date;
  stoppedBy: readonly string[];
}

export interface DeadlinesOptions {
  pool: Pool;
  orm: MikroORM;
  clock: BusinessClock;
  onError?: (error: unknown, what: string) => void;
}

interface Statements {
  due: string;
  next: string;
  mine: string;
  fromRow: (row: Record<string, unknown>) => Record<string, unknown>;
}

const pollMs = 500;
/** At once per kind, so that one slow provider does not hold up the others. */
const concurrency = 8;
const retryAfterMs = 1_000;

/** Sweeps due rows, one worker per kind in the whole deployment, and answers what is due next (docs/deadlines.md). */
export class Deadlines {
  readonly #options: DeadlinesOptions;
  readonly #deadlines: readonly AnyDeadline[];
  readonly #statements = new Map<AnyDeadline, Statements>();
  readonly #backoff = new Map<string, number>();
  readonly #running = new Set<string>();
  #stopping = new AbortController();
  #wake = new AbortController();
  #loops: Promise<void>[] = [];

  constructor(options: DeadlinesOptions, deadlines: readonly AnyDeadline[]) {
    this.#options = options;
    this.#deadlines = deadlines;
    for (const deadline of deadlines) this.#statements.set(deadline, build(options.orm, deadline));
  }

  start(): void {
    this.#loops = this.#deadlines.map((deadline) => this.#loop(deadline));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.wake();
    await Promise.race([Promise.all(this.#loops), pause(8_000, undefined, { ref: false })]);
  }

  /** Looks at once: after the clock was moved, a watermark came or something was made due. */
  wake(): void {
    this.#wake.abort();
    this.#wake = new AbortController();
  }

  /** The next due instant after now of any kind, in business time. */
  async nextDueAt(): Promise<Date | undefined> {
    const dates = await Promise.all(
      this.#deadlines.map(async (deadline) => {
        const [row] = await run<{ due: Date | null }>(this.#options.pool, this.#statements.get(deadline)!.next);
        return row?.due ?? undefined;
      }),
    );
    return dates.filter((date) => date !== undefined).sort((a, b) => a.getTime() - b.getTime())[0];
  }

  /** Kinds of which something is due now or running: then the system is not quiet (AD-14). */
  async dueNow(): Promise<string[]> {
    const kinds = await Promise.all(
      this.#deadlines.map(async (deadline) => ((await this.#dueRows(deadline, 1)).length > 0 ? [deadline.kind] : [])),
    );
    return [...new Set([...kinds.flat(), ...[...this.#running].map((id) => id.split('/')[0]!)])];
  }

  /** For the watermark: timers that are due and not yet swept (M-17). */
  async unswept(client: Client): Promise<{ partition: number; dueAt: Date }[]> {
    const found: { partition: number; dueAt: Date }[] = [];
    for (const deadline of this.#deadlines.filter((candidate) => candidate.does === 'timer')) {
      const { due, fromRow } = this.#statements.get(deadline)!;
      for (const raw of await run<Record<string, unknown>>(client, due, [this.#options.clock.now(), 10_000])) {
        const row = fromRow(raw);
        found.push({ partition: partitionOf(String(row[deadline.keys[0]!])), dueAt: row[deadline.dueAt] as Date });
      }
    }
    return found;
  }

  /** What a person is waiting for, or must do, by when. */
  async listFor(accountId: string): Promise<ListedDeadline[]> {
    const lists = await Promise.all(
      this.#deadlines
        .filter((deadline) => deadline.does === 'timer')
        .map(async (deadline) => {
          const { mine, fromRow } = this.#statements.get(deadline)!;
          const rows = await run<Record<string, unknown>>(this.#options.pool, mine, [accountId]);
          return rows.map(fromRow).map((row) => ({
            kind: deadline.kind,
            id: String(row.id),
            key: String(row[deadline.keys[0]!]),
            dueAt: row[deadline.dueAt] as Date,
            stoppedBy: deadline.stoppedBy,
          }));
        }),
    );
    return lists.flat().sort((a, b) => a.dueAt.getTime() - b.dueAt.getTime());
  }

  async #loop(deadline: AnyDeadline): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const woken = this.#wake.signal;
      try {
        await this.#sweep(deadline);
      } catch (error) {
        this.#options.onError?.(error, `sweep of ${deadline.kind}`);
      }
      if (this.#stopping.signal.aborted) return;
      await pause(pollMs, undefined, { signal: woken }).catch(() => undefined);
    }
  }

  async #sweep(deadline: AnyDeadline): Promise<void> {
    const rows = await this.#dueRows(deadline, 200);
    if (rows.length === 0) return;
    const { pool } = this.#options;
    const client = await pool.connect();
    try {
      // Single flight in the deployment; a lost session gives the lock back. The inbox makes a second run harmless.
      const [lock] = await run<{ mine: boolean }>(client, tryLock, [deadline.kind]);
      if (!lock?.mine) return;
      const queue = [...rows];
      const worker = async (): Promise<void> => {
        for (let row = queue.shift(); row; row = queue.shift()) {
          if (this.#stopping.signal.aborted) return;
          await this.#fire(deadline, row as InferEntity<Entity> & { id: string });
        }
      };
      await Promise.all(Array.from({ length: Math.min(concurrency, rows.length) }, worker));
    } finally {
      await run(client, unlock, [deadline.kind]).catch(() => undefined);
      client.release();
    }
  }

  async #fire(deadline: AnyDeadline, row: Record<string, unknown> & { id: string }): Promise<void> {
    const dueAt = row[deadline.dueAt] as Date;
    const id = `${deadline.kind}/${row.id}/${dueAt.getTime()}`;
    if ((this.#backoff.get(id) ?? 0) > performance.now() || this.#running.has(id)) return;
    this.#running.add(id);
    try {
      if (!(await this.#mayFire(deadline, row, dueAt))) return;
      await deadline.fire(row, { source: 'timer', id, datedAt: dueAt });
      this.#backoff.delete(id);
    } catch (error) {
      this.#backoff.set(id, performance.now() + retryAfterMs);
      this.#options.onError?.(error, `deadline ${deadline.kind}`);
    } finally {
      this.#running.delete(id);
    }
  }

  /** The gate of M-17: every topic that can stop it has spoken for its keys, and none of their messages is parked. */
  async #mayFire(deadline: AnyDeadline, row: Record<string, unknown>, dueAt: Date): Promise<boolean> {
    if (deadline.stoppedBy.length === 0) return true;
    const { pool } = this.#options;
    const keys = deadline.keys.map((property) => String(row[property]));
    if (!(await watermarksReached(pool, deadline.stoppedBy, keys.map(partitionOf), dueAt))) return false;
    return !(await anyParked(pool, deadline.stoppedBy, keys));
  }

  async #dueRows(deadline: AnyDeadline, limit: number): Promise<Record<string, unknown>[]> {
    const { due, fromRow } = this.#statements.get(deadline)!;
    const rows = await run<Record<string, unknown>>(this.#options.pool, due, [this.#options.clock.now(), limit]);
    return rows.map(fromRow);
  }
}

const tryLock = `select pg_try_advisory_lock(hashtextextended('holdfast.sweep.' || $1, 0)) as mine`;
const unlock = `select pg_advisory_unlock(hashtextextended('holdfast.sweep.' || $1, 0))`;

function build(orm: MikroORM, deadline: AnyDeadline): Statements {
  const { table, columnOf, columns, fromRow } = statementsOf(orm, deadline.entity);
  const due = columnOf(deadline.dueAt);
  const parties = deadline.parties.map((property) => `${columnOf(property)} = $1`).join(' or ') || 'false';
  return {
    due: `select ${columns} from ${table} where ${due} <= $1 order by ${due}, id limit $2`,
    next: `select min(${due}) as due from ${table}`,
    mine: `select ${columns} from ${table} where ${due} is not null and (${parties}) order by ${due} limit 500`,
    fromRow,
  };
}
