import { z } from 'zod';
import { type Answer, Refusal } from '../answering.ts';
import type { PayerAnswer, PayerDeed } from '../simulation.ts';
import type { Step } from '../step.ts';
import { Account } from './accounts.ts';
import { type Charging, charge, chargeStored, lapse } from './charging.ts';
import { errorAnswer, notFound, refuse } from './errors.ts';
import { tellApproved } from './events.ts';
import { newId } from './ids.ts';
import { captures, type Order, orders, refunds } from './model.ts';
import { Money } from './money.ts';
import { experienceContext, id, prefer, preferName, text } from './params.ts';
import { orderAnswer } from './render.ts';

/** 6 h: an order that the payer has not paid by then is closed. */
const lapsesAfterMs = 6 * 3_600_000;

const Wallet = z.strictObject({
  vault_id: id.optional(),
  experience_context: experienceContext.optional(),
});
const Source = z.strictObject({ paypal: Wallet });

export const CreateOrder = z.strictObject({
  ...prefer,
  intent: z.literal('CAPTURE'),
  purchase_units: z.tuple([
    z.strictObject({
      reference_id: id.default('default'),
      amount: Money,
      custom_id: id.optional(),
      invoice_id: text.optional(),
      description: text.optional(),
      soft_descriptor: z.string().min(1).max(22).optional(),
    }),
  ]),
  payment_source: Source.optional(),
});

export const CaptureOrder = z.strictObject({ ...prefer, payment_source: Source.optional() });

/** With a stored account it is a single step: created and charged in one call. */
export function createOrder(step: Step, given: z.output<typeof CreateOrder>): Answer {
  const { tx, atMs, simulation } = step;
  const [unit] = given.purchase_units;
  const vaultId = given.payment_source?.paypal.vault_id;
  if (vaultId !== undefined && step.key === null) throw missingKey();
  const order: Order = {
    id: newId(step, 'order'),
    createdAtMs: atMs,
    status: given.payment_source && vaultId === undefined ? 'PAYER_ACTION_REQUIRED' : 'CREATED',
    amountMinor: unit.amount.amountMinor,
    currency: unit.amount.currency,
    referenceId: unit.reference_id,
    customId: unit.custom_id ?? null,
    invoiceId: unit.invoice_id ?? null,
    account: null,
    declines: 0,
    capture: null,
  };
  tx.put(orders, order.id, order);
  simulation.clock.schedule(tx, lapse, order.id, atMs + lapsesAfterMs);
  if (vaultId === undefined) return answerOf(step, order, 201, given[preferName]);
  const charging = chargeStored(step, order, vaultId);
  const now = loadOrder(step, order.id);
  // Who is sent for has an order to approve; any other refusal leaves none behind.
  if ('refused' in charging && (now.status !== 'PAYER_ACTION_REQUIRED' || now.declines > 0)) {
    tx.remove(orders, order.id);
    simulation.clock.unschedule(tx, lapse, order.id);
    return charging.refused;
  }
  return answerOf(step, now, 201, given[preferName]);
}

export function captureOrder(step: Step, given: z.output<typeof CaptureOrder>, orderId: string): Answer {
  const order = loadOrder(step, orderId);
  const vaultId = given.payment_source?.paypal.vault_id;
  if (order.capture !== null)
    throw refuse(
      'ORDER_ALREADY_CAPTURED',
      'Order already captured. If you want to capture it again, create one.',
    );
  if (order.status === 'VOIDED') throw refuse('ORDER_EXPIRED', 'The order has expired.');
  let charging: Charging;
  if (order.status === 'APPROVED' && order.account) charging = charge(step, order, attended(order.account));
  else if (vaultId !== undefined && order.status === 'CREATED') charging = chargeStored(step, order, vaultId);
  else throw refuse('ORDER_NOT_APPROVED', 'Payer has not yet approved the Order for payment.');
  // Answered rather than thrown: that it was declined, or the payer sent for, must stay.
  if ('refused' in charging) return charging.refused;
  return answerOf(step, charging.charged.order, 201, given[preferName]);
}

export function readOrder(step: Step, orderId: string): Answer {
  return answerOf(step, loadOrder(step, orderId), 200, 'representation');
}

/** Nobody paid it in time. */
export function lapseOrder({ tx }: Step, order: Order): void {
  if (order.capture === null) tx.put(orders, order.id, { ...order, status: 'VOIDED', account: null });
}

/** What the payer does on the provider's page; who cancels goes back, and the order waits on. */
export function payerActs(step: Step, order: Order, { action, account }: PayerDeed): PayerAnswer {
  if (action !== 'approve' && action !== 'cancel')
    return { status: 'refused', reason: `the payer of an order does not ${action}` };
  if (order.status !== 'CREATED' && order.status !== 'PAYER_ACTION_REQUIRED')
    return { status: 'refused', reason: `the order is ${order.status}` };
  if (action === 'cancel') return { status: 'done', id: order.id, intentStatus: order.status };
  const behaviour = Account.safeParse(account ?? 'pays');
  if (!behaviour.success) return { status: 'refused', reason: `no account behaves like "${account}"` };
  const approved: Order = { ...order, status: 'APPROVED', account: behaviour.data };
  step.tx.put(orders, order.id, approved);
  tellApproved(step, approved);
  return { status: 'done', id: order.id, intentStatus: approved.status };
}

export function loadOrder({ tx }: Step, orderId: string): Order {
  const order = tx.get(orders, orderId);
  if (!order) throw notFound();
  return order;
}

/** Who has just approved need not be asked. */
const attended = (account: Account): Account => (account === 'asks_payer' ? 'pays' : account);

function answerOf({ tx }: Step, order: Order, status: number, preferred: string): Answer {
  const capture = order.capture === null ? undefined : tx.get(captures, order.capture);
  const paid = capture && {
    capture,
    refunds: [...tx.all(refunds)].filter((refund) => refund.capture === capture.id),
  };
  return { status, body: orderAnswer(order, paid, preferred) };
}

function missingKey(): Refusal {
  const details = [
    {
      issue: 'PAYPAL_REQUEST_ID_REQUIRED',
      description: 'A PayPal-Request-Id is needed for a single-step call.',
    },
  ];
  const message = 'Request is not well-formed, syntactically incorrect, or violates schema.';
  return new Refusal(errorAnswer(400, 'INVALID_REQUEST', message, details));
}
