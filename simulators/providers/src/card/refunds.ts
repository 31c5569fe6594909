import { z } from 'zod';
import type { Answer } from '../answering.ts';
import type { Step } from '../step.ts';
import { move } from './balance-transactions.ts';
import { chargedBack, isRefundable, leftMinorOf } from './disputed-charges.ts';
import { invalid, missing } from './errors.ts';
import { tell } from './events.ts';
import { type Charge, charges, paymentIntents, type Refund, refunds } from './model.ts';
import { amount, metadata } from './params.ts';
import { loadIntent } from './payment-intents.ts';
import { chargeObject, listObject, refundObject } from './render.ts';

export const CreateRefund = z.strictObject({
  payment_intent: z.string().optional(),
  charge: z.string().optional(),
  amount: amount.optional(),
  reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer']).optional(),
  metadata: metadata.default({}),
});

export const ListRefunds = z.strictObject({
  payment_intent: z.string().optional(),
  charge: z.string().optional(),
});

/** Due work: a refund that was on its way, or had arrived, comes back. */
export const comeback = 'card.refund';

/**
 * Never above what is left of the charge (section 4.5). Succeeds at once unless `refund-failed` is played.
 */
export function createRefund(step: Step, given: z.output<typeof CreateRefund>): Answer {
  const charge = refundable(step, given);
  if (!isRefundable(step, charge)) throw chargedBack();
  const leftMinor = leftMinorOf(step, charge);
  const amountMinor = given.amount ?? leftMinor;
  if (leftMinor === 0n && charge.refundedMinor < charge.amountMinor) throw chargedBack();
  if (leftMinor === 0n)
    throw invalid('The charge has already been refunded.', { code: 'charge_already_refunded' });
  if (amountMinor > leftMinor) {
    throw invalid('The amount is more than is left of the charge.', {
      code: 'amount_too_large',
      param: 'amount',
    });
  }
  const refund: Refund = {
    id: step.tx.newId('re'),
    createdAtMs: step.atMs,
    status: 'pending',
    amountMinor,
    currency: charge.currency,
    charge: charge.id,
    intent: charge.intent,
    reason: given.reason ?? null,
    failureReason: null,
    metadata: given.metadata,
  };
  const { when, seconds } =
    step.fault?.fault === 'refund-failed' ? step.fault.params : { when: 'not', seconds: 0 };
  const isPending = when === 'later' || when === 'never';
  const first: Refund = isPending ? refund : { ...refund, status: 'succeeded' };
  step.tx.put(charges, charge.id, { ...charge, refundedMinor: charge.refundedMinor + amountMinor });
  step.tx.put(refunds, refund.id, first);
  enter(step, 'refund', first);
  tell(step, 'refund.created', refundObject(first));
  tell(step, 'charge.refunded', chargeObject(step.tx.get(charges, charge.id) ?? charge));
  if (when === 'later' || when === 'after-succeeded') {
    step.simulation.clock.schedule(step.tx, comeback, refund.id, step.atMs + Number(seconds) * 1000);
  }
  return { status: 200, body: refundObject(when === 'at-once' ? failRefund(step, first) : first) };
}

export function readRefund({ tx }: Step, id: string): Answer {
  const refund = tx.get(refunds, id);
  if (!refund) throw missing('refund', id);
  return { status: 200, body: refundObject(refund) };
}

/** Newest first; how a caller finds a refund whose id it never learned. */
export function listRefunds({ tx }: Step, { payment_intent, charge }: z.output<typeof ListRefunds>): Answer {
  const found = [...tx.all(refunds)]
    .filter((refund) => !payment_intent || refund.intent === payment_intent)
    .filter((refund) => !charge || refund.charge === charge);
  return { status: 200, body: listObject('/v1/refunds', found.reverse().map(refundObject), false) };
}

/** The payer's bank sent it back: the money is ours again, and the charge may be refunded anew. */
export function failRefund(step: Step, refund: Refund): Refund {
  const failed: Refund = { ...refund, status: 'failed', failureReason: 'expired_or_canceled_card' };
  const charge = step.tx.get(charges, refund.charge);
  if (charge) {
    step.tx.put(charges, charge.id, { ...charge, refundedMinor: charge.refundedMinor - refund.amountMinor });
  }
  step.tx.put(refunds, refund.id, failed);
  enter(step, 'refund_failed', failed);
  const earlier = { type: 'refund.updated', object: refundObject(refund) };
  tell(step, 'refund.failed', refundObject(failed), earlier);
  return failed;
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

function enter(step: Step, kind: 'refund' | 'refund_failed', refund: Refund): void {
  const charged = step.tx.get(paymentIntents, refund.intent)?.metadata;
  move(step, {
    kind,
    source: refund.id,
    parentId: refund.intent,
    amountMinor: refund.amountMinor,
    currency: refund.currency,
    metadata: { ...charged, ...refund.metadata },
  });
}
