import { type BookKind, effectOf, type Metadata } from '../book.ts';
import type { Step } from '../step.ts';
import { type BalanceTransaction, balanceTransactions } from './model.ts';

/** What the provider's report calls each movement of its balance. */
const lines = {
  charge: { type: 'charge', category: 'charge' },
  refund: { type: 'refund', category: 'refund' },
  refund_failed: { type: 'refund_failure', category: 'refund_failure' },
  payout: { type: 'payout', category: 'payout' },
  payout_failed: { type: 'payout_failure', category: 'payout_reversal' },
  dispute: { type: 'adjustment', category: 'dispute' },
  dispute_reinstated: { type: 'adjustment', category: 'dispute_reversal' },
} as const;

type Fee = Readonly<{ kind: BookKind; amountMinor: bigint }>;

/** `source` is the object that moves money, `parentId` what it belongs to. */
export type Movement = Readonly<{
  kind: keyof typeof lines;
  source: string;
  parentId: string;
  amountMinor: bigint;
  currency: string;
  metadata: Metadata;
  reference?: string;
  fee?: Fee;
}>;

/** Money moves: in the book, with the fee as an entry of its own, and as one line of the report (section 4.6). */
export function move(step: Step, movement: Movement): BalanceTransaction {
  const { tx, atMs } = step;
  const { kind, source, amountMinor, currency, fee } = movement;
  enter(step, movement, kind, amountMinor);
  if (fee) enter(step, movement, fee.kind, fee.amountMinor);
  const line: BalanceTransaction = {
    id: tx.newId('txn'),
    createdAtMs: atMs,
    ...lines[kind],
    amountMinor: effectOf(kind) * amountMinor,
    feeMinor: fee ? -effectOf(fee.kind) * fee.amountMinor : 0n,
    currency,
    source,
  };
  tx.put(balanceTransactions, line.id, line);
  return line;
}

function enter(step: Step, movement: Movement, kind: BookKind, amountMinor: bigint): void {
  const { source, parentId, currency, metadata, reference } = movement;
  step.simulation.book.enter(step.tx, {
    kind,
    provider: 'card',
    id: source,
    parentId,
    amountMinor,
    currency,
    metadata,
    ...(reference === undefined ? {} : { reference }),
    idempotencyKey: step.key,
    atMs: step.atMs,
  });
}
