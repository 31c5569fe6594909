import type { Money } from '@holdfast/domain';
import type { CallOutcome } from '@holdfast/providers';
import { z } from 'zod';
import type { RefundObservation, RefundView } from '../domain/refund-attempt.ts';
import type { RefundProvider } from './card-refund.ts';
import type { NotSent } from './pay-in.ts';
import { Amount, decimalOf, issueOf } from './paypal.ts';
import type { PaypalClient } from './paypal-client.ts';

/** Refunds of captures at PayPal (provider protocols, 4.5). */

/** Exact bytes of the call, stored before it is made. PayPal shows both marks with the order. */
export const paypalRefundBodyOf = (refund: { attemptId: string; refundId: string; amount: Money }): string =>
  JSON.stringify({
    amount: { currency_code: refund.amount.currency, value: decimalOf(refund.amount) },
    custom_id: refund.refundId,
    invoice_id: refund.attemptId,
  });

const Refund = z.object({
  id: z.string().regex(/^[A-Z0-9]{1,36}$/),
  status: z.enum(['PENDING', 'COMPLETED', 'FAILED', 'CANCELLED']),
  amount: Amount,
});
/** A list is searched by our own mark, so that one refund of an unknown form does not hide another. */
const Order = z.object({
  purchase_units: z
    .array(
      z.object({
        payments: z
          .object({
            captures: z.array(z.object({ id: z.string().regex(/^[A-Z0-9]{1,36}$/) })).min(1),
            refunds: z.array(z.looseObject({ invoice_id: z.string().optional() })).default([]),
          })
          .optional(),
      }),
    )
    .length(1),
});

const statuses = {
  PENDING: 'pending',
  COMPLETED: 'succeeded',
  FAILED: 'failed',
  CANCELLED: 'failed',
} as const;

const viewOf = ({ id, status, amount }: z.output<typeof Refund>): RefundView => ({
  id,
  status: statuses[status],
  amountMinor: amount.value,
  currency: amount.currency_code,
});

/** An answer whose form is not the documented one may have executed: it is asked about. */
function observationOf(outcome: CallOutcome): RefundObservation | NotSent {
  switch (outcome.status) {
    case 'accepted': {
      const refund = Refund.safeParse(outcome.body);
      return refund.success ? { kind: 'seen', refund: viewOf(refund.data) } : { kind: 'unknown' };
    }
    case 'refused':
      return refusalOf(issueOf(outcome.body));
    case 'not_sent':
      return { kind: 'not_sent', retryAfterMs: outcome.retryAfterMs };
    case 'unknown':
      return { kind: 'unknown' };
  }
}

function refusalOf(issue: string): RefundObservation {
  switch (issue) {
    case 'DUPLICATE_REQUEST_ID':
    case 'DUPLICATE_INVOICE_ID':
      return { kind: 'unknown' };
    case 'CAPTURE_DISPUTED':
      return { kind: 'disputed' };
    case 'REFUND_TIME_LIMIT_EXCEEDED':
      return { kind: 'refused', failure: 'window_over' };
    default:
      return { kind: 'refused', failure: 'refused' };
  }
}

/** Only "not found" is a miss. A read without an answer, or with one of another form, is simply asked again. */
function readingOf(outcome: CallOutcome): RefundObservation | NotSent {
  if (outcome.status === 'refused' && outcome.httpStatus === 404) return { kind: 'absent' };
  const observation = observationOf(outcome);
  return observation.kind === 'seen' || observation.kind === 'not_sent' ? observation : { kind: 'not_sent' };
}

export class PaypalRefund implements RefundProvider {
  readonly #client: PaypalClient;

  constructor(client: PaypalClient) {
    this.#client = client;
  }

  /** Of the order's capture. The key is the attempt's: PayPal executes it once, for 45 days. */
  async create(attemptId: string, body: string, orderId: string): Promise<RefundObservation | NotSent> {
    const order = await this.#order(orderId);
    if (!order) return { kind: 'not_sent' };
    return observationOf(
      await this.#client.call({
        operation: 'capture.refund',
        method: 'POST',
        path: `/v2/payments/captures/${order.captures[0]!.id}/refund`,
        body,
        idempotencyKey: `${attemptId}.refund`,
      }),
    );
  }

  async read(reference: string): Promise<RefundObservation | NotSent> {
    return readingOf(
      await this.#client.call({
        operation: 'capture.refund.read',
        method: 'GET',
        path: `/v2/payments/refunds/${encodeURIComponent(reference)}`,
      }),
    );
  }

  /** Among the refunds of its order, by our mark: nothing is sent again to find it. */
  async find(attemptId: string, orderId: string): Promise<RefundObservation | NotSent> {
    const order = await this.#order(orderId);
    if (!order) return { kind: 'not_sent' };
    const ours = order.refunds.find(({ invoice_id }) => invoice_id === attemptId);
    return ours ? readingOf({ status: 'accepted', body: ours }) : { kind: 'absent' };
  }

  /** @returns undefined when it cannot be seen now: a captured order does not go away */
  async #order(orderId: string) {
    const outcome = await this.#client.call({
      operation: 'order.read',
      method: 'GET',
      path: `/v2/checkout/orders/${encodeURIComponent(orderId)}`,
    });
    const order = outcome.status === 'accepted' ? Order.safeParse(outcome.body).data : undefined;
    return order?.purchase_units[0]?.payments;
  }
}
