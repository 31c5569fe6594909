import { type Store, type Tx, table } from './store.ts';

export type Metadata = Readonly<Record<string, string>>;

/** What each kind of movement does to the balance at its provider. */
const effects = {
  /** What the account held when the simulator's directory was new. */
  opening: 1n,
  charge: 1n,
  refund: -1n,
  refund_failed: 1n,
  /** What a payer's bank takes with a chargeback, and gives back with it. */
  dispute: -1n,
  dispute_fee: -1n,
  dispute_reinstated: 1n,
  dispute_fee_returned: 1n,
  /** What the provider keeps for its work. */
  processing_fee: -1n,
  /** Money that left: the bank's to somebody, the card provider's to the bank. */
  payout: -1n,
  payout_failed: 1n,
  payout_returned: 1n,
  /** A payout of the card provider that arrived at the bank. */
  deposit: 1n,
  /** Between this account and another one of its owner. */
  transfer_in: 1n,
  transfer_out: -1n,
} as const;

export type BookKind = keyof typeof effects;

/** 1 adds to the balance, -1 takes from it. */
export function effectOf(kind: BookKind): 1n | -1n {
  return effects[kind];
}

/**
 * A movement of money that really happened at this provider. `parentId` is the object it belongs to (of a
 * charge: the PaymentIntent). `idempotencyKey` is the key of the call that moved the money, null if none did.
 * `reference` is what the movement is known by where no metadata of ours says whose it is.
 */
export type BookEntry = Readonly<{
  kind: BookKind;
  provider: string;
  id: string;
  parentId: string;
  amountMinor: bigint;
  currency: string;
  metadata: Metadata;
  reference?: string;
  idempotencyKey: string | null;
  atMs: number;
}>;

const book = table<BookEntry>('book');

/** The metadata that says whose movement it is, in its caller's own words. */
const referenceNames = ['external_id', 'settlement_id', 'refund_id', 'funding_id', 'custom_id'];

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

  /** What is left at the provider, in minor units by currency. */
  balances(provider: string): Map<string, bigint> {
    const balances = new Map<string, bigint>();
    for (const { provider: owner, kind, currency, amountMinor } of this.#store.all(book)) {
      if (owner !== provider) continue;
      balances.set(currency, (balances.get(currency) ?? 0n) + effects[kind] * amountMinor);
    }
    return balances;
  }

  /** The answer of `GET /__sim/ledger`; amounts are digit strings in minor units. The balances are whole. */
  ledger(provider?: string, reference?: string) {
    const entries = this.entries(provider, reference);
    const ofKind = (kind: BookKind) => entries.filter((entry) => entry.kind === kind);
    return {
      charges: ofKind('charge').map(paymentLine),
      refunds: ofKind('refund').map(paymentLine),
      failedRefunds: ofKind('refund_failed').map(paymentLine),
      totals: paymentTotals(entries),
      entries: entries.map(entryLine),
      balances: (provider ? [provider] : this.#providers()).flatMap((owner) =>
        [...this.balances(owner)].map(([currency, minor]) => ({
          provider: owner,
          currency,
          amountMinor: String(minor),
        })),
      ),
    };
  }

  #providers(): string[] {
    return [...new Set([...this.#store.all(book)].map(({ provider }) => provider))];
  }
}

/** What was charged and refunded, by currency. */
function paymentTotals(entries: readonly BookEntry[]) {
  const sum = (kind: BookKind, of: string) =>
    entries
      .filter((entry) => entry.kind === kind && entry.currency === of)
      .reduce((total, { amountMinor }) => total + amountMinor, 0n);
  const payments = entries.filter(({ kind }) => ['charge', 'refund', 'refund_failed'].includes(kind));
  return [...new Set(payments.map(({ currency }) => currency))].map((currency) => {
    const chargedMinor = sum('charge', currency);
    const refundedMinor = sum('refund', currency) - sum('refund_failed', currency);
    return {
      currency,
      chargedMinor: String(chargedMinor),
      refundedMinor: String(refundedMinor),
      netMinor: String(chargedMinor - refundedMinor),
    };
  });
}

function paymentLine(entry: BookEntry) {
  const { provider, id, parentId, amountMinor, currency, metadata, idempotencyKey, atMs } = entry;
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

function entryLine(entry: BookEntry) {
  const { provider, kind, id, metadata, idempotencyKey, amountMinor, currency, atMs } = entry;
  const named = referenceNames.find((name) => metadata[name] !== undefined);
  return {
    provider,
    kind,
    id,
    reference: entry.reference ?? (named === undefined ? null : metadata[named]),
    idempotencyKey,
    amountMinor: String(amountMinor),
    currency,
    created: new Date(atMs).toISOString(),
  };
}
