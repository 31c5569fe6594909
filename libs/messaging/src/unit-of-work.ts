import { createHash } from 'node:crypto';
import { type Journal, NotYet, Rejection } from '@holdfast/domain';
import type { Catalogue, EventOf } from '@holdfast/events';
import type { InferEntity, MikroORM } from '@mikro-orm/core';
import type { Pool } from 'pg';
import { type Causality, currentCausality } from './causality.ts';
import type { BusinessClock } from './clocks.ts';
import {
  type Changes,
  type JournalWriter,
  lockLoaded,
  lockRows,
  locksOf,
  Stale,
  type TableLock,
  writeChanges,
} from './commit.ts';
import { crashPoint } from './crash-points.ts';
import { type Client, isConflict, isDatabaseAway, run } from './database.ts';
import { newId } from './ids.ts';
import { type Entity, statementsOf, type TableStatements } from './table-statements.ts';

/**
 * What makes a repeat recognisable: the caller's Idempotency-Key, the id of a Kafka event, or a timer's aggregate and
 * deadline (AD-9). A timer is dated at its due instant (M-21), a worker's outcome at the instant it is recorded.
 */
export type MessageRef =
  | { source: 'http' | 'event' | 'worker'; id: string }
  | { source: 'timer'; id: string; datedAt: Date };

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | JsonValue[]
  | { [key: string]: JsonValue };

/** Every command carries the message it came from; the rest of its input is its fingerprint. */
export interface OnceCommand {
  readonly input: Readonly<{ message: MessageRef }>;
}

type Where<E> = Partial<InferEntity<E>>;
type RowOf<E> = InferEntity<E>;

/** What a query and a handler have in common: rows of one transaction. */
export interface Rows {
  one<E extends Entity>(entity: E, where: Where<E>): Promise<RowOf<E> | undefined>;
  /** A row whose later change does not matter to a decision: it is not checked, nor locked, at the commit. */
  peek<E extends Entity>(entity: E, where: Where<E>): Promise<RowOf<E> | undefined>;
  /** Ordered by id. */
  many<E extends Entity>(entity: E, where: Where<E>): Promise<RowOf<E>[]>;
}

/** One transaction as a handler sees it: reads now, everything else as data that the committer writes at the end. */
export interface Tx extends Rows {
  /** The deciding instant: business time, taken inside the transaction once it has its id (M-19). */
  readonly now: Date;
  insert<E extends Entity>(entity: E, row: Omit<RowOf<E>, 'version'>): void;
  /** Writes a row that was loaded in this transaction; its version is checked at the commit. */
  save<E extends Entity>(entity: E, row: Omit<RowOf<E>, 'version'> & { id: string }): void;
  post(journal: Journal): void;
  publish<C extends Catalogue>(catalogue: C, events: readonly EventOf<C>[]): void;
}

/** An event as a transaction is about to publish it. */
export type PublishedEvent = Readonly<{ type: string; [field: string]: unknown }>;

/**
 * What else belongs into a transaction because of what it publishes, whichever command it is. It sees the rows as they
 * were before, and is called once.
 */
export type Follows = (tx: Tx, published: readonly PublishedEvent[]) => Promise<void>;

export interface UnitOfWorkOptions {
  pool: Pool;
  orm: MikroORM;
  clock: BusinessClock;
  journals?: JournalWriter;
  follows?: Follows;
  /** `answer.unknown_seconds` of rule M-15, in milliseconds. */
  unknownMs?: number;
}

interface Stored {
  fingerprint: string;
  answer: JsonValue;
  /** False where the work gave none, which is not the same as null. */
  answered: boolean;
  refusal: { code: string; details: Record<string, unknown> } | null;
}

/** Tries against other transactions, and against a database that went away. */
const attemptsMax = 8;
/** How often a command on an unknown id looks again although nothing of this process woke it. */
const unknownPollMs = 150;

/**
 * The reliability story in one place: inbox mark, rows, journals and outbox rows commit together or not at all, and a
 * repeat of the same message gets the first answer, a business refusal included (AD-9; docs/inbox.md).
 */
export class UnitOfWork {
  readonly #options: UnitOfWorkOptions;
  readonly #committed = new Set<(source: MessageRef['source']) => void>();

  constructor(options: UnitOfWorkOptions) {
    this.#options = options;
  }

  /** Called after each commit that wrote something: wakes the relay and commands that wait for a fact. */
  onCommit(listener: (source: MessageRef['source']) => void): () => void {
    this.#committed.add(listener);
    return () => this.#committed.delete(listener);
  }

  /**
   * @param work a Rejection that it throws rolls back all that it did; one that it returns is committed with it, where
   *   being refused has consequences of its own
   * @throws Rejection what the work refused, now or the first time; `idempotency.key_reused` when the same key came
   *   with other content; NotYet when the awaited fact stayed unknown
   */
  async once<Answer extends JsonValue | void>(
    command: OnceCommand,
    work: (tx: Tx) => Promise<Answer | Rejection>,
  ): Promise<Answer> {
    const { message } = command.input;
    const name = command.constructor.name;
    const fingerprint = fingerprintOf(command.input);
    const giveUpAt = performance.now() + (message.source === 'http' ? (this.#options.unknownMs ?? 2_000) : 0);
    for (;;) {
      try {
        const answer = await this.#tryOnce(name, message, fingerprint, work);
        if (answer instanceof Rejection) throw answer;
        return answer;
      } catch (error) {
        if (error instanceof NotYet && performance.now() < giveUpAt) {
          await this.#nextFact(Math.min(unknownPollMs, giveUpAt - performance.now()));
        } else if (error instanceof Rejection && message.source === 'http' && !isKeyReuse(error)) {
          return (await this.#storeRefusal(name, message, fingerprint, error)) as Answer;
        } else {
          throw error;
        }
      }
    }
  }

  /** All that the work reads stands as of one instant; nothing is written, and no row is locked. */
  async read<Answer>(work: (rows: Rows) => Promise<Answer>): Promise<Answer> {
    return this.#connected(async (client) => {
      await client.query('begin isolation level repeatable read read only');
      const many = async (entity: Entity, where: object) => {
        const statements = statementsOf(this.#options.orm, entity);
        return (await select(client, statements, where)).map(statements.fromRow);
      };
      const one = async (entity: Entity, where: object) => (await many(entity, where))[0];
      const answer = await work({ many, one, peek: one } as unknown as Rows);
      await client.query('commit');
      return answer;
    });
  }

  async #tryOnce<Answer extends JsonValue | void>(
    name: string,
    message: MessageRef,
    fingerprint: string,
    work: (tx: Tx) => Promise<Answer | Rejection>,
  ): Promise<Answer | Rejection> {
    let lockFirst: readonly TableLock[] = [];
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#transaction(name, message, fingerprint, work, lockFirst);
      } catch (error) {
        if (error instanceof Stale) lockFirst = error.lockFirst;
        const again = error instanceof Stale || isConflict(error);
        // Safe after a COMMIT whose answer was lost: if it took effect, the inbox answers the repeat.
        const away = isDatabaseAway(error) && message.source !== 'event';
        if (attempt >= attemptsMax || !(again || away)) throw error;
        if (away) await pause(50 * attempt);
      }
    }
  }

  async #transaction<Answer extends JsonValue | void>(
    name: string,
    message: MessageRef,
    fingerprint: string,
    work: (tx: Tx) => Promise<Answer | Rejection>,
    lockFirst: readonly TableLock[],
  ): Promise<Answer | Rejection> {
    return this.#connected(async (client) => {
      await client.query('begin');
      const [mark] = await run<{ now: Date }>(client, insertMark, [name, message.id, fingerprint]);
      if (!mark) {
        await client.query('rollback');
        return replay(await this.#stored(client, name, message.id), fingerprint) as Answer;
      }
      const now = lockFirst.length > 0 ? await lockAndLook(client, lockFirst) : mark.now;
      const { tx, changes } = this.#open(client, message, now);
      const followed = async (): Promise<Answer | Rejection> => {
        const answer = await work(tx);
        await this.#options.follows?.(
          tx,
          changes.events.map(({ event }) => event),
        );
        return answer;
      };
      const answer = await followed().catch((error) =>
        refuseOnlyTheCurrent(client, changes, lockFirst, error),
      );
      const said = answer === undefined ? null : JSON.stringify(wordsOf(answer));
      await run(client, answer instanceof Rejection ? keepRefusal : storeAnswer, [name, message.id, said]);
      await writeChanges(client, changes, this.#options.journals, lockFirst);
      crashPoint('commit.before');
      await client.query('commit');
      crashPoint('commit.after');
      for (const listener of this.#committed) listener(message.source);
      return answer;
    });
  }

  /** A connection for as long as the work takes; what is open on it when the work fails is rolled back. */
  async #connected<Answer>(work: (client: Client) => Promise<Answer>): Promise<Answer> {
    const client = await this.#options.pool.connect();
    let broken: Error | undefined;
    try {
      return await work(client);
    } catch (error) {
      await client.query('rollback').catch((rollbackError: Error) => {
        broken = rollbackError;
      });
      throw error;
    } finally {
      client.release(broken);
    }
  }

  #open(client: Client, message: MessageRef, wallNow: Date): { tx: Tx; changes: Changes } {
    const { clock, orm } = this.#options;
    const now = message.source === 'timer' ? message.datedAt : clock.fromWall(wallNow);
    const causality: Causality = currentCausality() ?? { causationId: message.id, correlationId: newId() };
    const changes: Changes = {
      loaded: new Map(),
      inserted: [],
      saved: [],
      journals: [],
      events: [],
      now,
      postedAt: clock.fromWall(wallNow),
      occurredAt: wallNow,
      causality,
    };
    const many = async (entity: Entity, where: object): Promise<Record<string, unknown>[]> => {
      const statements = statementsOf(orm, entity);
      return (await select(client, statements, where)).map((row) => {
        const { id, version } = row as { id: string; version: number };
        const versions = changes.loaded.get(statements) ?? new Map<string, number>();
        // Two readings of one row must be the same row, else the decision stands on neither.
        if ((versions.get(id) ?? version) !== version) throw new Stale(locksOf(changes));
        changes.loaded.set(statements, versions.set(id, version));
        return statements.fromRow(row);
      });
    };
    const tx = {
      now,
      many,
      one: async (entity: Entity, where: object) => (await many(entity, where))[0],
      peek: async (entity: Entity, where: object) => {
        const statements = statementsOf(orm, entity);
        const [row] = await select(client, statements, where);
        return row && statements.fromRow(row);
      },
      insert: (entity: Entity, row: Record<string, unknown>) =>
        changes.inserted.push({ statements: statementsOf(orm, entity), row: { ...row, version: 1 } }),
      save: (entity: Entity, row: Record<string, unknown> & { id: string }) => {
        const statements = statementsOf(orm, entity);
        const version = changes.loaded.get(statements)?.get(row.id);
        if (version === undefined) throw new RangeError(`${statements.table} ${row.id} was not loaded here`);
        changes.saved.push({ statements, row: { ...row, version: version + 1 } });
      },
      post: (journal: Journal) => changes.journals.push(journal),
      publish: (catalogue: Catalogue, events: readonly { type: string }[]) =>
        changes.events.push(...events.map((event) => ({ catalogue, event }))),
    } as unknown as Tx;
    return { tx, changes };
  }

  async #stored(client: Client, name: string, messageId: string): Promise<Stored> {
    const [stored] = await run<Stored>(client, selectMark, [name, messageId]);
    // The other transaction rolled back after we had waited for it.
    if (!stored) throw new Stale();
    return stored;
  }

  /** The work was rolled back; the refusal is an answer too and is kept for a repeat (M-8). */
  async #storeRefusal(
    name: string,
    message: MessageRef,
    fingerprint: string,
    refusal: Rejection,
  ): Promise<JsonValue> {
    const { pool } = this.#options;
    await run(pool, insertRefusal, [name, message.id, fingerprint, JSON.stringify(wordsOf(refusal))]);
    const [stored] = await run<Stored>(pool, selectMark, [name, message.id]);
    return replay(stored!, fingerprint);
  }

  #nextFact(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, timeoutMs);
      const stop = this.onCommit((source) => source === 'event' && done());
      function done(): void {
        clearTimeout(timer);
        stop();
        resolve();
      }
    });
  }
}

const select = (
  client: Client,
  statements: TableStatements,
  where: object,
): Promise<Record<string, unknown>[]> =>
  run(client, statements.select(Object.keys(where)), Object.values(where));

/**
 * What is refused, or does not add up, counts only on rows that still stand as they were read: somebody may have
 * committed between two readings.
 * @throws Stale to decide again, else the error
 */
async function refuseOnlyTheCurrent(
  client: Client,
  changes: Changes,
  locked: readonly TableLock[],
  error: unknown,
): Promise<never> {
  if (error instanceof Rejection || error instanceof RangeError) await lockLoaded(client, changes, locked);
  throw error;
}

/** After a wait for the locks the deciding instant is taken again: facts of one row are dated in their order. */
async function lockAndLook(client: Client, lockFirst: readonly TableLock[]): Promise<Date> {
  await lockRows(client, lockFirst);
  const [row] = await run<{ now: Date }>(
    client,
    `select date_trunc('milliseconds', clock_timestamp()) as now`,
  );
  return row!.now;
}

/** Writing the mark gives the transaction its id; only then is the deciding instant taken (M-19). */
const insertMark = `insert into inbox (command, message_id, fingerprint) values ($1, $2, $3)
  on conflict do nothing returning date_trunc('milliseconds', clock_timestamp()) as now`;
const storeAnswer =
  'update inbox set answer = $3 where command = $1 and message_id = $2 and $3::json is not null';
const keepRefusal = 'update inbox set refusal = $3 where command = $1 and message_id = $2';
const selectMark = `select fingerprint, answer, answer is not null as answered, refusal from inbox
  where command = $1 and message_id = $2`;
const insertRefusal = `insert into inbox (command, message_id, fingerprint, refusal) values ($1, $2, $3, $4)
  on conflict do nothing`;

/** What is stored: an answer as it is, of a refusal its code and details. */
const wordsOf = (answer: unknown): unknown =>
  answer instanceof Rejection ? { code: answer.code, details: answer.details } : answer;

function replay(stored: Stored, fingerprint: string): JsonValue {
  if (stored.fingerprint !== fingerprint) throw new Rejection('idempotency.key_reused');
  if (stored.refusal) throw new Rejection(stored.refusal.code, stored.refusal.details);
  return stored.answered ? stored.answer : undefined;
}

const isKeyReuse = (error: Rejection): boolean => error.code === 'idempotency.key_reused';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** SHA-256 over everything a command says but the message itself, with keys in order. */
function fingerprintOf({ message: _, ...content }: OnceCommand['input']): string {
  return createHash('sha256').update(canonical(content)).digest('hex');
}

function canonical(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (value && typeof value === 'object') {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    const sorted = entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${sorted.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join()}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
