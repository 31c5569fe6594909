import { z } from 'zod';
import type { Answer } from '../answering.ts';
import type { Step } from '../step.ts';
import { declineAnswer, invalid, mandateDataMissing, missing } from './errors.ts';
import { tell } from './events.ts';
import { type Decline, magicMethods, typeOf } from './magic-methods.ts';
import { type PaymentMethod, type SetupIntent, setupIntents } from './model.ts';
import { flag, mandateData, metadata, text, usage, withoutEffect } from './params.ts';
import { attach, requireCustomer, resolveMethod } from './payment-methods.ts';
import { methodObject, setupIntentObject } from './render.ts';

export const CreateSetup = z.strictObject({
  customer: z.string().optional(),
  payment_method: z.string().optional(),
  usage: usage.default('off_session'),
  confirm: flag.default(false),
  return_url: text.optional(),
  description: text.optional(),
  mandate_data: mandateData,
  metadata: metadata.default({}),
  payment_method_types: withoutEffect.payment_method_types,
  automatic_payment_methods: withoutEffect.automatic_payment_methods,
});

export const ConfirmSetup = z.strictObject({
  payment_method: z.string().optional(),
  return_url: text.optional(),
  mandate_data: mandateData,
  use_stripe_sdk: flag.optional(),
});

export function createSetup(step: Step, given: z.output<typeof CreateSetup>): Answer {
  const customer = requireCustomer(step, given.customer);
  const method =
    given.payment_method === undefined ? null : resolveMethod(step, given.payment_method, customer);
  const id = step.tx.newId('seti');
  const intent: SetupIntent = {
    id,
    createdAtMs: step.atMs,
    status: method ? 'requires_confirmation' : 'requires_payment_method',
    customer,
    paymentMethod: method?.id ?? null,
    usage: given.usage,
    mandate: null,
    lastError: null,
    clientSecret: step.tx.newId(`${id}_secret`),
    description: given.description ?? null,
    metadata: given.metadata,
  };
  step.tx.put(setupIntents, id, intent);
  if (!given.confirm) return { status: 200, body: setupIntentObject(intent) };
  return confirm(step, intent, method, given.mandate_data);
}

export function confirmSetup(step: Step, given: z.output<typeof ConfirmSetup>, id: string): Answer {
  const intent = loadSetup(step, id);
  const named = given.payment_method ?? intent.paymentMethod;
  const method = named === null ? null : resolveMethod(step, named, intent.customer);
  return confirm(step, intent, method, given.mandate_data);
}

export function readSetup(step: Step, id: string): Answer {
  return { status: 200, body: setupIntentObject(loadSetup(step, id)) };
}

/**
 * Verification and mandate in one (section 4.1). A bank account needs the words of its owner, who is present
 * (section 4.3).
 */
function confirm(step: Step, intent: SetupIntent, method: PaymentMethod | null, acceptance: unknown): Answer {
  if (intent.status === 'succeeded' || !method) {
    const why = method ? `it has a status of ${intent.status}` : 'it is missing a payment method';
    const details = { code: 'setup_intent_unexpected_state', setup_intent: setupIntentObject(intent) };
    throw invalid(`You cannot confirm this SetupIntent because ${why}.`, details);
  }
  const isAccount = typeOf(method.token) === 'us_bank_account';
  if (isAccount && acceptance === undefined) throw mandateDataMissing();
  const result = magicMethods[method.token]?.setup ?? 'settles';
  if (result !== 'settles') return decline(step, intent, method, result);
  const mandate = attach(step, method, intent.customer, isAccount || intent.usage === 'off_session');
  const settled: SetupIntent = {
    ...intent,
    status: 'succeeded',
    paymentMethod: method.id,
    mandate: mandate?.id ?? null,
    lastError: null,
  };
  step.tx.put(setupIntents, intent.id, settled);
  tell(step, 'setup_intent.succeeded', setupIntentObject(settled));
  return { status: 200, body: setupIntentObject(settled) };
}

function decline(step: Step, intent: SetupIntent, method: PaymentMethod, reason: Decline): Answer {
  const { code, declineCode, message } = reason;
  const payment_method = methodObject(method);
  const refused: SetupIntent = {
    ...intent,
    status: 'requires_payment_method',
    paymentMethod: null,
    lastError: { type: 'card_error', code, decline_code: declineCode, message, payment_method },
  };
  step.tx.put(setupIntents, intent.id, refused);
  const setup_intent = setupIntentObject(refused);
  tell(step, 'setup_intent.setup_failed', setup_intent);
  return declineAnswer(message, { code, decline_code: declineCode, payment_method, setup_intent });
}

function loadSetup({ tx }: Step, id: string): SetupIntent {
  const intent = tx.get(setupIntents, id);
  if (!intent) throw missing('setupintent', id);
  return intent;
}
