import { createKafka, partitionOf, TopicReader } from '@holdfast/messaging';
import { ProviderBooks, ServiceSource } from './source.ts';
import { Store } from './store.ts';
import type {
  BookItem,
  CashItem,
  MarkItem,
  MovementItem,
  OutboxItem,
  ParkedItem,
  SequenceItem,
  ServiceSummary,
  TransferItem,
} from './wire.ts';

type Read = Parameters<Parameters<typeof TopicReader.open>[0]['onRecord']>[0];

export interface ProofTarget {
  /** By service. */
  services: Readonly<Record<string, string>>;
  /** The control port of the providers' simulators. */
  providersControl: string;
  brokers: string;
  /** Of an operator. */
  token: string;
}

export interface ProofOptions {
  /** Messages that a test has put on a topic by hand; nobody counted them. */
  foreign?: ReadonlySet<string>;
  /** For tests: false leaves a record of a topic out, as if it had been lost. */
  keeps?: (record: Read) => boolean;
}

/**
 * Everything that is compared, read in an order in which a busy system gives no false alarm: what is claimed before what
 * must prove it. A counted event is read before the topics, an inbox before what follows on the topics, cash before the
 * movements that tell it, and those before the providers' books.
 */
export class Collection {
  readonly store = new Store();
  readonly sources: ReadonlyMap<string, ServiceSource>;
  readonly summaries: readonly ServiceSummary[];
  readonly books: ProviderBooks;
  readonly #options: ProofOptions;
  readonly #publishers: ReadonlyMap<string, string>;
  #reader!: TopicReader;
  #late = 0;

  private constructor(
    sources: ReadonlyMap<string, ServiceSource>,
    summaries: readonly ServiceSummary[],
    target: ProofTarget,
    options: ProofOptions,
  ) {
    this.sources = sources;
    this.summaries = summaries;
    this.books = new ProviderBooks(target.providersControl);
    this.#options = options;
    this.#publishers = new Map(summaries.map(({ publishes, service }) => [publishes, service]));
    for (const { service, handles } of summaries) {
      for (const [type, commands] of Object.entries(handles))
        for (const command of [commands].flat()) this.store.insert('handled', service, type, command);
    }
  }

  static async open(target: ProofTarget, options: ProofOptions = {}): Promise<Collection> {
    const sources = new Map(
      Object.entries(target.services).map(([name, url]) => [
        name,
        new ServiceSource(name, url, target.token),
      ]),
    );
    const summaries = await Promise.all([...sources.values()].map((source) => source.summary()));
    const collection = new Collection(sources, summaries, target, options);
    collection.#reader = await TopicReader.open({
      kafka: createKafka({ brokers: target.brokers.split(','), clientId: 'proof' }),
      topics: summaries.map(({ publishes }) => publishes),
      onRecord: (record) => collection.#takeRecord(record),
    });
    return collection;
  }

  async close(): Promise<void> {
    await this.#reader.close();
    this.store.close();
  }

  get ledgers(): string[] {
    return this.summaries.filter(({ ledger }) => ledger !== null).map(({ service }) => service);
  }

  async readAll(): Promise<void> {
    const { store } = this;
    const all = this.summaries.map(({ service }) => service);
    await this.#pages<SequenceItem>('sequences', all, (service, { subject, lastSequence, key }) =>
      store.insert('sequences', service, subject, BigInt(lastSequence), key, BigInt(lastSequence)),
    );
    store.index('sequences');
    await this.readOutbox();
    store.index('outbox');
    await this.catchUp();
    this.#late = 1;
    store.index('facts');
    await this.#recount();
    await this.readPositions();
    await this.readParked();
    store.index('parked');
    await this.#pages<MarkItem>('marks', all, (service, { command, messageId, refused }) => {
      if (!this.#isForeign(messageId)) store.insert('marks', service, command, messageId, Number(refused));
    });
    store.index('marks');
    await this.catchUp();
    await this.#pages<CashItem>('cash', this.ledgers, (service, item) => this.addCash(service, item));
    await this.#pages<TransferItem>('transfers', this.ledgers, (service, item) =>
      this.addTransfer(service, item),
    );
    await this.#pages<MovementItem>('movements', all, (service, item) => this.addMovement(service, item));
    for (const item of await this.books.entries()) this.addBookEntry(item);
  }

  /** Everything that stands on the topics by now. */
  catchUp(): Promise<void> {
    return this.#reader.catchUp();
  }

  async readOutbox(): Promise<void> {
    this.store.run('delete from outbox');
    await this.#pages<OutboxItem>('outbox', [...this.sources.keys()], (service, item) => {
      const type = withoutVersion(item.type);
      this.store.insert(
        'outbox',
        service,
        item.id,
        item.subject,
        BigInt(item.sequence),
        type,
        item.transferId,
      );
    });
  }

  /** How far each service has handled the topics, by what its group has told the broker: at least as far. */
  async readPositions(): Promise<void> {
    for (const { service, listensTo } of this.summaries) {
      const committed = await this.#reader.committedBy(service, listensTo);
      this.store.run('delete from positions where service = ?', service);
      for (const [place, next] of committed) {
        const [topic, partition] = placeOf(place);
        this.store.insert('positions', service, this.#publisherOf(topic), partition, next);
      }
    }
  }

  async readParked(): Promise<void> {
    this.store.run('delete from parked');
    await this.#pages<ParkedItem>('parked', [...this.sources.keys()], (service, { topic, messageId, kind }) =>
      this.store.insert('parked', service, this.#publisherOf(topic), messageId, kind),
    );
  }

  addTransfer(service: string, item: TransferItem): void {
    const { transferId, currency, amountMinor, journalIds } = item;
    this.store.insert('transfers', service, transferId, currency, BigInt(amountMinor), journalIds.join(', '));
  }

  addCash(service: string, item: CashItem): void {
    const { provider, journalId, causeId, transferId, currency, amountMinor } = item;
    this.store.insert(
      'cash',
      service,
      provider,
      journalId,
      causeId,
      transferId,
      currency,
      BigInt(amountMinor),
    );
  }

  addMovement(service: string, item: MovementItem): void {
    this.store.insert(
      'movements',
      service,
      item.provider,
      item.kind,
      item.reference,
      item.currency,
      BigInt(item.amountMinor),
      Number(item.state === 'open'),
      item.causeId,
      item.transferId,
    );
  }

  /** A book names a movement as we do, where it can; else by the key of the call that moved the money. */
  addBookEntry({ provider, kind, id, reference, idempotencyKey, currency, amountMinor }: BookItem): void {
    const told = (name: string | null): boolean =>
      name !== null &&
      this.store.one<{ known: bigint }>(
        'select exists (select 1 from movements where provider = ? and reference = ?) as known',
        provider,
        name,
      ).known === 1n;
    const opening = kind === 'opening' ? kind : null;
    const name =
      [reference, idempotencyKey, opening].find(told) ?? reference ?? idempotencyKey ?? opening ?? id;
    // Card providers write currencies small.
    const code = currency.toUpperCase();
    this.store.insert('book', provider, kind, id, name, code, signOf(kind) * BigInt(amountMinor));
  }

  /** What was committed after its aggregate had been read is counted by now. */
  async #recount(): Promise<void> {
    const newer = this.store.all<{ service: string; subject: string }>(
      `select distinct e.service, e.subject from events e left join sequences s using (service, subject)
        where s.subject is null or e.sequence > s.counted`,
    );
    for (const [service, source] of this.sources) {
      const subjects = newer.filter((one) => one.service === service).map(({ subject }) => subject);
      // An aggregate's id is one word; what is none was published by somebody else.
      const words = subjects.filter((subject) => /^[\w:.-]{1,200}$/.test(subject));
      for (const { subject, lastSequence, key } of await source.lookUp<SequenceItem>('sequences', words)) {
        this.store.run(
          `insert into sequences values (?, ?, 0, ?, ?)
            on conflict (service, subject) do update set counted = excluded.counted`,
          service,
          subject,
          key,
          BigInt(lastSequence),
        );
      }
    }
  }

  #takeRecord(record: Read): void {
    const { topic, partition, offset, key, headers, value } = record;
    const type = withoutVersion(headers.ce_type ?? '');
    if (key === '' && type.endsWith('.watermark.reached')) return;
    const id = headers.ce_id ?? `${topic}/${partition}/${offset}`;
    if (this.#isForeign(id) || this.#options.keeps?.(record) === false) return;
    const service = this.#publisherOf(topic);
    const data = dataOf(value);
    this.store.insert(
      'facts',
      service,
      partition,
      offset,
      id,
      type,
      headers.ce_subject ?? '',
      /^\d{1,15}$/.test(headers.ce_sequence ?? '') ? BigInt(headers.ce_sequence!) : 0n,
      key,
      Number(partitionOf(key) === partition),
      typeof data.transferId === 'string' ? data.transferId : null,
      this.#late,
    );
    if (type === `${service}.ledger.sealed`) {
      const { position, journalId, hash } = data;
      this.store.insert('heads', service, id, String(position), String(journalId), String(hash));
    }
  }

  async #pages<Item>(
    resource: string,
    services: readonly string[],
    take: (service: string, item: Item) => void,
  ): Promise<void> {
    await Promise.all(
      services.map(async (service) => {
        for await (const page of this.sources.get(service)!.pages<Item>(resource)) {
          for (const item of page) take(service, item);
        }
      }),
    );
  }

  #isForeign(id: string): boolean {
    return this.#options.foreign?.has(id) ?? false;
  }

  #publisherOf(topic: string): string {
    return this.#publishers.get(topic) ?? topic;
  }
}

const withoutVersion = (type: string): string => type.replace(/\.v\d+$/, '');

function placeOf(place: string): [topic: string, partition: number] {
  const at = place.lastIndexOf('/');
  return [place.slice(0, at), Number(place.slice(at + 1))];
}

function dataOf(value: Buffer | null): Record<string, unknown> {
  try {
    return Object(JSON.parse(value?.toString('utf8') ?? '')) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** The kinds that take from the balance at their provider; all others add to it. */
const taking = ['refund', 'payout', 'dispute', 'dispute_fee', 'processing_fee', 'transfer_out'];

const signOf = (kind: string): bigint => (taking.includes(kind) ? -1n : 1n);
