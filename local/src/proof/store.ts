import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';

/**
 * Where the books are laid side by side: a database of its own in a temporary file, so that the memory does not grow
 * with them. `service` of an event is the one that published it; `place` is its offset.
 */
const schema = `
  pragma journal_mode = off;
  pragma synchronous = off;
  create table facts (service text, partition integer, place integer, id text, type text, subject text,
    sequence integer, key text, addressed integer, transfer_id text, late integer);
  create table heads (service text, id text, position text, journal_id text, hash text);
  create table sequences (service text, subject text, last_sequence integer, key text, counted integer);
  create table outbox (service text, id text, subject text, sequence integer, type text, transfer_id text);
  create table handled (service text, type text, command text);
  create table positions (service text, topic_of text, partition integer, next integer);
  create table parked (service text, topic_of text, message_id text, kind text);
  create table marks (service text, command text, message_id text, refused integer);
  create table transfers (service text, transfer_id text, currency text, amount integer, journals text);
  create table cash (service text, provider text, journal_id text, cause_id text, transfer_id text, currency text,
    amount integer, primary key (journal_id, provider));
  create table movements (service text, provider text, kind text, reference text, currency text, amount integer,
    open integer, cause_id text, transfer_id text);
  create table book (provider text, kind text, id text, reference text, currency text, amount integer,
    primary key (provider, id, kind));
  begin;`;

/** Made once the tables are filled. */
const indexes = {
  facts: [
    `create index facts_id on facts (id)`,
    `create index facts_transfer on facts (transfer_id) where transfer_id is not null`,
    // The first of each id: a repeat is allowed on a topic. With min() the other columns are of that row.
    `create table events as select service, id, type, subject, sequence, key, transfer_id, partition,
      min(place) as place from facts where late = 0 group by service, id`,
    `create index events_subject on events (service, subject, sequence)`,
    `create index events_type on events (type)`,
  ],
  sequences: [`create unique index sequences_subject on sequences (service, subject)`],
  marks: [`create index marks_message on marks (message_id, service, command)`],
  parked: [`create index parked_message on parked (message_id, service)`],
  outbox: [`create index outbox_id on outbox (id)`],
  movements: [
    `create index movements_reference on movements (provider, reference)`,
    `create index movements_cause on movements (provider, cause_id)`,
    `create index movements_transfer on movements (provider, transfer_id)`,
    `create index movements_name on movements (reference)`,
  ],
  cash: [
    `create index cash_cause on cash (provider, cause_id)`,
    `create index cash_transfer on cash (provider, transfer_id)`,
  ],
  book: [`create index book_reference on book (provider, reference)`],
};

export type Value = SQLInputValue;

export class Store {
  readonly #database = new DatabaseSync('');
  readonly #inserts = new Map<string, StatementSync>();

  constructor() {
    this.#database.exec(schema);
  }

  insert(table: string, ...values: Value[]): void {
    let statement = this.#inserts.get(table);
    if (!statement) {
      statement = this.#database.prepare(
        `insert or ignore into ${table} values (${values.map(() => '?').join()})`,
      );
      this.#inserts.set(table, statement);
    }
    statement.run(...values);
  }

  index(table: keyof typeof indexes): void {
    for (const text of indexes[table]) this.#database.exec(text);
  }

  run(text: string, ...values: Value[]): void {
    this.#database.prepare(text).run(...values);
  }

  /** One by one. */
  *each<Row>(text: string, ...values: Value[]): Generator<Row> {
    const statement = this.#database.prepare(text);
    statement.setReadBigInts(true);
    yield* statement.iterate(...values) as unknown as Iterable<Row>;
  }

  all<Row>(text: string, ...values: Value[]): Row[] {
    return [...this.each<Row>(text, ...values)];
  }

  one<Row>(text: string, ...values: Value[]): Row {
    return this.all<Row>(text, ...values)[0]!;
  }

  close(): void {
    this.#database.close();
  }
}
