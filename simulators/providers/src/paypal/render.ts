import type { Capture, Order, PaymentToken, Refund, SetupToken } from './model.ts';
import { moneyObject } from './money.ts';

/** Wire objects of section 4.2: amounts are decimal strings, times whole seconds in ISO 8601. */

const page = 'https://www.paypal-simulator.test';

export const time = (atMs: number): string => new Date(atMs).toISOString().replace(/\.\d{3}Z$/, 'Z');

export const payerLink = (orderId: string, rel: string) => ({
  href: `${page}/checkoutnow?token=${orderId}`,
  rel,
  method: 'GET',
});

const self = (href: string) => ({ href, rel: 'self', method: 'GET' });

/** What became of an order's money. */
export type Paid = Readonly<{ capture: Capture; refunds: readonly Refund[] }>;

/** As much of it as the caller prefers. */
export function orderAnswer(order: Order, paid: Paid | undefined, preferred: string) {
  const whole = orderObject(order, paid);
  return preferred === 'representation' ? whole : { id: whole.id, status: whole.status, links: whole.links };
}

export function orderObject(order: Order, paid: Paid | undefined) {
  const { id, status, customId, invoiceId } = order;
  const payments = paid && {
    captures: [captureObject(paid.capture)],
    ...(paid.refunds.length > 0 ? { refunds: paid.refunds.map(refundObject) } : {}),
  };
  return {
    id,
    intent: 'CAPTURE',
    status,
    create_time: time(order.createdAtMs),
    purchase_units: [
      {
        reference_id: order.referenceId,
        amount: moneyObject(order.amountMinor, order.currency),
        ...(customId === null ? {} : { custom_id: customId }),
        ...(invoiceId === null ? {} : { invoice_id: invoiceId }),
        ...(payments ? { payments } : {}),
      },
    ],
    links: [self(`/v2/checkout/orders/${id}`), ...payerLinks(order)],
  };
}

function payerLinks({ id, status }: Order) {
  if (status === 'CREATED') return [payerLink(id, 'approve')];
  return status === 'PAYER_ACTION_REQUIRED' ? [payerLink(id, 'payer-action')] : [];
}

export function captureObject(capture: Capture) {
  const { id, customId, invoiceId, reason, amountMinor, currency } = capture;
  const amount = moneyObject(amountMinor, currency);
  const { feeMinor = 0n } = capture;
  return {
    id,
    status: capture.status,
    ...(reason === null ? {} : { status_details: { reason } }),
    amount,
    final_capture: true,
    // Costs are 0 unless a test sets them; of a capture that is not completed nothing is known yet (section 4.6).
    ...(isTaken(capture)
      ? {
          seller_receivable_breakdown: {
            gross_amount: amount,
            paypal_fee: moneyObject(feeMinor, currency),
            net_amount: moneyObject(amountMinor - feeMinor, currency),
          },
        }
      : {}),
    ...(customId === null ? {} : { custom_id: customId }),
    ...(invoiceId === null ? {} : { invoice_id: invoiceId }),
    supplementary_data: { related_ids: { order_id: capture.order } },
    create_time: time(capture.createdAtMs),
    update_time: time(capture.updatedAtMs),
    links: [self(`/v2/payments/captures/${id}`)],
  };
}

const isTaken = ({ status }: Capture): boolean => status !== 'PENDING' && status !== 'DECLINED';

export function refundObject(refund: Refund) {
  const { id, customId, invoiceId, noteToPayer } = refund;
  return {
    id,
    status: refund.status,
    amount: moneyObject(refund.amountMinor, refund.currency),
    ...(customId === null ? {} : { custom_id: customId }),
    ...(invoiceId === null ? {} : { invoice_id: invoiceId }),
    ...(noteToPayer === null ? {} : { note_to_payer: noteToPayer }),
    create_time: time(refund.createdAtMs),
    update_time: time(refund.updatedAtMs),
    links: [
      self(`/v2/payments/refunds/${id}`),
      { href: `/v2/payments/captures/${refund.capture}`, rel: 'up', method: 'GET' },
    ],
  };
}

export function setupTokenObject({ id, status, customer, merchantCustomerId }: SetupToken) {
  const approve = {
    href: `${page}/agreements/approve?approval_session_id=${id}`,
    rel: 'approve',
    method: 'GET',
  };
  return {
    id,
    status,
    customer: customerObject(customer, merchantCustomerId),
    payment_source: { paypal: { usage_type: 'MERCHANT' } },
    links: [self(`/v3/vault/setup-tokens/${id}`), ...(status === 'PAYER_ACTION_REQUIRED' ? [approve] : [])],
  };
}

/** Says nothing of who the payer is. */
export function paymentTokenObject({ id, customer, merchantCustomerId }: PaymentToken) {
  return {
    id,
    customer: customerObject(customer, merchantCustomerId),
    payment_source: { paypal: { usage_type: 'MERCHANT' } },
    links: [self(`/v3/vault/payment-tokens/${id}`)],
  };
}

const customerObject = (id: string, merchantCustomerId: string | null) =>
  merchantCustomerId === null ? { id } : { id, merchant_customer_id: merchantCustomerId };
