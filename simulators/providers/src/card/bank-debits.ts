import type { Answer } from '../answering.ts';
import { atHour, bankingDayAfter, dateOf } from '../banking-days.ts';
import type { Step } from '../step.ts';
import { decline } from './declines.ts';
import { invalid } from './errors.ts';
import { tell } from './events.ts';
import { type Decline, magicMethods } from './magic-methods.ts';
import { mandateInvalid } from './mandates.ts';
import {
  type Charge,
  charges,
  type PaymentIntent,
  type PaymentMethod,
  paymentIntents,
  paymentMethods,
} from './model.ts';
import { attach } from './payment-methods.ts';
import { intentObject } from './render.ts';
import { capture, newCharge } from './settlement.ts';

/** Whether the owner of the account has agreed: earlier, or with the words of this call. */
type Consent = Readonly<{ isMandated: boolean; accepts: boolean }>;

/** The due work that tells what has become of a debit. */
export const clearing = 'card.debit';

/** 15:00 UTC of the fourth banking day clears it; a bank sends it back by the second (sections 3.2 and 4.3). */
const clearsAfterDays = 4;
const returnsAfterDays = 2;
const hour = 15;

/** The debit is on its way for days: no money has moved yet, and there is no way back. */
export function startDebit(
  step: Step,
  intent: PaymentIntent,
  method: PaymentMethod,
  consent: Consent,
): Answer {
  const { tx, atMs, simulation } = step;
  if (intent.currency !== 'usd') {
    throw invalid('Only usd can be debited from a US bank account.', { param: 'currency' });
  }
  if (intent.captureMethod === 'manual') {
    throw invalid('A bank debit cannot be captured later.', { param: 'capture_method' });
  }
  if (!consent.isMandated && !consent.accepts) return mandateInvalid();
  if (intent.setupFutureUsage) {
    const isForLater = intent.setupFutureUsage === 'off_session' && !consent.isMandated;
    attach(step, method, intent.customer, isForLater);
  }
  const charge: Charge = { ...newCharge(step, intent, method), status: 'pending' };
  const processing: PaymentIntent = {
    ...intent,
    status: 'processing',
    paymentMethod: method.id,
    latestCharge: charge.id,
  };
  tx.put(charges, charge.id, charge);
  tx.put(paymentIntents, intent.id, processing);
  const debit = magicMethods[method.token]?.debit ?? 'clears';
  if (debit !== 'stays_in_process') {
    const days = debit === 'clears' ? clearsAfterDays : returnsAfterDays;
    simulation.clock.schedule(tx, clearing, intent.id, atHour(bankingDayAfter(dateOf(atMs), days), hour));
  }
  tell(step, 'payment_intent.processing', intentObject(processing));
  return { status: 200, body: intentObject(processing) };
}

/** It has cleared, or the bank sends it back with a code. */
export function endDebit(step: Step, intent: PaymentIntent): void {
  const charge = step.tx.get(charges, intent.latestCharge ?? '');
  const method = step.tx.get(paymentMethods, charge?.paymentMethod ?? '');
  if (intent.status !== 'processing' || !charge || !method) return;
  const debit = magicMethods[method.token]?.debit;
  if (typeof debit === 'object') {
    decline(step, intent, method, debit, failed(charge, debit));
    return;
  }
  capture(step, { ...intent, lastError: null }, { ...charge, status: 'succeeded' }, intent.amountMinor);
}

function failed(charge: Charge, { code, declineCode, message, returnCode }: Decline): Charge {
  const why = { failureCode: code, declineCode, failureMessage: message, returnCode: returnCode ?? null };
  return { ...charge, status: 'failed', ...why };
}
