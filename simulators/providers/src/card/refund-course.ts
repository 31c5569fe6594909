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
  type RefundChange,
  type RefundEnd,
  refunds,
} from './model.ts';
import { refundObject } from './render.ts';

/** Where a refund begins and what becomes of it by itself; after 0 ms it happens within the call. */
type Course = Pick<Refund, 'status' | 'coming' | 'failsWith'>;

/** Due work: a refund arrives, comes back or is given up. */
export const refundCourse = 'card.refund';

/** 3 days, in which a payer's bank usually answers. */
const answersAfterMs = 3 * 86_400_000;

const arrives: RefundChange = { to: 'succeeded', afterMs: answersAfterMs };

const usualFailure = 'expired_or_canceled_card';

/** Done at once, unless `refund-failed` is played or the method says otherwise. */
export function courseOfRefund(step: Step, charge: Charge): Course {
  const token = step.tx.get(paymentMethods, charge.paymentMethod)?.token ?? '';
  const kind = magicMethods[token]?.refund ?? 'arrives';
  if (step.fault?.fault === 'refund-failed') return courseAsSet(step.fault.params, kind === 'is_pending');
  const failsWith = usualFailure;
  const comesBack: RefundChange = { to: 'failed', afterMs: answersAfterMs };
  switch (kind) {
    case 'arrives':
      return { status: 'succeeded', coming: [], failsWith };
    case 'is_pending':
      return { status: 'pending', coming: [arrives], failsWith };
    case 'comes_back':
      return { status: 'succeeded', coming: [comesBack], failsWith };
  }
}

function courseAsSet(
  { when, seconds, reason }: Readonly<Record<string, unknown>>,
  isPendingFirst: boolean,
): Course {
  const fails: RefundChange = { to: 'failed', afterMs: Number(seconds) * 1000 };
  const failsWith = String(reason);
  switch (when) {
    case 'later':
      return { status: 'pending', coming: [fails], failsWith };
    case 'after-succeeded':
      return isPendingFirst
        ? { status: 'pending', coming: [arrives, fails], failsWith }
        : { status: 'succeeded', coming: [fails], failsWith };
    case 'requires-action':
      return { status: 'requires_action', coming: [{ ...fails, to: 'canceled' }], failsWith };
    case 'never':
      return { status: 'pending', coming: [], failsWith };
    default:
      return { status: 'pending', coming: [{ ...fails, afterMs: 0 }], failsWith };
  }
}

export function scheduleRefund({ tx, atMs, simulation }: Step, { id, coming }: Refund): void {
  const [next] = coming;
  if (next) simulation.clock.schedule(tx, refundCourse, id, atMs + next.afterMs);
}

/** What comes next happens. */
export function advanceRefund(step: Step, refund: Refund): Refund {
  const [next, ...coming] = refund.coming;
  if (!next) return refund;
  const ended = endRefund(step, refund, next.to);
  if (coming.length === 0) return ended;
  const going: Refund = { ...ended, coming };
  step.tx.put(refunds, going.id, going);
  scheduleRefund(step, going);
  return going;
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
  const ended: Refund = { ...refund, status: end, coming: [] };
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

/** @returns the id of its line in the report */
export function moveRefund(step: Step, kind: 'refund' | 'refund_failed', refund: Refund): string {
  const charged = step.tx.get(paymentIntents, refund.intent)?.metadata;
  const line = move(step, {
    kind,
    source: refund.id,
    parentId: refund.intent,
    amountMinor: refund.amountMinor,
    currency: refund.currency,
    metadata: { ...charged, ...refund.metadata },
  });
  return line.id;
}
