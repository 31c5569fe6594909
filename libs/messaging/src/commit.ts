import type { Journal } from '@holdfast/domain';
import { type Catalogue, encodeData, keyOf, subjectOf, wireType } from '@holdfast/events';
import { type Causality, currentTraceparent, joinCorrelation } from './causality.ts';
import { type Client, run } from './database.ts';
import { newId } from './ids.ts';
import { partitionOf } from './partitions.ts';
import type { TableStatements } from './table-statements.ts';

/** Writes journals inside the committing transaction; implemented by `@holdfast/ledger`. */
export interface JournalWriter {
  write(
    client: Client,
    journals: readonly Journal[],
    dates: { valueDate: Date; postedAt: Date },
  ): Promise<void>;
}

/** What a handler decided, as data, so that another committer may write many of them at once. */
export interface Changes {
  /** Versions that were read, per table: each must still stand at the commit. */
  loaded: Map<TableStatements, Map<string, number>>;
  inserted: { statements: TableStatements; row: Record<string, unknown> }[];
  saved: { statements: TableStatements; row: Record<string, unknown> }[];
  journals: Journal[];
  events: { catalogue: Catalogue; event: { type: string } }[];
  /** Business instant of the facts; of a timer its due instant. */
  now: Date;
  /** Business instant of the posting: differs from `now` only for what a timer does late (M-21). */
  postedAt: Date;
  /** Wall instant of the transaction, for the watermark. */
  occurredAt: Date;
  causality: Causality;
}

/** The rows of one table that a decision has read. */
export interface TableLock {
  statements: TableStatements;
  ids: string[];
  mode: 'save' | 'read';
}

/**
 * Somebody else committed a version that this decision had read: load and decide again. The rows it had read are
 * locked before, so that on a busy row nobody comes second for ever.
 */
export class Stale extends Error {
  override readonly name = 'Stale';
  readonly lockFirst: readonly TableLock[];

  constructor(lockFirst: readonly TableLock[] = []) {
    super('a row that was read has changed');
    this.lockFirst = lockFirst;
  }
}

/**
 * The single committer. Order of locks, the same for everybody so that deadlocks do not arise: rows by table name and
 * id, sequences by aggregate, balances by account (in the journal writer).
 */
export async function writeChanges(
  client: Client,
  changes: Changes,
  journals: JournalWriter | undefined,
  locked: readonly TableLock[] = [],
): Promise<void> {
  await lockLoaded(client, changes, locked);
  for (const { statements, row } of changes.inserted) {
    await run(client, statements.insert, statements.toValues(row));
  }
  for (const { statements, row } of changes.saved)
    await run(client, statements.update, statements.toValues(row));
  if (changes.events.length > 0) await writeOutbox(client, changes);
  if (changes.journals.length > 0) {
    if (!journals) throw new Error('this service keeps no ledger');
    await journals.write(client, changes.journals, { valueDate: changes.now, postedAt: changes.postedAt });
  }
}

/**
 * @param locked what this transaction has locked before it decided
 * @throws Stale when a row is gone or has another version than the one that was read, or could be locked only
 *   out of order
 */
export async function lockLoaded(
  client: Client,
  changes: Changes,
  locked: readonly TableLock[] = [],
): Promise<void> {
  const locks = locksOf(changes);
  if (!followsOn(locked, locks)) throw new Stale(locks);
  const unchanged = await lockRows(client, locks, (statements, { id, version }) => {
    return changes.loaded.get(statements)!.get(id) === version;
  });
  if (unchanged !== locks.reduce((count, { ids }) => count + ids.length, 0)) throw new Stale(locks);
}

/** One mode for a table, so that its rows are still locked in the order of their ids. */
export function locksOf({ loaded, saved }: Changes): TableLock[] {
  const savedTables = new Set(saved.map(({ statements }) => statements));
  return [...loaded]
    .map(([statements, versions]): TableLock => {
      return { statements, ids: [...versions.keys()], mode: savedTables.has(statements) ? 'save' : 'read' };
    })
    .sort((a, b) => (a.statements.table < b.statements.table ? -1 : 1));
}

/**
 * Whether what is wanted comes behind all that is held. A decision that read more than the time before, or saves
 * what it only read then, would lock against the order and could deadlock (F34): it begins anew with all of it.
 */
function followsOn(locked: readonly TableLock[], wanted: readonly TableLock[]): boolean {
  const placeOf = (table: string, id: string): string => `${table}/${id}`;
  const modes = new Map<string, TableLock['mode']>();
  for (const { statements, ids, mode } of locked) {
    for (const id of ids) modes.set(placeOf(statements.table, id), mode);
  }
  const last = [...modes.keys()].sort().at(-1);
  if (last === undefined) return true;
  return wanted.every(({ statements, ids, mode }) =>
    ids.every((id) => {
      const place = placeOf(statements.table, id);
      const held = modes.get(place);
      return held === undefined ? place > last : held === 'save' || mode === 'read';
    }),
  );
}

/** @returns how many rows are there and fit */
export async function lockRows(
  client: Client,
  locks: readonly TableLock[],
  fits: (statements: TableStatements, row: { id: string; version: number }) => boolean = () => true,
): Promise<number> {
  let count = 0;
  for (const { statements, ids, mode } of locks) {
    const rows = await run<{ id: string; version: number }>(client, statements.lock[mode], [ids]);
    count += rows.filter((row) => fits(statements, row)).length;
  }
  return count;
}

/** Larger than any event by far and below the broker's limit: refused here, not stuck in the relay (F26). */
const payloadBytesMax = 256 * 1024;

interface Sequence {
  subject: string;
  last_sequence: bigint;
  correlation_id: string;
}

async function writeOutbox(client: Client, changes: Changes): Promise<void> {
  const { causality } = changes;
  const traceparent = currentTraceparent();
  const messages = changes.events.map(({ catalogue, event }) => {
    const payload = JSON.stringify(encodeData(catalogue, event));
    if (Buffer.byteLength(payload) > payloadBytesMax)
      throw new RangeError(`${event.type} is too large to publish`);
    const key = keyOf(catalogue, event);
    return {
      id: newId(),
      service: catalogue.service,
      subject: subjectOf(catalogue, event),
      key,
      partition: partitionOf(key),
      type: wireType(catalogue, event.type),
      payload,
    };
  });
  const subjects = [...new Set(messages.map((message) => message.subject))].sort();
  const sequences = new Map<string, Sequence>();
  for (const subject of subjects) {
    const own = messages.filter((message) => message.subject === subject);
    const [sequence] = await run<Sequence>(client, advanceSequence, [
      subject,
      own.length,
      own[0]!.key,
      own[0]!.partition,
      causality.correlationId,
      traceparent ?? null,
    ]);
    sequences.set(subject, { ...sequence!, last_sequence: sequence!.last_sequence - BigInt(own.length) });
  }
  for (const { id, service, subject, key, partition, type, payload } of messages) {
    const sequence = sequences.get(subject)!;
    sequence.last_sequence += 1n;
    const headers = {
      subject,
      source: `/holdfast/${service}`,
      sequence: Number(sequence.last_sequence),
      time: changes.now.toISOString(),
      causationId: causality.causationId,
      correlationId: sequence.correlation_id,
      ...(traceparent ? { traceparent } : {}),
    };
    await run(client, insertOutbox, [
      id,
      service,
      key,
      type,
      payload,
      JSON.stringify(headers),
      partition,
      changes.occurredAt,
    ]);
  }
  joinCorrelation(causality, sequences.get(messages.at(-1)!.subject)!.correlation_id);
}

/**
 * All facts of an aggregate carry the correlation id of its first one, which so joins the life of one payment over
 * every act on it (AD-22). The trace context is that of the last one: what a timer links to.
 */
const advanceSequence = `insert into event_sequences as known
    (subject, last_sequence, message_key, partition, correlation_id, traceparent) values ($1, $2, $3, $4, $5, $6)
  on conflict (subject) do update set last_sequence = known.last_sequence + excluded.last_sequence,
    traceparent = excluded.traceparent
  returning subject, last_sequence, correlation_id`;

const insertOutbox = `insert into outbox
    (id, aggregatetype, aggregateid, type, payload, headers, partition, occurred_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8)`;
