import { setTimeout as pause } from 'node:timers/promises';
import {
  type Agreement,
  accept,
  addCard,
  type Marketplace,
  openAccounts,
  type Person,
  sendOffer,
  submit,
  untilStatus,
} from '@holdfast/journeys';
import { readUnsealed } from '@holdfast/ledger';
import type { Pool } from 'pg';
import type { DatabaseName, Databases } from './databases.ts';
import { numberedValue, plainValue, withNumber } from './numbered-values.ts';
import { type Row, shapesOf, type TableShape } from './written-rows.ts';

/** Enough that no freelancer's balance is a row for which everybody waits. */
const couples = 32;
/** So many are arranged at once: each waits for its charge, and is not to wait for too many others. */
const couplesAtOnce = 4;
/** Numbers have twelve digits, so that they fit into the last group of a UUID. */
const firstNumber = 100_000_000_000;
/** A limit for what hangs: a hundred thousand copies are sealed in a minute or two. */
const sealedWithinMs = 600_000;

interface CopiedTable {
  name: string;
  /** `$1` is the agreement that is copied. */
  where: string;
  /** Columns whose ids name what is not copied with the agreement: the client's card. */
  same?: readonly string[];
  /** Columns that are no UUID and yet have to differ. */
  numbered?: readonly string[];
  /** Instants of which each copy's is a minute after that of the copy before. */
  minutely?: readonly string[];
}

const ofAgreement = 'agreement_id = $1::uuid';

/** What a funded agreement consists of, as far as its release and what follows from it need it. */
const copiedTables: Record<'escrow' | 'contracts' | 'payouts', readonly CopiedTable[]> = {
  escrow: [
    { name: 'agreements', where: 'id = $1::uuid' },
    { name: 'milestones', where: ofAgreement, minutely: ['review_due_at'] },
    { name: 'fundings', where: ofAgreement, same: ['method_id'], numbered: ['intent_id'] },
    { name: 'lots', where: ofAgreement, same: ['method_id'] },
    { name: 'journals', where: ofAgreement },
    { name: 'entries', where: `journal_id in (select id from journals where ${ofAgreement})` },
    {
      name: 'balances',
      where: `sub_account in (select $1::uuid::text union select id::text from milestones where ${ofAgreement})`,
    },
    { name: 'event_sequences', where: 'message_key = $1::uuid::text' },
  ],
  contracts: [
    { name: 'offers', where: ofAgreement },
    { name: 'agreements', where: 'id = $1::uuid' },
    { name: 'milestones', where: ofAgreement },
    { name: 'submissions', where: ofAgreement, minutely: ['review_due_at'] },
    {
      name: 'submission_contents',
      where: `id in (select id from submissions where ${ofAgreement})`,
    },
  ],
  payouts: [{ name: 'agreements', where: 'id = $1::uuid' }],
};

/**
 * Funded milestones to release. One for each couple is arranged by ordinary use; one of these is then copied, row by
 * row, with another number in each of its ids and other people as its parties, since the ordinary way takes 25 ms each.
 */
export class Stock {
  /** Of the milestone that is copied. */
  readonly milestoneId: string;
  readonly #agreements: readonly Agreement[];
  readonly #market: Marketplace;
  readonly #databases: Databases;
  /** Where else escrow's rows are copied to. */
  readonly #alsoTo: readonly DatabaseName[];
  #made = 0;

  private constructor(
    agreements: readonly Agreement[],
    { market, databases }: { market: Marketplace; databases: Databases },
    alsoTo: readonly DatabaseName[],
  ) {
    this.#agreements = agreements;
    this.#market = market;
    this.#databases = databases;
    this.#alsoTo = alsoTo;
    this.milestoneId = agreements[0]!.milestones[0]!.milestoneId;
  }

  static async arrange(market: Marketplace, databases: Databases): Promise<Stock> {
    const agreements: Agreement[] = [];
    while (agreements.length < couples) {
      agreements.push(...(await Promise.all(Array.from({ length: couplesAtOnce }, () => funded(market)))));
    }
    await market.settle();
    return new Stock(agreements, { market, databases }, ['template']);
  }

  /** One of its own, of the same people: submitted work whose review runs. Each copy's ends a minute after the last. */
  async underReview(): Promise<Stock> {
    const [market, databases] = [this.#market, this.#databases];
    const agreement = await funded(market);
    await submit(agreement, 0);
    await untilStatus(agreement, 0, 'submitted');
    await market.settle();
    return new Stock([agreement, ...this.#agreements], { market, databases }, []);
  }

  /** Makes more, until there are so many in all, the same in every database; returns when all is quiet again. */
  async upTo(count: number): Promise<void> {
    if (count <= this.#made) return;
    const { escrow, contracts, payouts } = copiedTables;
    const work = [
      ...['escrow' as const, ...this.#alsoTo].map((name) => [name, escrow] as const),
      ['contracts', contracts] as const,
      ['payouts', payouts] as const,
    ];
    await Promise.all(work.map(([name, tables]) => this.#copy(this.#databases.poolOf(name), tables, count)));
    this.#made = count;
    await this.#databases.refreshPlans(...this.#alsoTo);
    await this.#untilSealed();
    await this.#market.settle();
  }

  get made(): number {
    return this.#made;
  }

  /** The number of the n-th copy, from 0. */
  numberOf = (index: number): number => firstNumber + index;

  milestoneOf(index: number): { milestoneId: string; client: Person } {
    const number = this.numberOf(index);
    return {
      milestoneId: withNumber(this.milestoneId, number),
      client: this.#agreements[number % this.#agreements.length]!.client,
    };
  }

  async #copy(pool: Pool, tables: readonly CopiedTable[], count: number): Promise<void> {
    const shapes = await shapesOf(pool);
    const session = await pool.connect();
    try {
      await session.query('begin');
      // The sums and references of a copy hold if those of the first do: no trigger has to ask again, row by row.
      await session.query(`set local session_replication_role = 'replica'`);
      for (const table of tables) {
        const text = `select to_jsonb(t) as row from ${table.name} t where ${table.where}`;
        const { rows } = await session.query(text, [this.#agreements[0]!.agreementId]);
        for (const { row } of rows)
          await session.query(this.#copyOf(table, shapes.get(table.name)!, row, count));
      }
      await session.query('commit');
    } finally {
      session.release();
    }
  }

  async #untilSealed(): Promise<void> {
    const giveUpAt = performance.now() + sealedWithinMs;
    for (;;) {
      const { count } = await readUnsealed(this.#databases.poolOf('escrow'));
      if (count === 0n) return;
      if (performance.now() > giveUpAt) throw new Error(`${count} journals are not sealed`);
      await pause(100);
    }
  }

  #copyOf(
    { name, same, numbered, minutely }: CopiedTable,
    shape: TableShape,
    row: Row,
    count: number,
  ): string {
    const columns = [...shape.types.keys()];
    const values = columns.map((column) => {
      if (row[column] === this.#clients[0]) return oneOf(this.#clients);
      if (row[column] === this.#freelancers[0]) return oneOf(this.#freelancers);
      if (same?.includes(column)) return plainValue(shape, column, row);
      const value = numberedValue(shape, column, row, 'n');
      if (minutely?.includes(column)) return `${value} + (n - ${firstNumber}) * interval '1 minute'`;
      return numbered?.includes(column) ? `${value} || '_' || n` : value;
    });
    return `insert into ${name} (${columns.join(', ')}) select ${values.join(', ')}
      from generate_series(${this.numberOf(this.#made)}::bigint, ${this.numberOf(count - 1)}::bigint) as n`;
  }

  get #clients(): string[] {
    return this.#agreements.map(({ client }) => client.id);
  }

  get #freelancers(): string[] {
    return this.#agreements.map(({ freelancer }) => freelancer.id);
  }
}

/** Each number has one of these people, by turns. */
const oneOf = (people: readonly string[]): string =>
  `(array['${people.join(`', '`)}'])[1 + n % ${people.length}]`;

async function funded(market: Marketplace): Promise<Agreement> {
  const client = market.newPerson('client', ['client']);
  const freelancer = market.newPerson('freelancer', ['freelancer']);
  await openAccounts(client, freelancer);
  await addCard(client);
  const agreement = await accept(
    await sendOffer(client, freelancer, { milestones: [{ amountMinor: 100_000n }] }),
  );
  await untilStatus(agreement, 0, 'funded');
  return agreement;
}
