import type { Answer } from '../answering.ts';
import type { Step } from '../step.ts';
import { invalid, missing } from './errors.ts';
import { tell } from './events.ts';
import { type Mandate, mandates, type PaymentMethod } from './model.ts';
import { mandateObject } from './render.ts';

export function readMandate({ tx }: Step, id: string): Answer {
  const mandate = [...tx.all(mandates)].find((each) => each.id === id);
  if (!mandate) throw missing('mandate', id);
  return { status: 200, body: mandateObject(mandate) };
}

/** The payer's consent, until it is withdrawn; a new one takes the place of the last. */
export function giveMandate(step: Step, method: PaymentMethod): Mandate {
  const mandate: Mandate = { id: step.tx.newId('mandate'), paymentMethod: method.id, status: 'active' };
  step.tx.put(mandates, method.id, mandate);
  return mandate;
}

/** One per method. */
export function mandateOf({ tx }: Step, methodId: string): Mandate | undefined {
  return tx.get(mandates, methodId);
}

/** The payer, or a dispute of a bank debit, takes the consent back (section 4.3). */
export function endMandate(step: Step, methodId: string): void {
  const mandate = mandateOf(step, methodId);
  if (mandate?.status !== 'active') return;
  const ended: Mandate = { ...mandate, status: 'inactive' };
  step.tx.put(mandates, methodId, ended);
  tell(step, 'mandate.updated', mandateObject(ended));
}

/** Answered rather than thrown: that the mandate was withdrawn must stay. */
export function mandateInvalid(): Answer {
  const details = { code: 'payment_intent_mandate_invalid', param: 'mandate' };
  return invalid('The provided mandate is not active for this PaymentMethod.', details).answer;
}
