import { setTimeout as pause } from 'node:timers/promises';
import type { MikroORM } from '@mikro-orm/core';
import type { Pool } from 'pg';
import { runCausedBy } from './causality.ts';
import type { BusinessClock } from './clocks.ts';
import { type Client, run } from './database.ts';
import type { AnyDeadline } from './deadline.ts';
import { DeadlineList } from './deadline-list.ts';
import { parkedKeysAmong } from './parking.ts';
import { partitionCount, partitionOf } from './partitions.ts';
import { ReceivedWatermarks } from './received-watermarks.ts';
import { timerSpan } from './spans.ts';
import { statementsOf } from './table-statements.ts';
import type { MessageRef } from './unit-of-work.ts';

export interface DeadlinesOptions {
  pool: Pool;
  orm: MikroORM;
  clock: BusinessClock;
  onError?: (error: unknown, what: string) => void;
}

type Row = Record<string, unknown> & { id: string };

/** Where a page ends: the due instant as the database writes it, since a JavaScript date would cut it off. */
type Place = { due: string; id: string };

interface Statements {
  due: string;
  /** The same behind a row: those that must still wait do not hide the ones behind them. */
  dueAfter: string;
  next: string;
  fromRow: (row: Record<string, unknown>) => Record<string, unknown>;
}

const pollMs = 500;
/** Commits come much faster than anything falls due by them: they share a look. */
const restMs = 50;
/** At once per kind, so that one slow provider does not hold up the others. */
const concurrency = 8;
const retryAfterMs = 1_000;
const pageRows = 200;
const unsweptMax = 10_000;

/** Sweeps due rows, one worker per kind in the whole deployment, and answers what is due next (docs/deadlines.md). */
export class Deadlines {
  readonly #options: DeadlinesOptions;
  readonly #deadlines: readonly AnyDeadline[];
  readonly #statements = new Map<AnyDeadline, Statements>();
  readonly #backoff = new Map<string, number>();
  readonly #running = new Set<string>();
  /** Which timers are set, for the persons concerned and for operators. */
  readonly list: DeadlineList;
  /** What has run during a look at what is due. */
  readonly #looks = new Set<Set<string>>();
  #stopping = new AbortController();
  #wake = new AbortController();
  #loops: Promise<void>[] = [];

  constructor(options: DeadlinesOptions, deadlines: readonly AnyDeadline[]) {
    this.#options = options;
    this.#deadlines = deadlines;
    this.list = new DeadlineList(options, deadlines);
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

  /** The next due instant at which a moved clock stops, in business time; what is due already counts too. */
  async nextDueAt(): Promise<Date | undefined> {
    const stops = this.#deadlines.filter(({ does }) => does !== 'watch');
    const dates = await Promise.all(stops.map((deadline) => this.#nextOf(deadline)));
    return dates.filter((date) => date !== undefined).sort((a, b) => a.getTime() - b.getTime())[0];
  }

  /**
   * Kinds of which something is due now or running: then the system is not quiet (AD-14). A look takes its time: what is
   * due is compared with the instant after it, since the row may have become due meanwhile, and what has run during it
   * counts, since it may have made something due of a kind that was looked at before.
   */
  async dueNow(): Promise<string[]> {
    const ran = new Set(this.#running);
    this.#looks.add(ran);
    try {
      const kinds = await Promise.all(
        this.#deadlines.map(async (deadline) => {
          const due = await this.#nextOf(deadline);
          return due && due <= this.#options.clock.now() ? [deadline.kind] : [];
        }),
      );
      return [...new Set([...kinds.flat(), ...[...ran].map((id) => id.split('/')[0]!)])];
    } finally {
      this.#looks.delete(ran);
    }
  }

  /** For the watermark: timers that are due by the database's clock, as it is, and not yet swept (M-17). */
  async unswept(client: Client): Promise<{ partition: number; dueAt: Date }[]> {
    const [clock] = await run<{ now: Date }>(client, 'select clock_timestamp() as now');
    const until = this.#options.clock.fromWall(clock!.now);
    const found: { partition: number; dueAt: Date }[] = [];
    for (const deadline of this.#deadlines.filter((candidate) => candidate.does === 'timer')) {
      const { due, fromRow } = this.#statements.get(deadline)!;
      const rows = (await run<Record<string, unknown>>(client, due, [until, unsweptMax])).map(fromRow);
      const timers = rows.map((row) => ({
        partition: partitionOf(String(row[deadline.keys[0]!])),
        dueAt: row[deadline.dueAt] as Date,
      }));
      found.push(...timers);
      // Those that were not read are due later than the last one, on any partition.
      const last = timers[unsweptMax - 1];
      if (last)
        found.push(...Array.from({ length: partitionCount }, (_, partition) => ({ ...last, partition })));
    }
    return found;
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
      await pause(restMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      await pause(pollMs, undefined, { signal: woken }).catch(() => undefined);
    }
  }

  async #sweep(deadline: AnyDeadline): Promise<void> {
    if ((await this.#dueRows(deadline, 1)).rows.length === 0) return;
    const client = await this.#options.pool.connect();
    let broken: Error | undefined;
    try {
      // Single flight in the deployment; a lost session gives the lock back. The inbox makes a second run harmless.
      const [lock] = await run<{ mine: boolean }>(client, tryLock, [deadline.kind]);
      if (lock?.mine) await this.#sweepPages(deadline, client);
    } finally {
      await run(client, unlock, [deadline.kind]).catch((error: Error) => {
        broken = error;
      });
      client.release(broken);
    }
  }

  /** What falls due while a slow one runs is begun beside it: a provider's call that hangs holds up no other. */
  async #sweepPages(deadline: AnyDeadline, client: Client): Promise<void> {
    const firing = new Set<Promise<void>>();
    try {
      do {
        const woken = this.#wake.signal;
        await this.#firePages(deadline, firing);
        const again = pause(pollMs, undefined, { signal: woken }).catch(() => undefined);
        await Promise.race([Promise.all(firing), again]);
        // A session that was lost has given the lock away: somebody else sweeps then.
        await run(client, 'select 1');
      } while (firing.size > 0);
    } finally {
      await Promise.all(firing);
    }
  }

  async #firePages(deadline: AnyDeadline, firing: Set<Promise<void>>): Promise<void> {
    let last: Place | undefined;
    do {
      const { rows, end } = await this.#dueRows(deadline, pageRows, last);
      last = end;
      for (const row of await this.#thatMayFire(deadline, rows)) {
        if (firing.size >= concurrency) await Promise.race(firing);
        if (this.#stopping.signal.aborted) return;
        const done: Promise<void> = this.#fire(deadline, row).finally(() => firing.delete(done));
        firing.add(done);
      }
    } while (last && !this.#stopping.signal.aborted);
  }

  async #fire(deadline: AnyDeadline, row: Row): Promise<void> {
    const dueAt = row[deadline.dueAt] as Date;
    const id = `${deadline.kind}/${row.id}/${dueAt.getTime()}`;
    if ((this.#backoff.get(id) ?? 0) > performance.now() || this.#running.has(id)) return;
    this.#backoff.delete(id);
    for (const running of [this.#running, ...this.#looks]) running.add(id);
    try {
      const message = { source: 'timer', id, datedAt: dueAt } as const;
      if (deadline.does === 'timer') await this.#asTimer(deadline, row, message);
      else await deadline.fire(row, message);
    } catch (error) {
      this.#backoff.set(id, performance.now() + retryAfterMs);
      this.#options.onError?.(error, `deadline ${deadline.kind}`);
    } finally {
      this.#running.delete(id);
    }
  }

  /** The act of nobody: a trace and a cause of its own, in the life of the payment whose last fact set it. */
  async #asTimer(deadline: AnyDeadline, row: Row, message: MessageRef & { source: 'timer' }): Promise<void> {
    const [cause] = await run<Cause>(this.#options.pool, causeOfTimer, [row.id]);
    const fire = () => deadline.fire(row, message);
    await timerSpan(deadline.kind, cause, () =>
      cause ? runCausedBy({ causationId: message.id, correlationId: cause.correlationId }, fire) : fire(),
    );
  }

  /**
   * The gate of M-17: every topic that can stop it has spoken for its keys, and none of their messages is parked. In
   * this order: what stands before a watermark was applied or parked when the watermark was saved.
   */
  async #thatMayFire(deadline: AnyDeadline, rows: readonly Row[]): Promise<Row[]> {
    const { stoppedBy } = deadline;
    if (stoppedBy.length === 0) return [...rows];
    const { pool } = this.#options;
    const keysOf = (row: Row): string[] => deadline.keys.map((property) => String(row[property]));
    const watermarks = await ReceivedWatermarks.read(pool, stoppedBy);
    const reached = rows.filter((row) => {
      return watermarks.reached(stoppedBy, keysOf(row).map(partitionOf), row[deadline.dueAt] as Date);
    });
    if (reached.length === 0) return [];
    const parked = await parkedKeysAmong(pool, stoppedBy, reached.flatMap(keysOf));
    return reached.filter((row) => !keysOf(row).some((key) => parked.has(key)));
  }

  async #nextOf(deadline: AnyDeadline): Promise<Date | undefined> {
    const [row] = await run<{ due: Date | null }>(this.#options.pool, this.#statements.get(deadline)!.next);
    return row?.due ?? undefined;
  }

  /** The soonest first; `end` is the place behind a page that is full. */
  async #dueRows(
    deadline: AnyDeadline,
    limit: number,
    after?: Place,
  ): Promise<{ rows: Row[]; end: Place | undefined }> {
    const { due, dueAfter, fromRow } = this.#statements.get(deadline)!;
    const now = this.#options.clock.now();
    const found = await run<Record<string, unknown>>(
      this.#options.pool,
      after ? dueAfter : due,
      after ? [now, limit, after.due, after.id] : [now, limit],
    );
    const last = found[limit - 1];
    const end = last && { due: String(last[placeColumn]), id: String(last.id) };
    return { rows: found.map(fromRow) as Row[], end };
  }
}

const placeColumn = 'due_place';

type Cause = { correlationId: string; traceparent: string | null };
/** The aggregate whose row is due is the subject of the fact that made it so. */
const causeOfTimer = `select correlation_id as "correlationId", traceparent from event_sequences where subject = $1`;

const tryLock = `select pg_try_advisory_lock(hashtextextended('holdfast.sweep.' || $1, 0)) as mine`;
const unlock = `select pg_advisory_unlock(hashtextextended('holdfast.sweep.' || $1, 0))`;

function build(orm: MikroORM, deadline: AnyDeadline): Statements {
  const { table, columnOf, columns, fromRow } = statementsOf(orm, deadline.entity);
  const due = columnOf(deadline.dueAt);
  const select = `select ${columns}, ${due}::text as ${placeColumn} from ${table} where ${due} <= $1`;
  // In the order of the index on it: a page reads its own rows, not all that are due.
  const page = `order by ${due}, id limit $2`;
  return {
    due: `${select} ${page}`,
    dueAfter: `${select} and (${due}, id) > ($3::timestamptz, $4) ${page}`,
    next: `select min(${due}) as due from ${table}`,
    fromRow,
  };
}
