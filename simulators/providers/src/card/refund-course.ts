import type { Step } from '../step.ts';
import { move } from './balance-transactions.ts';
import { tell } from './events.ts';
import { magicMethods } from './magic-methods.ts';
import {
  type Charge,
  charges,
  paymentIntents,
  paymentMethods,
  type Refund,
  type RefundEnd,
  refunds,
} from './model.ts';
import { refundObject } from './render.ts';

/** Where a refund begins and what becomes of it by itself; `afterMs` is business time, 0 within the call. */
type Course = Readonly<Pick<Refund, 'status' | 'next' | 'failsWith'> & { afterMs: number }>;

/** Due work: a refund arrives, comes back or is given up. */
export const refundCourse = 'card.refund';

/** 3 days, in which a payer's bank usually answers. */
const answersAfterMs = 3 * 86_400_000;

const usualFailure = 'expired_or_canceled_card';

/** Done at once, unless `refund-failed` is played or the method says otherwise. */
export function courseOfRefund(step: Step, charge: Charge): Course {
  if (step.fault?.fault === 'refund-failed') return courseAsSet(step.fault.params);
  const token = step.tx.get(paymentMethods, charge.paymentMethod)?.token ?? '';
  const failsWith = usualFailure;
  switch (magicMethods[token]?.refund ?? 'arrives') {
    case 'arrives':
      return { status: 'succeeded', next: null, afterMs: 0, failsWith };
    case 'is_pending':
      return { status: 'pending', next: 'succeeded', afterMs: answersAfterMs, failsWith };
    case 'comes_back':
      return { status: 'succeeded', next: 'failed', afterMs: answersAfterMs, failsWith };
  }
}

function courseAsSet({ when, seconds, reason }: Readonly<Record<string, unknown>>): Course {
  const afterMs = Number(seconds) * 1000;
  const failsWith = String(reason);
  switch (when) {
    case 'later':
      return { status: 'pending', next: 'failed', afterMs, failsWith };
    case 'after-succeeded':
      return { status: 'succeeded', next: 'failed', afterMs, failsWith };
    case 'requires-action':
      return { status: 'requires_action', next: 'canceled', afterMs, failsWith };
    case 'never':
      return { status: 'pending', next: null, afterMs: 0, failsWith };
    default:
      return { status: 'pending', next: 'failed', afterMs: 0, failsWith };
  }
}

/** @returns why the refund cannot end so, undefined if it can: what has arrived may still come back */
export function whyNotEnding({ status }: Refund, end: RefundEnd): string | undefined {
  const isOnItsWay = status === 'pending' || status === 'requires_action';
  const isPossible = isOnItsWay || (status === 'succeeded' && end === 'failed');
  return isPossible ? undefined : `the refund is ${status}`;
}

/** Unless it arrived, the money is ours again, and the charge may be refunded anew. */
export function endRefund(step: Step, refund: Refund, end: RefundEnd): Refund {
  const { tx, simulation } = step;
  const ended: Refund = { ...refund, status: end, next: null };
  tx.put(refunds, refund.id, ended);
  simulation.clock.unschedule(tx, refundCourse, refund.id);
  if (end !== 'succeeded') {
    const charge = tx.get(charges, refund.charge);
    if (charge) {
      tx.put(charges, charge.id, { ...charge, refundedMinor: charge.refundedMinor - refund.amountMinor });
    }
    moveRefund(step, 'refund_failed', ended);
  }
  const earlier = { type: 'refund.created', object: refundObject(refund) };
  tell(step, end === 'failed' ? 'refund.failed' : 'refund.updated', refundObject(ended), earlier);
  return ended;
}

export function moveRefund(step: Step, kind: 'refund' | 'refund_failed', refund: Refund): void {
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
