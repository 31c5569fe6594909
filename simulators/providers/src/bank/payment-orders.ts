import { z } from 'zod';
import { type Answer, Refusal } from '../answering.ts';
import type { FaultRule } from '../faults.ts';
import type { Step } from '../step.ts';
import { addTokenAccount, InlineAccount } from './counterparties.ts';
import { courseOf, effectiveDateOf, type Fate, fateOf } from './course.ts';
import { externalIdTaken, invalid, notFound } from './errors.ts';
import { tell } from './events.ts';
import {
  type ExternalAccount,
  externalAccounts,
  externalIds,
  failedOnce,
  type PaymentOrder,
  paymentOrders,
} from './model.ts';
import { enter, scheduleNext } from './order-course.ts';
import { metadata, rows, text } from './params.ts';
import { orderObject } from './render.ts';

export const CreateOrder = z
  .strictObject({
    type: z.literal('ach'),
    subtype: z.enum(['CCD', 'CTX', 'PPD']).optional(),
    amount: z.int().min(1).max(9_999_999_999), // The ten digits of an ACH entry (section 3.1).
    direction: z.literal('credit'),
    currency: z.literal('USD').default('USD'),
    originating_account_id: text,
    receiving_account_id: text.optional(),
    receiving_account: InlineAccount.optional(),
    effective_date: z.iso.date().optional(),
    priority: z.literal('normal').optional(),
    statement_descriptor: z.string().min(1).max(10).optional(),
    remittance_information: z.string().min(1).max(80).optional(),
    description: text.optional(),
    external_id: z.string().min(1).max(180).optional(),
    metadata,
  })
  .refine(
    ({ receiving_account_id: id, receiving_account: inline }) =>
      (id === undefined) !== (inline === undefined),
    { path: ['receiving_account_id'], message: 'Or receiving_account, one of both' },
  );

export const ListOrders = z.strictObject({
  external_id: z.string().min(1).optional(),
  idempotency_key: z.string().min(1).optional(),
  per_page: rows.default(25),
  after_cursor: z.string().min(1).optional(),
});

/** The money leaves the account here; what follows is in `order-course.ts`. */
export function createOrder(step: Step, given: z.output<typeof CreateOrder>): Answer {
  const { tx, atMs, simulation } = step;
  const externalId = given.external_id ?? null;
  if (externalId !== null && tx.get(externalIds, externalId)) throw new Refusal(externalIdTaken());
  const known = given.receiving_account_id && tx.get(externalAccounts, given.receiving_account_id);
  if (!known && !given.receiving_account) {
    throw invalid('There is no such external account.', 'receiving_account_id');
  }
  const amountMinor = BigInt(given.amount);
  if (amountMinor > (simulation.book.balances('bank').get('USD') ?? 0n)) {
    throw invalid('The originating account holds less than this.', 'amount', 'insufficient_funds');
  }
  const account = known || addTokenAccount(step, given.receiving_account!);
  const effectiveDate = effectiveDateOf(given.effective_date, atMs);
  const order: PaymentOrder = {
    id: tx.newId('po'),
    createdAtMs: atMs,
    updatedAtMs: atMs,
    ...courseOf(fateFor(step, account), { atMs, effectiveDate, amountMinor }),
    subtype: given.subtype ?? null,
    amountMinor,
    currency: given.currency,
    originatingAccount: given.originating_account_id,
    receivingAccount: account.id,
    counterparty: account.counterparty,
    effectiveDate,
    statementDescriptor: given.statement_descriptor ?? null,
    remittanceInformation: given.remittance_information ?? null,
    description: given.description ?? null,
    externalId,
    key: step.key,
    traceNumber: null,
    transactions: [],
    failureReason: null,
    currentReturn: null,
    metadata: given.metadata,
  };
  tx.put(paymentOrders, order.id, order);
  if (externalId !== null) tx.put(externalIds, externalId, order.id);
  enter(step, 'payout', order, order.id, amountMinor);
  scheduleNext(step, order);
  tell(step, 'created', order);
  return { status: 201, body: orderObject(order) };
}

export function readOrder({ tx }: Step, id: string): Answer {
  const order = tx.get(paymentOrders, id);
  if (!order) throw notFound();
  return { status: 200, body: orderObject(order) };
}

/** Newest first; how a caller finds an order whose id it never learned. */
export function listOrders({ tx }: Step, given: z.output<typeof ListOrders>): Answer {
  const newest = [...tx.all(paymentOrders)].reverse();
  const after = given.after_cursor;
  const from = after === undefined ? 0 : newest.findIndex(({ id }) => id === after) + 1;
  if (after !== undefined && from === 0) throw invalid('There is no such cursor.', 'after_cursor');
  const found = newest
    .slice(from)
    .filter(({ externalId }) => given.external_id === undefined || externalId === given.external_id)
    .filter(({ key }) => given.idempotency_key === undefined || key === given.idempotency_key);
  const page = found.slice(0, given.per_page);
  const last = page.at(-1)?.id;
  const headers = {
    'x-per-page': String(given.per_page),
    ...(last !== undefined && found.length > page.length ? { 'x-after-cursor': last } : {}),
  };
  return { status: 200, body: page.map(orderObject), headers };
}

/** A rule that a test has set goes before the number of the account. */
function fateFor({ tx, simulation, op, references }: Step, account: ExternalAccount): Fate {
  const rule = simulation.faults.takeFate(tx, { provider: 'bank', ops: [op], references }, 'return');
  if (rule) return returnAsSet(rule);
  if (account.behaviour !== 'fails_once') return fateOf(account.behaviour);
  if (tx.get(failedOnce, account.numberSha256)) return fateOf('pays');
  tx.put(failedOnce, account.numberSha256, true);
  return fateOf('fails_once');
}

function returnAsSet({ params }: FaultRule): Fate {
  const { when, reason, days, amountMinor } = params;
  return {
    ends: 'returned',
    when: when === 'before-paid' ? 'before-paid' : 'after-paid',
    code: String(reason),
    days: Number(days),
    amountMinor: amountMinor === undefined ? null : BigInt(String(amountMinor)),
  };
}
