import type { Step } from '../step.ts';
import { move } from './balance-transactions.ts';
import { planDispute } from './dispute-plans.ts';
import { tell } from './events.ts';
import { type Decline, typeOf } from './magic-methods.ts';
import { type Charge, charges, type PaymentIntent, type PaymentMethod, paymentIntents } from './model.ts';
import { attach } from './payment-methods.ts';
import { intentObject } from './render.ts';

/** 7 days: how long a payer's authorisation lasts online (section 4.1). */
const authorisationMs = 7 * 86_400_000;

/** The due work that ends an authorisation which nobody captured. */
export const expiry = 'card.authorisation';

export function newCharge(
  step: Step,
  intent: PaymentIntent,
  method: PaymentMethod,
  refused?: Decline,
): Charge {
  return {
    id: step.tx.newId('ch'),
    createdAtMs: step.atMs,
    status: refused ? 'failed' : 'succeeded',
    amountMinor: intent.amountMinor,
    currency: intent.currency,
    capturedMinor: 0n,
    refundedMinor: 0n,
    isCaptured: false,
    captureBeforeMs: null,
    intent: intent.id,
    customer: intent.customer,
    paymentMethod: method.id,
    methodType: typeOf(method.token),
    failureCode: refused?.code ?? null,
    declineCode: refused?.declineCode ?? null,
    returnCode: refused?.returnCode ?? null,
    failureMessage: refused?.message ?? null,
    latestDispute: null,
    transferGroup: intent.transferGroup,
    balanceTransaction: null,
    metadata: intent.metadata,
  };
}

/** The bank said yes: the money moves at once, or is set aside for a capture. */
export function settle(step: Step, intent: PaymentIntent, method: PaymentMethod): PaymentIntent {
  const charge = newCharge(step, intent, method);
  if (intent.setupFutureUsage)
    attach(step, method, intent.customer, intent.setupFutureUsage === 'off_session');
  const charged = { ...intent, paymentMethod: method.id, latestCharge: charge.id, lastError: null };
  if (intent.captureMethod === 'automatic') return capture(step, charged, charge, intent.amountMinor);
  const captureBeforeMs = step.atMs + authorisationMs;
  const held: PaymentIntent = { ...charged, status: 'requires_capture', capturableMinor: intent.amountMinor };
  step.tx.put(charges, charge.id, { ...charge, captureBeforeMs });
  step.tx.put(paymentIntents, intent.id, held);
  step.simulation.clock.schedule(step.tx, expiry, intent.id, captureBeforeMs);
  tell(step, 'payment_intent.amount_capturable_updated', intentObject(held));
  return held;
}

/** Takes the money and enters it in the book. What is not taken of an authorisation is released. */
export function capture(
  step: Step,
  intent: PaymentIntent,
  charge: Charge,
  amountMinor: bigint,
): PaymentIntent {
  const { tx, simulation } = step;
  const releasedMinor = charge.amountMinor - amountMinor;
  const taken = { ...charge, isCaptured: true, capturedMinor: amountMinor, refundedMinor: releasedMinor };
  const funded: PaymentIntent = {
    ...intent,
    status: 'succeeded',
    capturableMinor: 0n,
    receivedMinor: amountMinor,
  };
  const { id: balanceTransaction } = move(step, {
    kind: 'charge',
    source: charge.id,
    parentId: intent.id,
    amountMinor,
    currency: charge.currency,
    metadata: intent.metadata,
  });
  tx.put(charges, charge.id, { ...taken, balanceTransaction });
  tx.put(paymentIntents, intent.id, funded);
  simulation.clock.unschedule(tx, expiry, intent.id);
  planDispute(step, taken);
  const object = intentObject(funded);
  const earlier = { ...object, status: 'processing', amount_received: 0, latest_charge: null };
  tell(step, 'payment_intent.succeeded', object, { type: 'payment_intent.processing', object: earlier });
  return funded;
}

/** Sets an authorisation free and closes the intent. */
export function close(step: Step, intent: PaymentIntent, reason: string | null): PaymentIntent {
  const { tx, atMs, simulation } = step;
  const charge = intent.latestCharge === null ? undefined : tx.get(charges, intent.latestCharge);
  if (charge && intent.status === 'requires_capture') {
    tx.put(charges, charge.id, { ...charge, refundedMinor: charge.amountMinor });
  }
  const closed: PaymentIntent = {
    ...intent,
    status: 'canceled',
    capturableMinor: 0n,
    nextActionUrl: null,
    canceledAtMs: atMs,
    cancellationReason: reason,
  };
  tx.put(paymentIntents, intent.id, closed);
  simulation.clock.unschedule(tx, expiry, intent.id);
  const object = intentObject(closed);
  const earlier = { ...object, status: 'processing', canceled_at: null, cancellation_reason: null };
  tell(step, 'payment_intent.canceled', object, { type: 'payment_intent.processing', object: earlier });
  return closed;
}
