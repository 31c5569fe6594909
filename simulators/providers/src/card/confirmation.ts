import type { Answer } from '../answering.ts';
import type { Step } from '../step.ts';
import { declineAnswer, invalid } from './errors.ts';
import { tell } from './events.ts';
import { authenticationFailed, type Decline, magicMethods, payerNeeded } from './magic-methods.ts';
import { charges, mandates, type PaymentIntent, type PaymentMethod, paymentIntents } from './model.ts';
import { mandateOf, resolveMethod } from './payment-methods.ts';
import { chargeObject, intentObject, methodObject } from './render.ts';
import { newCharge, settle } from './settlement.ts';

type Confirmation = Readonly<{
  payment_method?: string | undefined;
  off_session?: boolean | undefined;
  mandate?: string | undefined;
  return_url?: string | undefined;
  setup_future_usage?: 'off_session' | 'on_session' | undefined;
}>;

const confirmable = ['requires_payment_method', 'requires_confirmation', 'requires_action'];

/**
 * Charges, asks for the payer or declines. Unattended, a bank that wants the payer declines (section 4.1).
 */
export function confirmIntent(step: Step, intent: PaymentIntent, given: Confirmation): Answer {
  const named = given.payment_method ?? intent.paymentMethod;
  if (!confirmable.includes(intent.status))
    throw unexpected('confirm', intent, `it has a status of ${intent.status}`);
  if (named === null) throw unexpected('confirm', intent, 'it is missing a payment method');
  const method = resolveMethod(step, named, intent.customer);
  const confirmed: PaymentIntent = {
    ...intent,
    paymentMethod: method.id,
    returnUrl: given.return_url ?? intent.returnUrl,
    lastError: null,
    nextActionUrl: null,
    setupFutureUsage: given.setup_future_usage ?? intent.setupFutureUsage,
  };
  const isUnattended = given.off_session === true;
  const mandate = mandateOf(step, method);
  if (step.fault?.params.mandate === 'withdrawn' && mandate) {
    step.tx.put(mandates, method.id, { ...mandate, status: 'inactive' });
  }
  const isMandated = mandateOf(step, method)?.status === 'active';
  if (given.mandate !== undefined && (given.mandate !== mandate?.id || !isMandated)) {
    // Answered rather than thrown: that the mandate was withdrawn must stay.
    const details = { code: 'payment_intent_mandate_invalid', param: 'mandate' };
    return invalid('The provided mandate is not active for this PaymentMethod.', details).answer;
  }
  const charging = magicMethods[method.token]?.charge ?? 'pays';
  if (typeof charging !== 'string') return decline(step, confirmed, method, charging);
  const wantsPayer =
    charging === 'asks_payer' || step.fault?.fault === 'payer-needed' || (isUnattended && !isMandated);
  if (!wantsPayer) return { status: 200, body: intentObject(settle(step, confirmed, method)) };
  return isUnattended ? decline(step, confirmed, method, payerNeeded) : askPayer(step, confirmed);
}

/** What the payer does in the window of the bank: the way out of `requires_action`. */
export function completeAction(step: Step, intent: PaymentIntent, action: 'confirm' | 'fail'): PaymentIntent {
  const method = resolveMethod(step, intent.paymentMethod ?? 'pm_card_visa', intent.customer);
  const answered = { ...intent, nextActionUrl: null };
  if (action === 'confirm') return settle(step, answered, method);
  decline(step, answered, method, authenticationFailed);
  return step.tx.get(paymentIntents, intent.id) ?? intent;
}

/** 400: the intent is not in a state that allows it. The caller sees the intent as it is. */
export function unexpected(verb: string, intent: PaymentIntent, why: string) {
  return invalid(`You cannot ${verb} this PaymentIntent because ${why}.`, {
    code: 'payment_intent_unexpected_state',
    payment_intent: intentObject(intent),
  });
}

function askPayer(step: Step, intent: PaymentIntent): Answer {
  const asked: PaymentIntent = {
    ...intent,
    status: 'requires_action',
    nextActionUrl: `https://hooks.card-simulator.test/3ds/${intent.id}`,
  };
  step.tx.put(paymentIntents, intent.id, asked);
  tell(step, 'payment_intent.requires_action', intentObject(asked));
  return { status: 200, body: intentObject(asked) };
}

/** Back to `requires_payment_method`; the refused charge stays visible. */
function decline(step: Step, intent: PaymentIntent, method: PaymentMethod, reason: Decline): Answer {
  const { code, declineCode, message } = reason;
  const charge = newCharge(step, intent, method, reason);
  step.tx.put(charges, charge.id, charge);
  const payment_method = methodObject(method);
  const refused: PaymentIntent = {
    ...intent,
    status: 'requires_payment_method',
    paymentMethod: null,
    nextActionUrl: null,
    latestCharge: charge.id,
    lastError: {
      type: 'card_error',
      code,
      decline_code: declineCode,
      message,
      charge: charge.id,
      payment_method,
    },
  };
  step.tx.put(paymentIntents, intent.id, refused);
  const payment_intent = intentObject(refused);
  const earlier = { ...payment_intent, status: 'processing', last_payment_error: null };
  tell(step, 'payment_intent.payment_failed', payment_intent, {
    type: 'payment_intent.processing',
    object: earlier,
  });
  const details = {
    code,
    decline_code: declineCode,
    charge: chargeObject(charge).id,
    payment_method,
    payment_intent,
  };
  return declineAnswer(message, details);
}
