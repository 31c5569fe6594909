import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { Journal } from './journal.ts';

/** Names a table and the type of its rows. */
export type Table<Row> = Readonly<{ name: string; row?: Row }>;

type Rows = Map<string, unknown>;
type Change = [table: string, id: string, row: unknown];
type Entry = { changes: Change[] };

const counters = table<number>('counters');

export function table<Row>(name: string): Table<Row> {
  return { name };
}

/**
 * The whole state of the simulator: tables in memory, each transaction one line of the journal.
 * Rows are never changed in place. An answer may leave only after `flushed()`.
 */
export class Store {
  readonly #tables = new Map<string, Rows>();
  readonly #seed: string;
  #journal!: Journal;

  private constructor(seed: string) {
    this.#seed = seed;
  }

  /** @param seed the same seed and the same order of calls give the same ids */
  static async open(directory: string, seed: string): Promise<Store> {
    const store = new Store(seed);
    store.#journal = await Journal.open(join(directory, 'journal.jsonl'), (entry) =>
      store.#apply(entry as Entry),
    );
    return store;
  }

  get<Row>(from: Table<Row>, id: string): Row | undefined {
    return this.#rows(from.name).get(id) as Row | undefined;
  }

  /** In the order in which the rows were first written. */
  all<Row>(from: Table<Row>): Iterable<Row> {
    return this.#rows(from.name).values() as Iterable<Row>;
  }

  /** All or nothing: when `work` throws, nothing of it is kept. It must not await. */
  transact<Result>(work: (tx: Tx) => Result): Result {
    const tx = new Tx(this, this.#seed);
    const result = work(tx);
    const changes = tx.changes();
    if (changes.length > 0) {
      this.#journal.append({ changes });
      this.#apply({ changes });
    }
    return result;
  }

  flushed(): Promise<void> {
    return this.#journal.flushed();
  }

  close(): Promise<void> {
    return this.#journal.close();
  }

  #apply({ changes }: Entry): void {
    for (const [name, id, row] of changes) {
      if (row === null) this.#rows(name).delete(id);
      else this.#rows(name).set(id, row);
    }
  }

  #rows(name: string): Rows {
    const rows = this.#tables.get(name) ?? new Map();
    this.#tables.set(name, rows);
    return rows;
  }
}

/** Reads through its own unwritten changes. */
export class Tx {
  readonly #store: Store;
  readonly #seed: string;
  readonly #changes = new Map<string, Change>();

  constructor(store: Store, seed: string) {
    this.#store = store;
    this.#seed = seed;
  }

  get<Row>(from: Table<Row>, id: string): Row | undefined {
    const change = this.#changes.get(`${from.name}/${id}`);
    return change ? ((change[2] ?? undefined) as Row | undefined) : this.#store.get(from, id);
  }

  put<Row>(into: Table<Row>, id: string, row: Row): void {
    this.#changes.set(`${into.name}/${id}`, [into.name, id, row]);
  }

  remove(from: Table<unknown>, id: string): void {
    this.#changes.set(`${from.name}/${id}`, [from.name, id, null]);
  }

  /** Committed rows only, in the order in which they were first written. */
  all<Row>(from: Table<Row>): Iterable<Row> {
    return this.#store.all(from);
  }

  /** For example `pi_` and 24 letters and digits, from the seed and a counter. */
  newId(prefix: string): string {
    return `${prefix}_${letters(this.#draw('ids', prefix), 24)}`;
  }

  /** Between 0 and 1, from the seed and a counter. */
  random(): number {
    return this.#draw('random', '').readUInt32BE(0) / 2 ** 32;
  }

  changes(): Change[] {
    return [...this.#changes.values()];
  }

  #draw(counter: string, label: string): Buffer {
    const count = (this.get(counters, counter) ?? 0) + 1;
    this.put(counters, counter, count);
    return createHash('sha256').update(`${this.#seed}/${counter}/${label}/${count}`).digest();
  }
}

function letters(bytes: Buffer, length: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  let number = BigInt(`0x${bytes.toString('hex')}`);
  let text = '';
  while (text.length < length) {
    text += alphabet[Number(number % 62n)];
    number /= 62n;
  }
  return text;
}
