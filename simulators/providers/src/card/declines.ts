import type { Answer } from '../answering.ts';
import type { Step } from '../step.ts';
import { declineAnswer } from './errors.ts';
import { tell } from './events.ts';
import type { Decline } from './magic-methods.ts';
import { type Charge, charges, type PaymentIntent, type PaymentMethod, paymentIntents } from './model.ts';
import { chargeObject, intentObject, methodObject } from './render.ts';
import { newCharge } from './settlement.ts';

/** Back to `requires_payment_method`; the refused charge stays visible. `charge` is the one that was under way. */
export function decline(
  step: Step,
  intent: PaymentIntent,
  method: PaymentMethod,
  reason: Decline,
  charge: Charge = newCharge(step, intent, method, reason),
): Answer {
  const { code, declineCode, message, returnCode } = reason;
  const network = returnCode === undefined ? {} : { network_decline_code: returnCode };
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
      ...network,
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
    ...network,
    charge: chargeObject(charge).id,
    payment_method,
    payment_intent,
  };
  return declineAnswer(message, details);
}
