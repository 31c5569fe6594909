import { z } from 'zod';
import type { Answer } from '../answering.ts';
import type { Step } from '../step.ts';
import { completeAction, unexpected } from './confirmation.ts';
import { invalid } from './errors.ts';
import { charges, type PaymentIntent } from './model.ts';
import { amount } from './params.ts';
import { loadIntent } from './payment-intents.ts';
import { intentObject } from './render.ts';
import { capture, close } from './settlement.ts';

export const CaptureIntent = z.strictObject({ amount_to_capture: amount.optional() });

export const CancelIntent = z.strictObject({
  cancellation_reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer', 'abandoned']).optional(),
});

const cancellable = [
  'requires_payment_method',
  'requires_capture',
  'requires_confirmation',
  'requires_action',
];

/** Once, for all of the authorisation or less. */
export function captureById(step: Step, given: z.output<typeof CaptureIntent>, id: string): Answer {
  const intent = loadIntent(step, id);
  const charge = intent.latestCharge === null ? undefined : step.tx.get(charges, intent.latestCharge);
  if (intent.status !== 'requires_capture' || !charge) {
    throw unexpected('capture', intent, `it has a status of ${intent.status}`);
  }
  const amountMinor = given.amount_to_capture ?? intent.capturableMinor;
  if (amountMinor > intent.capturableMinor) {
    throw invalid('The amount is more than can be captured.', {
      code: 'amount_too_large',
      param: 'amount_to_capture',
    });
  }
  return { status: 200, body: intentObject(capture(step, intent, charge, amountMinor)) };
}

export function cancelById(step: Step, given: z.output<typeof CancelIntent>, id: string): Answer {
  const intent = loadIntent(step, id);
  if (!cancellable.includes(intent.status))
    throw unexpected('cancel', intent, `it has a status of ${intent.status}`);
  if (step.fault?.fault === 'late-charge-success') return tooLate(step, intent);
  return { status: 200, body: intentObject(close(step, intent, given.cancellation_reason ?? null)) };
}

/** The payer was faster than the cancel: the money has moved or is on its way, and the cancel is refused. */
function tooLate(step: Step, intent: PaymentIntent): Answer {
  const held =
    intent.status === 'requires_capture' ? step.tx.get(charges, intent.latestCharge ?? '') : undefined;
  const automatic: PaymentIntent = { ...intent, captureMethod: 'automatic' };
  const funded = held
    ? capture(step, intent, held, intent.capturableMinor)
    : completeAction(step, automatic, 'confirm');
  const isPaid = funded.status === 'succeeded';
  const why = isPaid ? 'it has already succeeded' : `it has a status of ${funded.status}`;
  return unexpected('cancel', funded, why).answer;
}
