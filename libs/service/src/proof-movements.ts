/** What a movement of money at a provider is. */
export type MovementKind =
  | 'opening'
  | 'charge'
  | 'refund'
  | 'refund_failed'
  | 'payout'
  | 'payout_failed'
  | 'payout_returned'
  | 'deposit'
  | 'chargeback'
  | 'chargeback_reinstated'
  | 'top_up'
  | 'sweep'
  | 'adjustment'
  | 'processing_fee';

/**
 * One movement of money at a provider, as a table of this service tells it (M-3). All rows of one `reference` are added
 * up and compared with the provider's book and with the ledger's cash account.
 */
export interface MovementRow {
  /** The row that tells it, in the order of which pages are read; one row may tell several. A uuid or a text. */
  id: string;
  /** As its book names it, and as the sub-account of `E.cash.trust` is called: `card`, `bank`. */
  provider: string;
  kind: MovementKind;
  /**
   * Our own name of it, by which the provider's book knows it too: its `reference` or its `idempotencyKey`. What an
   * account held at the start is `opening`.
   */
  reference: string;
  /** Minor units, on the cash account of the provider: positive where money comes to it, 0 where nothing came of it. */
  amount_minor: bigint;
  currency: string;
  /** `booked`: its journal stands. `open`: under way, so that the provider may have it already, or not yet. */
  state: 'booked' | 'open';
  /** The cause of the journal that moves the cash account, where it stands in this service's own ledger. */
  cause_id: string | null;
  /** The transfer that tells the service which keeps the cash account, where that is another one (M-22). */
  transfer_id: string | null;
}

/** One table of movements. */
export interface MovementSource {
  /** The table, for the cursor of the pages. */
  name: string;
  /**
   * A plain select of the columns of `MovementRow`, without parameters, order or limit; `id` is an indexed column as it
   * stands, so that pages are read by its index.
   */
  text: string;
}
