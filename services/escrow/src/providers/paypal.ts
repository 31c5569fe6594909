import type { Money } from '@holdfast/domain';
import type { CallOutcome } from '@holdfast/providers';
import { z } from 'zod';
import type { IntentView, Observation } from '../domain/funding.ts';
import type { ReadIntent } from './card.ts';
import type { Charge, ChargeBytes, NotSent, PayInProvider } from './pay-in.ts';
import type { PaypalClient } from './paypal-client.ts';

/** PayPal's dialect (provider protocols, 4.2): JSON, orders and their captures, amounts as decimals. */

/**
 * An order moves no money; the stored account is named by the capture, which may ask for the payer where one is
 * present. `invoice_id` is paid once at PayPal: a second guard beside the key.
 */
export function paypalBytesOf({ fundingId, agreementId, total, methodId, returnUrl }: Charge): ChargeBytes {
  const unit = {
    reference_id: agreementId,
    custom_id: fundingId,
    invoice_id: fundingId,
    amount: { currency_code: total.currency, value: decimalOf(total) },
  };
  const back = returnUrl && { experience_context: { return_url: returnUrl, cancel_url: returnUrl } };
  const paypal = { vault_id: methodId, ...(back || {}) };
  return {
    createBody: JSON.stringify({ intent: 'CAPTURE', purchase_units: [unit] }),
    confirmBody: JSON.stringify({ payment_source: { paypal } }),
  };
}

export function decimalOf({ amountMinor }: Money): string {
  const digits = String(amountMinor).padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

export const Amount = z.object({
  currency_code: z.string().max(3),
  value: z
    .string()
    .regex(/^\d{1,15}\.\d{2}$/)
    .transform((value) => BigInt(value.replace('.', ''))),
});
const Capture = z.object({
  status: z.enum(['COMPLETED', 'DECLINED', 'PARTIALLY_REFUNDED', 'PENDING', 'REFUNDED', 'FAILED']),
  amount: Amount,
});
const Link = z.object({ href: z.url(), rel: z.string() });
const links = z.array(z.looseObject({})).default([]);
const Order = z.object({
  id: z.string().regex(/^[A-Z0-9]{1,36}$/),
  status: z.enum(['CREATED', 'SAVED', 'APPROVED', 'PAYER_ACTION_REQUIRED', 'VOIDED', 'COMPLETED']),
  purchase_units: z
    .array(
      z.object({
        custom_id: z.string().optional(),
        amount: Amount,
        payments: z.object({ captures: z.array(Capture).default([]) }).optional(),
      }),
    )
    .length(1),
  links,
});
const Refusal = z.object({ details: z.array(z.object({ issue: z.string() })).default([]), links });

/** Why a call was refused; the words beside it may change any day (1.6). */
export const issueOf = (body: unknown): string => Refusal.safeParse(body).data?.details[0]?.issue ?? '';

/** Where the payer is sent; links of other forms do not matter. */
function payerUrlOf(all: z.output<typeof links>): string | undefined {
  const found = all
    .map((link) => Link.safeParse(link).data)
    .find((link) => /^(payer-action|approve)$/.test(link?.rel ?? ''));
  return found?.href;
}

/** The capture tells whether money moved, never the order: one can be completed while its capture is pending. */
function statusOf(
  order: z.output<typeof Order>,
  capture: z.output<typeof Capture> | undefined,
): IntentView['status'] {
  switch (capture?.status) {
    case 'COMPLETED':
    case 'PARTIALLY_REFUNDED':
    case 'REFUNDED':
      return 'succeeded';
    case 'PENDING':
      return 'processing';
    case 'DECLINED':
    case 'FAILED':
      return 'requires_payment_method';
  }
  switch (order.status) {
    case 'APPROVED':
      return 'approved';
    case 'PAYER_ACTION_REQUIRED':
      return 'requires_action';
    case 'VOIDED':
      return 'canceled';
    // Completed without a capture: it is read again until the capture is there.
    case 'COMPLETED':
      return 'processing';
    default:
      return 'requires_confirmation';
  }
}

function viewOf(order: z.output<typeof Order>): ReadIntent {
  const [unit] = order.purchase_units;
  const capture = unit!.payments?.captures[0];
  const status = statusOf(order, capture);
  return {
    id: order.id,
    status,
    receivedMinor: status === 'succeeded' ? capture!.amount.value : 0n,
    currency: unit!.amount.currency_code,
    payerUrl: status === 'requires_action' ? payerUrlOf(order.links) : undefined,
    fundingId: z.uuid().safeParse(unit!.custom_id).data,
  };
}

/** An earlier send has won, or was paid under another order: a question, not a refusal (rule 7 of section 7). */
const asked = new Set(['ORDER_ALREADY_CAPTURED', 'DUPLICATE_REQUEST_ID', 'DUPLICATE_INVOICE_ID']);
/** The account, or the money on it, does not do: another method may. */
const declined = new Set([
  'INSTRUMENT_DECLINED',
  'CARD_EXPIRED',
  'TRANSACTION_REFUSED',
  'PAYER_CANNOT_PAY',
  'REDIRECT_PAYER_FOR_ALTERNATE_FUNDING',
  'MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED',
]);

/** A capture that is refused changed nothing but, maybe, what is asked of the payer. */
function captureOf(orderId: string, outcome: CallOutcome): Observation | NotSent {
  if (outcome.status !== 'refused') return observationOf(outcome);
  const refusal = Refusal.safeParse(outcome.body).data;
  const issue = issueOf(outcome.body);
  const seen = (intent: Pick<IntentView, 'status' | 'declineCode' | 'payerUrl'>): Observation => {
    return { kind: 'seen', intent: { id: orderId, receivedMinor: 0n, currency: '', ...intent } };
  };
  if (asked.has(issue)) return { kind: 'unknown' };
  if (declined.has(issue)) return seen({ status: 'requires_payment_method', declineCode: issue });
  if (issue !== 'PAYER_ACTION_REQUIRED') return { kind: 'refused' };
  return seen({ status: 'requires_action', payerUrl: payerUrlOf(refusal?.links ?? []) });
}

/** An answer whose form is not the documented one may have executed: it is asked about. */
function observationOf(outcome: CallOutcome): Observation | NotSent {
  switch (outcome.status) {
    case 'accepted': {
      const order = Order.safeParse(outcome.body);
      return order.success ? { kind: 'seen', intent: viewOf(order.data) } : { kind: 'unknown' };
    }
    case 'refused': {
      return asked.has(issueOf(outcome.body)) ? { kind: 'unknown' } : { kind: 'refused' };
    }
    case 'not_sent':
      return { kind: 'not_sent', retryAfterMs: outcome.retryAfterMs };
    case 'unknown':
      return { kind: 'unknown' };
  }
}

/** Only "not found" is a miss. A read without an answer, or with one of another form, is simply asked again. */
function readingOf(outcome: CallOutcome): Observation | NotSent {
  if (outcome.status === 'refused' && outcome.httpStatus === 404) return { kind: 'absent' };
  const observation = observationOf(outcome);
  const answered = observation.kind !== 'refused' && observation.kind !== 'unknown';
  return answered ? observation : { kind: 'not_sent' };
}

const uncaptured: readonly IntentView['status'][] = [
  'requires_confirmation',
  'requires_action',
  'requires_payment_method',
];

export class Paypal implements PayInProvider {
  readonly #client: PaypalClient;

  constructor(client: PaypalClient) {
    this.#client = client;
  }

  /** The key of a call is the funding's id and the step: PayPal executes it once, for 6 h. */
  async create(fundingId: string, body: string): Promise<Observation | NotSent> {
    return observationOf(
      await this.#client.call({
        operation: 'order.create',
        method: 'POST',
        path: '/v2/checkout/orders',
        body,
        idempotencyKey: `${fundingId}.create`,
      }),
    );
  }

  /**
   * The order is read first: a key that is older than 6 h protects nothing, the order's own state does. What the
   * payer approved is captured as it is, with a key of its own; else the stored account is named.
   */
  async confirm(fundingId: string, orderId: string, body: string): Promise<Observation | NotSent> {
    const now = await this.read(orderId);
    if (now.kind !== 'seen') return now;
    const { status } = now.intent;
    if (status !== 'approved' && status !== 'requires_confirmation') return now;
    const step = status === 'approved' ? 'capture' : 'confirm';
    const outcome = await this.#client.call({
      operation: 'order.capture',
      method: 'POST',
      path: `/v2/checkout/orders/${orderId}/capture`,
      body: status === 'approved' ? '{}' : body,
      idempotencyKey: `${fundingId}.${step}`,
    });
    return captureOf(orderId, outcome);
  }

  /**
   * PayPal knows no cancel: an order that we do not capture moves no money and lapses by itself. So its state is the
   * answer; whether a capture may still be under way is known to the funding, which asks only when it is not.
   */
  async cancel(orderId: string): Promise<Observation | NotSent> {
    const now = await this.read(orderId);
    if (now.kind === 'absent') return { kind: 'seen', intent: closed(orderId) };
    if (now.kind !== 'seen' || !uncaptured.includes(now.intent.status)) return now;
    return { kind: 'seen', intent: { ...now.intent, status: 'canceled' } };
  }

  async read(orderId: string): Promise<Observation | NotSent> {
    return readingOf(
      await this.#client.call({
        operation: 'order.read',
        method: 'GET',
        path: `/v2/checkout/orders/${encodeURIComponent(orderId)}`,
      }),
    );
  }

  /**
   * There is no look-up by our own words: the same key and bytes again are the query (1.5). Should PayPal have
   * forgotten the key, the new order is as good as the first, which nobody captures.
   */
  find(fundingId: string, createBody: string): Promise<Observation | NotSent> {
    return this.create(fundingId, createBody);
  }
}

const closed = (id: string): IntentView => ({ id, status: 'canceled', receivedMinor: 0n, currency: '' });
