import type { Money } from '@holdfast/domain';
import type { CallOutcome } from '@holdfast/providers';
import { z } from 'zod';
import type { RefundObservation, RefundView } from '../domain/refund-attempt.ts';
import type { BankClient } from './bank-client.ts';
import type { RefundProvider } from './card-refund.ts';
import type { NotSent } from './pay-in.ts';

/** Refunds by a credit of the bank to the client's verified account (provider protocols, 3.6 and 4.5). */

/** The bank account that a client has verified, and our account that pays. */
export type BankDestination = Readonly<{
  /** Of the account's link, as the card provider verified it; no account number comes to us (P-15). */
  token: string;
  originatingAccountId: string;
}>;

/** Exact bytes of an order, stored before the call. An amount is a number there, written digit by digit (R-1). */
export const bankRefundBodyOf = (
  refund: Readonly<{ attemptId: string; refundId: string; amount: Money }>,
  { token, originatingAccountId }: BankDestination,
): string =>
  json({
    type: 'ach',
    subtype: 'PPD',
    amount: refund.amount.amountMinor,
    direction: 'credit',
    currency: refund.amount.currency,
    originating_account_id: originatingAccountId,
    receiving_account: { plaid_processor_token: token },
    statement_descriptor: 'HOLDFAST',
    external_id: refund.attemptId,
    metadata: { refund_id: refund.refundId },
  });

const json = (fields: Record<string, string | bigint | object>): string =>
  `{${Object.entries(fields)
    .map(([name, value]) => `"${name}":${typeof value === 'bigint' ? value : JSON.stringify(value)}`)
    .join()}}`;

const Order = z.object({
  id: z.string().regex(/^[A-Za-z0-9_-]{1,120}$/),
  status: z.enum([
    'pending',
    'needs_approval',
    'approved',
    'processing',
    'sent',
    'completed',
    'returned',
    'reversed',
    'failed',
    'denied',
    'cancelled',
    'stopped',
  ]),
  amount: z.int().nonnegative(),
  currency: z.string().max(3),
  direction: z.literal('credit'),
  external_id: z.string().max(180).nullish(),
  current_return: z.object({ amount: z.int().nonnegative() }).nullish(),
});
/** A list is searched by our own mark, so that one order of an unknown form does not hide another. */
const Page = z.array(z.looseObject({ external_id: z.string().nullish() }));
const ErrorBody = z.object({
  errors: z.object({ code: z.string().max(100), parameter: z.string().nullish() }),
});

const statuses: Readonly<Record<z.output<typeof Order>['status'], RefundView['status']>> = {
  pending: 'pending',
  needs_approval: 'pending',
  approved: 'pending',
  processing: 'pending',
  sent: 'pending',
  completed: 'succeeded',
  returned: 'failed',
  reversed: 'failed',
  failed: 'failed',
  denied: 'failed',
  cancelled: 'failed',
  stopped: 'failed',
};

/** Of a return only what came back counts: less than was sent is not booked, a person looks (F47). */
const viewOf = ({ id, status, amount, currency, current_return }: z.output<typeof Order>): RefundView => ({
  id,
  status: statuses[status],
  amountMinor: BigInt(current_return?.amount ?? amount),
  currency,
});

/** An answer whose form is not the documented one, or of another key, may have executed: it is asked about. */
function seenIn(body: unknown, attemptId: string): RefundObservation | undefined {
  const order = Order.safeParse(body);
  if (!order.success || order.data.external_id !== attemptId) return undefined;
  return { kind: 'seen', refund: viewOf(order.data) };
}

/** Only a documented refusal of the payment itself ends an attempt (3.6). */
function refusalOf(httpStatus: number, body: unknown): RefundObservation | NotSent {
  if (httpStatus === 403) return { kind: 'not_sent' };
  const error = ErrorBody.safeParse(body).data?.errors;
  if (!error) return { kind: 'unknown' };
  // Our own account, how it is configured or what it holds: the client is not to blame for that.
  if (error.code === 'insufficient_funds' || error.parameter === 'originating_account_id') {
    return { kind: 'not_sent' };
  }
  const isDuplicate = /duplicate|taken|exists|conflict|idempoten/.test(error.code);
  if (isDuplicate || error.parameter === 'external_id') return { kind: 'unknown' };
  return { kind: 'refused', failure: 'refused' };
}

function notSentOf(outcome: CallOutcome): NotSent {
  return {
    kind: 'not_sent',
    ...(outcome.status === 'not_sent' ? { retryAfterMs: outcome.retryAfterMs } : {}),
  };
}

export class BankRefund implements RefundProvider {
  readonly #client: BankClient;

  constructor(client: BankClient) {
    this.#client = client;
  }

  /** The key is the attempt's: the bank executes it once, and refuses it for ever afterwards. */
  async create(attemptId: string, body: string): Promise<RefundObservation | NotSent> {
    const outcome = await this.#client.call({
      operation: 'payout.ach',
      method: 'POST',
      path: '/api/payment_orders',
      body,
      idempotencyKey: attemptId,
    });
    switch (outcome.status) {
      case 'accepted':
        return seenIn(outcome.body, attemptId) ?? { kind: 'unknown' };
      case 'refused':
        return refusalOf(outcome.httpStatus, outcome.body);
      case 'not_sent':
        return notSentOf(outcome);
      case 'unknown':
        return { kind: 'unknown' };
    }
  }

  /** Only "not found" is a miss. A read without an answer, or with one of another form, is simply asked again. */
  async read(reference: string, attemptId: string): Promise<RefundObservation | NotSent> {
    const outcome = await this.#client.call({
      operation: 'payout.read',
      method: 'GET',
      path: `/api/payment_orders/${encodeURIComponent(reference)}`,
    });
    if (outcome.status === 'refused' && outcome.httpStatus === 404) return { kind: 'absent' };
    const seen = outcome.status === 'accepted' ? seenIn(outcome.body, attemptId) : undefined;
    return seen ?? notSentOf(outcome);
  }

  /** Finds the order whose sending got no answer, by our key. A list that is not found says nothing about it. */
  async find(attemptId: string): Promise<RefundObservation | NotSent> {
    const outcome = await this.#client.call({
      operation: 'payout.read',
      method: 'GET',
      path: `/api/payment_orders?${new URLSearchParams({ external_id: attemptId })}`,
    });
    const page = outcome.status === 'accepted' ? Page.safeParse(outcome.body) : undefined;
    if (!page?.success) return notSentOf(outcome);
    const ours = page.data.find(({ external_id }) => external_id === attemptId);
    return ours ? (seenIn(ours, attemptId) ?? { kind: 'not_sent' }) : { kind: 'absent' };
  }
}
