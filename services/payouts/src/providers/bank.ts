import type { Money } from '@holdfast/domain';
import type { ReturnReason } from '@holdfast/events';
import type { CallOutcome } from '@holdfast/providers';
import { z } from 'zod';
import type { Observation, OrderView } from '../domain/attempt.ts';
import { businessDayFrom } from '../domain/business-days.ts';
import type { BankClient } from './bank-client.ts';

/** The bank's dialect (provider protocols, 3.6): payment orders in JSON, amounts in whole cents. */

/**
 * Exact bytes of an order, stored before the first call. They hold ids only: the bank knows the account by an
 * id of its own. An amount is a number there, written digit by digit since it is a bigint here (R-1).
 */
export const orderBodyOf = (order: {
  key: string;
  withdrawalId: string;
  sent: Money;
  originatingAccountId: string;
  receivingAccountId: string;
  now: Date;
}): string =>
  json({
    type: 'ach',
    subtype: 'PPD',
    amount: order.sent.amountMinor,
    direction: 'credit',
    currency: order.sent.currency,
    originating_account_id: order.originatingAccountId,
    receiving_account_id: order.receivingAccountId,
    effective_date: businessDayFrom(order.now).toISOString().slice(0, 10),
    statement_descriptor: 'HOLDFAST',
    external_id: order.key,
    metadata: { withdrawal_id: order.withdrawalId },
  });

const json = (fields: Record<string, string | bigint | object>): string =>
  `{${Object.entries(fields)
    .map(([name, value]) => `"${name}":${typeof value === 'bigint' ? value : JSON.stringify(value)}`)
    .join()}}`;

/** What each of the bank's words means to an attempt (3.6). Any other word is one that we do not know. */
const stateOf: Readonly<Record<string, NonNullable<OrderView['state']>>> = {
  pending: 'submitted',
  needs_approval: 'submitted',
  approved: 'submitted',
  processing: 'processing',
  sent: 'processing',
  completed: 'paid',
  returned: 'returned',
  reversed: 'returned',
  failed: 'failed',
  denied: 'denied',
  cancelled: 'cancelled',
  stopped: 'cancelled',
};

/** Codes of returns (3.2), as closed reasons; every other one is `other`. */
const returnReasons: Readonly<Record<string, ReturnReason>> = {
  R02: 'bad_details',
  R03: 'bad_details',
  R04: 'bad_details',
  R20: 'bad_details',
  R14: 'account_blocked',
  R15: 'account_blocked',
  R16: 'account_blocked',
  R17: 'account_blocked',
  R23: 'refused_by_receiver',
};

const Return = z.object({
  code: z.string().max(10).nullish(),
  amount: z.int().nonnegative(),
  currency: z.string().max(3).optional(),
});
const Order = z.object({
  id: z.string().regex(/^[A-Za-z0-9_-]{1,120}$/),
  status: z.string().max(60),
  amount: z.int().nonnegative(),
  currency: z.string().max(3),
  direction: z.literal('credit'),
  external_id: z.string().max(180).nullish(),
  current_return: Return.nullish(),
  metadata: z
    .object({ refund_id: z.string().max(100) })
    .optional()
    .catch(undefined),
});
/** A list is searched by our own mark, so that one order of an unknown form does not hide another. */
const Page = z.array(z.looseObject({ external_id: z.string().nullish() }));
const ErrorBody = z.object({
  errors: z.object({ code: z.string().max(100), parameter: z.string().nullish() }),
});

function viewOf(order: z.output<typeof Order>): OrderView {
  const { current_return: back, currency } = order;
  return {
    reference: order.id,
    key: order.external_id ?? undefined,
    state: stateOf[order.status],
    amountMinor: BigInt(order.amount),
    // A return in another currency is an order in another one: not believed.
    currency: back?.currency && back.currency !== currency ? back.currency : currency,
    ...(back
      ? { returned: { amountMinor: BigInt(back.amount), reason: returnReasons[back.code ?? ''] ?? 'other' } }
      : {}),
  };
}

/** What came of a query; without an answer it is simply made again. */
export type Reading =
  /** `isRefund`: by its mark it is one that escrow sends to a client, and asks about itself (E-23). */
  | { kind: 'seen'; order: OrderView; isRefund?: boolean }
  | { kind: 'absent' }
  | { kind: 'again'; retryAfterMs?: number };

/** What came of a sending; `retryAfterMs` is what the bank asked for. */
export type Sending = Exclude<Observation, { kind: 'absent' }> & { retryAfterMs?: number };

function sendingOf(outcome: CallOutcome): Sending {
  switch (outcome.status) {
    case 'accepted': {
      // A body of another form may have executed: it is asked about.
      const order = Order.safeParse(outcome.body);
      return order.success ? { kind: 'seen', order: viewOf(order.data) } : { kind: 'unknown' };
    }
    case 'refused':
      return refusalOf(outcome.httpStatus, outcome.body);
    case 'not_sent':
      return { kind: 'not_sent', retryAfterMs: outcome.retryAfterMs };
    case 'unknown':
      return { kind: 'unknown' };
  }
}

/** Only a documented refusal ends an attempt (rules 2 and 7 of section 7). */
function refusalOf(httpStatus: number, body: unknown): Sending {
  // Our key lost its rights: an operator must act, and the call waits.
  if (httpStatus === 403) return { kind: 'not_sent' };
  const error = ErrorBody.safeParse(body).data?.errors;
  if (!error) return { kind: 'unknown' };
  if (error.code === 'insufficient_funds') return { kind: 'not_sent', isOutOfMoney: true };
  // Our own account, as it is configured: no withdrawal is to blame for that.
  if (error.parameter === 'originating_account_id') return { kind: 'not_sent' };
  const isDuplicate = /duplicate|taken|exists|conflict|idempoten/.test(error.code);
  return isDuplicate || error.parameter === 'external_id' ? { kind: 'unknown' } : { kind: 'refused' };
}

function readingOf(outcome: CallOutcome): Reading {
  if (outcome.status === 'refused' && outcome.httpStatus === 404) return { kind: 'absent' };
  const order = outcome.status === 'accepted' ? Order.safeParse(outcome.body) : undefined;
  if (order?.success) {
    const isRefund = order.data.metadata !== undefined;
    return { kind: 'seen', order: viewOf(order.data), ...(isRefund ? { isRefund } : {}) };
  }
  return { kind: 'again', retryAfterMs: outcome.status === 'not_sent' ? outcome.retryAfterMs : undefined };
}

export class Bank {
  readonly #client: BankClient;

  constructor(client: BankClient) {
    this.#client = client;
  }

  /** Sends the stored bytes of an attempt; the bank executes a key once. */
  async send(key: string, body: string): Promise<Sending> {
    return sendingOf(
      await this.#client.call({
        operation: 'payout.ach',
        method: 'POST',
        path: '/api/payment_orders',
        body,
        idempotencyKey: key,
      }),
    );
  }

  async read(reference: string): Promise<Reading> {
    return readingOf(
      await this.#client.call({
        operation: 'payout.read',
        method: 'GET',
        path: `/api/payment_orders/${encodeURIComponent(reference)}`,
      }),
    );
  }

  /** Finds the order whose sending got no answer, by our key. */
  async find(key: string): Promise<Reading> {
    const outcome = await this.#client.call({
      operation: 'payout.read',
      method: 'GET',
      path: `/api/payment_orders?${new URLSearchParams({ external_id: key })}`,
    });
    if (outcome.status !== 'accepted') {
      const reading = readingOf(outcome);
      // A list that is not found says nothing about an order.
      return reading.kind === 'absent' ? { kind: 'again' } : reading;
    }
    const page = Page.safeParse(outcome.body);
    if (!page.success) return { kind: 'again' };
    const ours = page.data.find(({ external_id }) => external_id === key);
    return ours ? readingOf({ status: 'accepted', body: ours }) : { kind: 'absent' };
  }
}
