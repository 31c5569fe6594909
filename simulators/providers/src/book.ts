import { type Store, type Tx, table } from './store.ts';

/**
 * A movement of money that really happened at this provider. `parentId` is the object that was paid for
 * (card: the PaymentIntent). `idempotencyKey` is the key of the call that moved the money, null if none did.
 */
export type BookEntry = Readonly<{
  kind: 'charge' | 'refund' | 'refund_failed';
  provider: string;
  id: string;
  parentId: string;
  amountMinor: bigint;
  currency: string;
  metadata: Readonly<Record<string, string>>;
  idempotencyKey: string | null;
  atMs: number;
}>;

const book = table<BookEntry>('book');

/**
 * What was truly executed: the truth that tests compare the services' ledgers with. Never changed, only
 * added to.
 */
export class Book {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  enter(tx: Tx, entry: BookEntry): void {
    tx.put(book, tx.newId('book'), entry);
  }

  /** @param reference a metadata value, an object's id or an idempotency key; absent: everything */
  entries(provider?: string, reference?: string): BookEntry[] {
    return [...this.#store.all(book)].filter((entry) => {
      const names = [entry.id, entry.parentId, entry.idempotencyKey, ...Object.values(entry.metadata)];
      return (!provider || entry.provider === provider) && (!reference || names.includes(reference));
    });
  }

  /**
   * What is left at the provider, in minor units by currency: charges, less refunds that were not given
   * back.
   */
  balances(provider: string): Map<string, bigint> {
    const balances = new Map<string, bigint>();
    for (const { kind, currency, amountMinor } of this.entries(provider)) {
      const change = kind === 'refund' ? -amountMinor : amountMinor;
      balances.set(currency, (balances.get(currency) ?? 0n) + change);
    }
    return balances;
  }
}

/** The answer of `GET /__sim/ledger`; amounts are digit strings in minor units. */
export function ledgerOf(entries: readonly BookEntry[]) {
  const ofKind = (kind: BookEntry['kind']) => entries.filter((entry) => entry.kind === kind);
  const currencies = [...new Set(entries.map((entry) => entry.currency))];
  const totals = currencies.map((currency) => {
    const sum = (kind: BookEntry['kind']) =>
      ofKind(kind).reduce(
        (total, entry) => total + (entry.currency === currency ? entry.amountMinor : 0n),
        0n,
      );
    const chargedMinor = sum('charge');
    const refundedMinor = sum('refund') - sum('refund_failed');
    return {
      currency,
      chargedMinor: String(chargedMinor),
      refundedMinor: String(refundedMinor),
      netMinor: String(chargedMinor - refundedMinor),
    };
  });
  return {
    charges: ofKind('charge').map(line),
    refunds: ofKind('refund').map(line),
    failedRefunds: ofKind('refund_failed').map(line),
    totals,
  };
}

function line({ provider, id, parentId, amountMinor, currency, metadata, idempotencyKey, atMs }: BookEntry) {
  const created = new Date(atMs).toISOString();
  return {
    provider,
    id,
    intentId: parentId,
    amountMinor: String(amountMinor),
    currency,
    metadata,
    idempotencyKey,
    created,
  };
}
