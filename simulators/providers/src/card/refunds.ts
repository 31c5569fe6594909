import { z } from 'zod';
import type { Answer } from '../answering.ts';
import type { Step } from '../step.ts';
import { chargedBack, isRefundable, leftMinorOf } from './disputed-charges.ts';
import { invalid, missing } from './errors.ts';
import { tell } from './events.ts';
import { type Charge, charges, type Refund, refunds } from './model.ts';
import { newestFirst, pageFields } from './pages.ts';
import { amount, metadata } from './params.ts';
import { loadIntent } from './payment-intents.ts';
import { advanceRefund, courseOfRefund, endRefund, moveRefund, scheduleRefund } from './refund-course.ts';
import { chargeObject, listObject, refundObject } from './render.ts';

export const CreateRefund = z.strictObject({
  payment_intent: z.string().optional(),
  charge: z.string().optional(),
  amount: amount.optional(),
  reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer']).optional(),
  metadata: metadata.default({}),
});

export const CancelRefund = z.strictObject({});

export const ListRefunds = z.strictObject({
  payment_intent: z.string().optional(),
  charge: z.string().optional(),
  ...pageFields,
});

/** Never above what is left of the charge (section 4.5). Where it goes from there is `courseOfRefund`. */
export function createRefund(step: Step, given: z.output<typeof CreateRefund>): Answer {
  const { tx, atMs } = step;
  const charge = refundable(step, given);
  const amountMinor = amountToRefund(step, charge, given.amount);
  const { status, coming, failsWith } = courseOfRefund(step, charge);
  const made: Refund = {
    id: tx.newId('re'),
    createdAtMs: atMs,
    status,
    coming,
    amountMinor,
    currency: charge.currency,
    charge: charge.id,
    intent: charge.intent,
    reason: given.reason ?? null,
    failsWith,
    balanceTransaction: null,
    metadata: given.metadata,
  };
  const refunded: Charge = { ...charge, refundedMinor: charge.refundedMinor + amountMinor };
  tx.put(charges, charge.id, refunded);
  const refund: Refund = { ...made, balanceTransaction: moveRefund(step, 'refund', made) };
  tx.put(refunds, refund.id, refund);
  tell(step, 'refund.created', refundObject(refund));
  tell(step, 'charge.refunded', chargeObject(refunded));
  const isAtOnce = coming[0]?.afterMs === 0;
  if (isAtOnce) return { status: 200, body: refundObject(advanceRefund(step, refund)) };
  scheduleRefund(step, refund);
  return { status: 200, body: refundObject(refund) };
}

export function readRefund(step: Step, id: string): Answer {
  return { status: 200, body: refundObject(loadRefund(step, id)) };
}

/** Newest first; how a caller finds a refund whose id it never learned. */
export function listRefunds({ tx }: Step, given: z.output<typeof ListRefunds>): Answer {
  const fits = ({ intent, charge }: Refund) =>
    (!given.payment_intent || intent === given.payment_intent) && (!given.charge || charge === given.charge);
  const { rows, hasMore } = newestFirst(tx.all(refunds), given, fits, 'refund');
  return { status: 200, body: listObject('/v1/refunds', rows.map(refundObject), hasMore) };
}

/** Only while the payer has not said where the money should go. */
export function cancelRefund(step: Step, _given: z.output<typeof CancelRefund>, id: string): Answer {
  const refund = loadRefund(step, id);
  if (refund.status !== 'requires_action') {
    throw invalid(`This refund cannot be canceled because it has a status of ${refund.status}.`);
  }
  return { status: 200, body: refundObject(endRefund(step, refund, 'canceled')) };
}

function loadRefund({ tx }: Step, id: string): Refund {
  const refund = tx.get(refunds, id);
  if (!refund) throw missing('refund', id);
  return refund;
}

/** @throws Refusal above what is left, and beside an open chargeback (section 4.4) */
function amountToRefund(step: Step, charge: Charge, asked: bigint | undefined): bigint {
  if (!isRefundable(step, charge)) throw chargedBack();
  const leftMinor = leftMinorOf(step, charge);
  if (leftMinor === 0n) {
    if (charge.refundedMinor < charge.amountMinor) throw chargedBack();
    throw invalid('The charge has already been refunded.', { code: 'charge_already_refunded' });
  }
  const amountMinor = asked ?? leftMinor;
  if (amountMinor <= leftMinor) return amountMinor;
  const details = { code: 'amount_too_large', param: 'amount' };
  throw invalid('The amount is more than is left of the charge.', details);
}

function refundable(step: Step, given: z.output<typeof CreateRefund>): Charge {
  if ((given.payment_intent === undefined) === (given.charge === undefined)) {
    throw invalid('One of these parameters is needed, and only one: payment_intent, charge.', {
      code: 'parameter_missing',
    });
  }
  const id = given.charge ?? loadIntent(step, given.payment_intent ?? '', 'payment_intent').latestCharge;
  const charge = id === null ? undefined : step.tx.get(charges, id);
  if (!charge && given.charge !== undefined) throw missing('charge', given.charge, 'charge');
  if (!charge?.isCaptured) throw invalid('There is no successful charge to refund.');
  return charge;
}
