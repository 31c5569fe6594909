import { z } from 'zod';
import type { Answer } from '../answering.ts';
import { type BookKind, effectOf, type Metadata } from '../book.ts';
import type { Step } from '../step.ts';
import { costOf } from '../tariffs.ts';
import { reportOf } from './costs.ts';
import { disputeObject } from './dispute-object.ts';
import { missing } from './errors.ts';
import {
  type BalanceTransaction,
  balanceTransactions,
  charges,
  disputes,
  payouts,
  refunds,
} from './model.ts';
import { newestFirst, pageFields } from './pages.ts';
import { chargeObject, listObject, payoutObject, refundObject, transactionObject } from './render.ts';

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

/** A fee beside the movement itself; that of a dispute belongs to the dispute, any other to its line. */
type Fee = Readonly<{ kind: 'dispute_fee' | 'dispute_fee_returned'; amountMinor: bigint }>;

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

const instant = z
  .string()
  .regex(/^\d{1,12}$/)
  .transform(Number);
const bound = instant.optional();

export const ListTransactions = z.strictObject({
  created: z.strictObject({ gt: bound, gte: bound, lt: bound, lte: bound }).optional(),
  source: z.string().optional(),
  type: z.string().optional(),
  expand: z.array(z.literal('data.source')).optional(),
  ...pageFields,
});

/** Money moves: in the book, with the fee as an entry of its own, and as one line of the report (section 4.6). */
export function move(step: Step, movement: Movement): BalanceTransaction {
  const { tx, atMs } = step;
  const { kind, source, parentId, amountMinor, currency, metadata, fee } = movement;
  const id = tx.newId('txn');
  const costMinor = costOf(step, 'card', kind, amountMinor);
  enter(step, movement, kind, amountMinor);
  if (fee) enter(step, movement, fee.kind, fee.amountMinor);
  if (costMinor > 0n) enterCost(step, movement, id, costMinor);
  const feeMinor = costMinor + (fee ? -effectOf(fee.kind) * fee.amountMinor : 0n);
  const line: BalanceTransaction = {
    id,
    createdAtMs: atMs,
    ...lines[kind],
    amountMinor: effectOf(kind) * amountMinor,
    currency,
    source,
    ...reportOf(step, [source, parentId, ...Object.values(metadata)], feeMinor),
  };
  tx.put(balanceTransactions, id, line);
  return line;
}

export function readTransaction({ tx, atMs }: Step, id: string): Answer {
  const line = tx.get(balanceTransactions, id);
  if (!line || line.reportedFromMs > atMs) throw missing('balance transaction', id);
  return { status: 200, body: transactionObject(line) };
}

/** The report, newest first. */
export function listTransactions(step: Step, given: z.output<typeof ListTransactions>): Answer {
  const { tx, atMs } = step;
  const { created = {}, source, type, expand = [] } = given;
  const fits = (line: BalanceTransaction) =>
    line.reportedFromMs <= atMs &&
    isWithin(Math.floor(line.createdAtMs / 1000), created) &&
    (!source || line.source === source) &&
    (!type || line.type === type);
  const { rows, hasMore } = newestFirst(tx.all(balanceTransactions), given, fits, 'balance transaction');
  const told = rows.flatMap((line) =>
    Array.from({ length: line.reportedTimes }, () => ({
      ...transactionObject(line),
      ...(expand.length > 0 ? { source: sourceObject(step, line.source) } : {}),
    })),
  );
  return { status: 200, body: listObject('/v1/balance_transactions', told, hasMore) };
}

/** What the line tells of, whole. */
function sourceObject(step: Step, id: string): object {
  const { tx } = step;
  const [charge, refund, payout] = [tx.get(charges, id), tx.get(refunds, id), tx.get(payouts, id)];
  if (charge) return chargeObject(charge);
  if (refund) return refundObject(refund);
  return payout ? payoutObject(payout) : disputeObject(step, tx.get(disputes, id)!);
}

type Bounds = NonNullable<z.output<typeof ListTransactions>['created']>;

function isWithin(second: number, { gt, gte, lt, lte }: Bounds): boolean {
  const isAfter = (gt === undefined || second > gt) && (gte === undefined || second >= gte);
  return isAfter && (lt === undefined || second < lt) && (lte === undefined || second <= lte);
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

/** Nobody asked for it: it is known by its line in the report. */
function enterCost(
  { tx, atMs, simulation }: Step,
  movement: Movement,
  line: string,
  amountMinor: bigint,
): void {
  const { parentId, currency, metadata } = movement;
  simulation.book.enter(tx, {
    kind: 'processing_fee',
    provider: 'card',
    id: line,
    parentId,
    amountMinor,
    currency,
    metadata,
    reference: line,
    idempotencyKey: null,
    atMs,
  });
}
