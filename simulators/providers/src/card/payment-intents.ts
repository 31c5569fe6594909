import { z } from 'zod';
import type { Answer } from '../answering.ts';
import type { Step } from '../step.ts';
import { confirmIntent } from './confirmation.ts';
import { invalid, missing } from './errors.ts';
import { type PaymentIntent, paymentIntents } from './model.ts';
import { newestFirst, pageFields } from './pages.ts';
import { amount, currency, flag, mandateData, metadata, text, usage, withoutEffect } from './params.ts';
import { requireCustomer, resolveMethod } from './payment-methods.ts';
import { intentObject, listObject } from './render.ts';

const confirmFields = {
  payment_method: z.string().optional(),
  off_session: flag.optional(),
  mandate: z.string().optional(),
  mandate_data: mandateData,
  return_url: text.optional(),
  setup_future_usage: usage.optional(),
  use_stripe_sdk: withoutEffect.use_stripe_sdk,
  receipt_email: withoutEffect.receipt_email,
  payment_method_types: withoutEffect.payment_method_types,
  payment_method_options: withoutEffect.payment_method_options,
};

export const CreateIntent = z.strictObject({
  ...confirmFields,
  amount,
  currency,
  customer: z.string().optional(),
  confirm: flag.default(false),
  capture_method: z.enum(['automatic', 'automatic_async', 'manual']).default('automatic'),
  transfer_group: text.optional(),
  description: text.optional(),
  metadata: metadata.default({}),
  automatic_payment_methods: withoutEffect.automatic_payment_methods,
  statement_descriptor: withoutEffect.statement_descriptor,
  statement_descriptor_suffix: withoutEffect.statement_descriptor_suffix,
});

export const ConfirmIntent = z.strictObject(confirmFields);

export const ListIntents = z.strictObject({ customer: z.string().optional(), ...pageFields });

export function createIntent(step: Step, given: z.output<typeof CreateIntent>): Answer {
  for (const param of ['off_session', 'mandate', 'mandate_data', 'return_url'] as const) {
    if (given[param] === undefined || given.confirm) continue;
    throw invalid(`The parameter ${param} can only be used together with confirm=true.`, { param });
  }
  const customer = requireCustomer(step, given.customer);
  const method =
    given.payment_method === undefined ? null : resolveMethod(step, given.payment_method, customer);
  const id = step.tx.newId('pi');
  const intent: PaymentIntent = {
    id,
    createdAtMs: step.atMs,
    status: method ? 'requires_confirmation' : 'requires_payment_method',
    amountMinor: given.amount,
    currency: given.currency,
    capturableMinor: 0n,
    receivedMinor: 0n,
    customer,
    paymentMethod: method?.id ?? null,
    captureMethod: given.capture_method === 'manual' ? 'manual' : 'automatic',
    setupFutureUsage: given.setup_future_usage ?? null,
    returnUrl: null,
    nextActionUrl: null,
    latestCharge: null,
    lastError: null,
    canceledAtMs: null,
    cancellationReason: null,
    clientSecret: step.tx.newId(`${id}_secret`),
    transferGroup: given.transfer_group ?? null,
    description: given.description ?? null,
    metadata: given.metadata,
  };
  step.tx.put(paymentIntents, id, intent);
  if (!given.confirm) return { status: 200, body: intentObject(intent) };
  return confirmIntent(step, intent, { ...given, payment_method: method?.id });
}

export function confirmById(step: Step, given: z.output<typeof ConfirmIntent>, id: string): Answer {
  return confirmIntent(step, loadIntent(step, id), given);
}

export function readIntent(step: Step, id: string): Answer {
  return { status: 200, body: intentObject(loadIntent(step, id)) };
}

/** How a caller finds an intent whose id it never learned. */
export function listIntents({ tx }: Step, given: z.output<typeof ListIntents>): Answer {
  const fits = ({ customer }: PaymentIntent) => !given.customer || customer === given.customer;
  const { rows, hasMore } = newestFirst(tx.all(paymentIntents), given, fits, 'payment_intent');
  return { status: 200, body: listObject('/v1/payment_intents', rows.map(intentObject), hasMore) };
}

export function loadIntent({ tx }: Step, id: string, param?: string): PaymentIntent {
  const intent = tx.get(paymentIntents, id);
  if (!intent) throw missing('payment_intent', id, param);
  return intent;
}
