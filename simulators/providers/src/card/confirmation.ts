import type { Answer } from '../answering.ts';
import type { Step } from '../step.ts';
import { startDebit } from './bank-debits.ts';
import { decline } from './declines.ts';
import { invalid } from './errors.ts';
import { tell } from './events.ts';
import { authenticationFailed, magicMethods, payerNeeded, typeOf } from './magic-methods.ts';
import { endMandate, mandateInvalid, mandateOf } from './mandates.ts';
import { type PaymentIntent, type PaymentMethod, paymentIntents } from './model.ts';
import { resolveMethod } from './payment-methods.ts';
import { intentObject } from './render.ts';
import { settle } from './settlement.ts';

type Confirmation = Readonly<{
  payment_method?: string | undefined;
  off_session?: boolean | undefined;
  mandate?: string | undefined;
  mandate_data?: unknown;
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
  const isPayerNeeded = step.fault?.fault === 'payer-needed';
  const isAccount = typeOf(method.token) === 'us_bank_account';
  // Who wants the owner of an account once more can only take the mandate back.
  const isMandateOver = isAccount ? isPayerNeeded : step.fault?.params.mandate === 'withdrawn';
  if (isMandateOver) endMandate(step, method.id);
  const mandate = mandateOf(step, method.id);
  const isMandated = mandate?.status === 'active';
  if (given.mandate !== undefined && (given.mandate !== mandate?.id || !isMandated)) return mandateInvalid();
  if (isAccount) {
    const accepts = given.mandate_data !== undefined && !isUnattended;
    return startDebit(step, confirmed, method, { isMandated, accepts });
  }
  if (isUnattended && hasAskedForPayer(intent, method)) return decline(step, confirmed, method, payerNeeded);
  const charging = magicMethods[method.token]?.charge ?? 'pays';
  if (typeof charging !== 'string') return decline(step, confirmed, method, charging);
  const wantsPayer = charging === 'asks_payer' || isPayerNeeded || (isUnattended && !isMandated);
  if (!wantsPayer) return { status: 200, body: intentObject(settle(step, confirmed, method)) };
  return isUnattended ? decline(step, confirmed, method, payerNeeded) : askPayer(step, confirmed);
}

/** Asked again without the payer, the bank gives the same answer (fault `payer-needed`). */
function hasAskedForPayer({ lastError }: PaymentIntent, { id }: PaymentMethod): boolean {
  const asked = lastError?.payment_method as { id?: string } | undefined;
  return lastError?.code === payerNeeded.code && asked?.id === id;
}

/** What the payer does in the window of the bank: the way out of `requires_action`. */
export function completeAction(step: Step, intent: PaymentIntent, action: 'confirm' | 'fail'): PaymentIntent {
  const method = resolveMethod(step, intent.paymentMethod ?? 'pm_card_visa', intent.customer);
  const answered = { ...intent, nextActionUrl: null };
  if (action === 'confirm' && typeOf(method.token) === 'us_bank_account') {
    startDebit(step, answered, method, { isMandated: false, accepts: true });
    return step.tx.get(paymentIntents, intent.id) ?? intent;
  }
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
