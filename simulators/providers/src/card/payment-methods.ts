import { z } from 'zod';
import type { Answer } from '../answering.ts';
import type { Step } from '../step.ts';
import { invalid, missing } from './errors.ts';
import { magicMethods, typeOf } from './magic-methods.ts';
import { giveMandate } from './mandates.ts';
import { customers, type Mandate, type PaymentMethod, paymentMethods } from './model.ts';
import { metadata } from './params.ts';
import { methodObject } from './render.ts';

export const CreateMethod = z.strictObject({
  type: z.literal('card'),
  card: z.strictObject({ token: z.string() }),
  metadata: metadata.default({}),
});

/** A card only by its test token: `tok_..` or `pm_card_..`. */
export function createMethod(step: Step, { card, metadata: given }: z.output<typeof CreateMethod>): Answer {
  const token = card.token.replace(/^tok_/, 'pm_card_');
  if (!magicMethods[token] || typeOf(token) !== 'card') throw missing('token', card.token, 'card[token]');
  const method = addMethod(step, token, given);
  return { status: 200, body: methodObject(method) };
}

export function readMethod({ tx }: Step, id: string): Answer {
  const method = tx.get(paymentMethods, id);
  if (!method) throw missing('PaymentMethod', id);
  return { status: 200, body: methodObject(method) };
}

/**
 * The method that a parameter names. A magic name gives a new method each time.
 * @throws Refusal if there is none, or it is another customer's
 */
export function resolveMethod(step: Step, id: string, customer: string | null): PaymentMethod {
  if (magicMethods[id]) return addMethod(step, id, {});
  const method = step.tx.get(paymentMethods, id);
  if (!method) throw missing('PaymentMethod', id, 'payment_method');
  if (method.customer !== null && method.customer !== customer) {
    throw invalid('The PaymentMethod belongs to another Customer, or none was given.', {
      param: 'payment_method',
    });
  }
  return method;
}

/** @throws Refusal */
export function requireCustomer({ tx }: Step, id: string | undefined): string | null {
  if (id !== undefined && !tx.get(customers, id)) throw missing('customer', id, 'customer');
  return id ?? null;
}

/** Saves the method with its customer; with a mandate if it may be charged unattended. */
export function attach(
  step: Step,
  method: PaymentMethod,
  customer: string | null,
  unattended: boolean,
): Mandate | null {
  if (customer) step.tx.put(paymentMethods, method.id, { ...method, customer });
  if (!unattended) return null;
  return giveMandate(step, method);
}

function addMethod({ tx, atMs }: Step, token: string, given: PaymentMethod['metadata']): PaymentMethod {
  const method = { id: tx.newId('pm'), createdAtMs: atMs, token, customer: null, metadata: given };
  tx.put(paymentMethods, method.id, method);
  return method;
}
