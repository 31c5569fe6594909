import {
  isKeyForgotten,
  isLate,
  isProvenAbsent,
  type Money,
  missedAgain,
  nextQueryAt,
  plusHours,
  plusMinutes,
  usd,
} from '@holdfast/domain';
import type { ReturnReason, WithdrawalFailure } from '@holdfast/events';
import { plusBusinessDays } from './business-days.ts';

/**
 * Why an attempt ended without paying. `taken_back`: its owner cancelled before anything was sent (W-10);
 * `not_executed`: an operator found that it never was (W-15).
 */
export type AttemptFailure = WithdrawalFailure | 'taken_back' | 'not_executed';

/** Why a person must look at it. Nothing is booked meanwhile, and nothing is sent (F47, W-15). */
export type AttemptReview =
  /** The provider shows another amount or currency than was sent. */
  | 'amount_differs'
  /** The provider says something that we do not know. */
  | 'status_unknown'
  /** The provider may have forgotten the key: sending again could pay twice. */
  | 'window_over'
  /** It cannot be sent any more, and was in doubt once: giving the money back could pay twice. */
  | 'not_sendable'
  /** The provider paid, or sent back, what had ended here without paying; or it shows a second payment. */
  | 'contradicts';

/**
 * One key and one set of bytes at one provider, in the provider's words (W-16). `created` = nothing is
 * acknowledged; `unknown` = it may have been executed and may not.
 */
export type Attempt = Readonly<{
  /** Its id, and the idempotency key under which the provider knows it (W-15). */
  key: string;
  /** From 1, within its withdrawal. */
  number: number;
  sent: Money;
  /** The provider's own id, once it was seen. */
  providerReference?: string;
  /** From when the provider may know the key; absent while every call was provably not executed. */
  keySince?: Date;
  /** Queries that found nothing since it is in doubt, and when the first of them was. */
  misses: number;
  firstMissAt?: Date;
  review?: AttemptReview;
}> &
  (
    | {
        state: 'created';
        /** A call has begun and no outcome is recorded: it is under way, or its process has died (F7). */
        callingSince?: Date;
      }
    | { state: 'unknown'; keySince: Date }
    | { state: 'submitted' | 'processing'; providerReference: string }
    /** Until then a return is looked for daily; one that comes later is accepted as well. */
    | { state: 'paid'; providerReference: string; returnWatchUntil: Date }
    | { state: 'failed' | 'cancelled'; failure: AttemptFailure }
    | { state: 'returned'; providerReference: string; back: Money; reason: ReturnReason }
  );
export type AttemptState = Attempt['state'];

/** A payment of ours as the provider shows it; without a `state` it says something that we do not know. */
export type OrderView = Readonly<{
  reference: string;
  /** The key under which it was sent. */
  key?: string;
  state?: 'submitted' | 'processing' | 'paid' | 'returned' | 'failed' | 'denied' | 'cancelled';
  amountMinor: bigint;
  currency: string;
  /** Where it came back: how much of it, and why. */
  returned?: Readonly<{ amountMinor: bigint; reason: ReturnReason }>;
}>;

/** What came of a call. Only `seen` and `refused` are facts; `unknown` may have executed. */
export type Observation =
  | { kind: 'seen'; order: OrderView }
  /** Refused for good, in the provider's documented form: nothing was executed. */
  | { kind: 'refused' }
  /** Provably not executed; `isOutOfMoney`: our account there does not cover it yet (fault 31). */
  | { kind: 'not_sent'; isOutOfMoney?: boolean }
  | { kind: 'unknown' }
  /** A query that found nothing. One proves nothing. */
  | { kind: 'absent' };

/** ACH takes days: what is under way, or waits for a person, is asked about in case its notice is lost. */
const followHours = 4;
/** Our account at the bank is filled in the course of a day (M-23). */
const outOfMoneyMinutes = 60;
/** Normal returns come within 2 banking days after settlement; 5 leave room for late ones (3.3). */
const returnWatchDays = 5;

/** The attempt is stored with its bytes and with the mark that its call begins, before the call (W-15). */
export const newAttempt = (created: { key: string; number: number; sent: Money; now: Date }): Attempt => ({
  key: created.key,
  number: created.number,
  sent: created.sent,
  misses: 0,
  state: 'created',
  callingSince: created.now,
});

/** At most one attempt of a withdrawal is alive (W-16). */
export const isLive = ({ state }: Attempt): boolean =>
  state !== 'failed' && state !== 'cancelled' && state !== 'returned';

/** A call is under way, or may have been when its process died: nobody may decide as if it were not. */
export const isCalling = (attempt: Attempt | undefined): boolean =>
  attempt?.state === 'created' && attempt.callingSince !== undefined;

/** Whether the provider may have forgotten the key (W-15): then nothing is sent under it any more. */
export const isWindowOver = ({ keySince }: Attempt, now: Date): boolean =>
  keySince !== undefined && isKeyForgotten(keySince, now);

/** Sends the same attempt again, same key and bytes: only what is proven not executed, inside the window. */
export function callAgain(attempt: Attempt & { state: 'created' }, now: Date): Attempt {
  if (isWindowOver(attempt, now)) return { ...attempt, review: 'window_over' };
  return { ...attempt, callingSince: now };
}

/**
 * Ends an attempt that was never sent. One that was in doubt once is left to a person: three misses suffice to
 * send again under the same key, not to give the money away.
 */
export function endUnsent(
  attempt: Attempt & { state: 'created' },
  failure: 'taken_back' | 'method_disabled',
): Attempt {
  if (attempt.keySince) return { ...attempt, review: 'not_sendable' };
  return ended(attempt, 'cancelled', failure);
}

/** An operator found that the provider never executed it, where we may not ask any more (W-15). */
export const isResolvable = ({ state, review }: Attempt): boolean =>
  (state === 'unknown' || state === 'created') && (review === 'window_over' || review === 'not_sendable');

export const endByFinding = (attempt: Attempt): Attempt => ended(attempt, 'failed', 'not_executed');

/**
 * What an attempt becomes by what was observed. Facts have ranks (submitted, processing, paid, returned); the
 * order of their arrival has none (W-16).
 */
export function observe(attempt: Attempt, observation: Observation, now: Date): Attempt {
  switch (observation.kind) {
    case 'seen':
      return see(attempt, observation.order, now);
    case 'refused':
      return isInDoubt(attempt) || isCalling(attempt) ? ended(attempt, 'failed', 'refused') : attempt;
    case 'not_sent':
      return attempt.state === 'created' && attempt.callingSince
        ? { ...base(attempt), state: 'created' }
        : attempt;
    case 'unknown':
      return attempt.state === 'created' && attempt.callingSince ? inDoubt(attempt, now) : attempt;
    case 'absent':
      return isInDoubt(attempt) ? missed(attempt, now) : attempt;
  }
}

/** One that the provider has shown is there, whatever became of it. */
const isInDoubt = (attempt: Attempt): attempt is Attempt & { state: 'unknown' } =>
  attempt.state === 'unknown' && attempt.providerReference === undefined;

function see(attempt: Attempt, order: OrderView, now: Date): Attempt {
  if (attempt.state === 'returned') return attempt;
  const isSecond = attempt.providerReference !== undefined && attempt.providerReference !== order.reference;
  if (isSecond || order.key !== attempt.key) return inReview(attempt, 'contradicts', now);
  const known = { ...attempt, providerReference: order.reference };
  if (!isAsSent(attempt, order)) return inReview(known, 'amount_differs', now);
  if (order.state === undefined) return inReview(known, 'status_unknown', now);
  if (attempt.state === 'failed' || attempt.state === 'cancelled') {
    const moved = order.state === 'paid' || order.state === 'returned';
    return moved ? inReview(known, 'contradicts', now) : attempt;
  }
  if (order.state === 'returned') return returned(known, order);
  if (attempt.state === 'paid') return settled(attempt);
  switch (order.state) {
    case 'paid':
      return {
        ...base(known),
        providerReference: order.reference,
        state: 'paid',
        returnWatchUntil: plusBusinessDays(now, returnWatchDays),
      };
    case 'failed':
      return ended(known, 'failed', 'provider_failed');
    case 'denied':
      return ended(known, 'failed', 'denied');
    case 'cancelled':
      return ended(known, 'cancelled', 'cancelled_by_provider');
    case 'submitted':
    case 'processing':
      if (attempt.state === 'processing' || attempt.state === order.state) return settled(attempt);
      return { ...base(known), providerReference: order.reference, state: order.state };
  }
}

/** Less than was sent may come back, since the bank keeps a charge; more, or nothing, is not believed (F47). */
function isAsSent({ sent }: Attempt, { amountMinor, currency, returned }: OrderView): boolean {
  const back = returned?.amountMinor ?? sent.amountMinor;
  const isBelievable = back > 0n && back <= sent.amountMinor;
  return amountMinor === sent.amountMinor && currency.toUpperCase() === sent.currency && isBelievable;
}

const returned = (known: Attempt & { providerReference: string }, order: OrderView): Attempt => ({
  ...base(known),
  providerReference: known.providerReference,
  state: 'returned',
  back: usd(order.returned?.amountMinor ?? known.sent.amountMinor),
  reason: order.returned?.reason ?? 'other',
});

/** The state stays; what had been wrong with it is over. */
const settled = (attempt: Attempt): Attempt => (attempt.review ? { ...attempt, review: undefined } : attempt);

/** One that the provider shows, and that had no answer yet, is certainly not to be sent again. */
function inReview(attempt: Attempt, review: AttemptReview, now: Date): Attempt {
  const after = attempt.state === 'created' ? inDoubt(attempt, now) : attempt;
  return after === attempt && attempt.review === review ? attempt : { ...after, review };
}

const inDoubt = (attempt: Attempt & { state: 'created' }, now: Date): Attempt => ({
  ...base(attempt),
  state: 'unknown',
  keySince: attempt.keySince ?? attempt.callingSince ?? now,
});

/** Not executed is proven by three misses in at least ten minutes; after the window nothing is sent again. */
function missed(attempt: Attempt & { state: 'unknown' }, now: Date): Attempt {
  const counted = { ...attempt, ...missedAgain(attempt, now) };
  if (!isProvenAbsent(counted, now)) return counted;
  if (isWindowOver(attempt, now)) return { ...counted, review: 'window_over' };
  return { ...base(attempt), state: 'created' };
}

const ended = (attempt: Attempt, state: 'failed' | 'cancelled', failure: AttemptFailure): Attempt => ({
  ...base(attempt),
  state,
  failure,
});

/** What outlives a state: neither misses nor what a person had to look at do. */
function base({ key, number, sent, providerReference, keySince }: Attempt) {
  return { key, number, sent, providerReference, keySince, misses: 0 };
}

const earlier = (left: Date, right: Date): Date => (left <= right ? left : right);

/** When the provider is called next about it; undefined where nothing more is expected. */
export function nextCallAt(attempt: Attempt, observation: Observation, now: Date): Date | undefined {
  const isOutOfMoney = observation.kind === 'not_sent' && observation.isOutOfMoney;
  switch (attempt.state) {
    case 'created':
      return isOutOfMoney ? plusMinutes(now, outOfMoneyMinutes) : now;
    case 'unknown':
      if (attempt.review) return plusHours(now, followHours);
      return attempt.misses === 0 ? now : nextQueryAt(now);
    case 'submitted':
    case 'processing':
      return plusHours(now, followHours);
    case 'paid': {
      const { returnWatchUntil } = attempt;
      return isLate(now, returnWatchUntil) ? undefined : earlier(plusBusinessDays(now, 1), returnWatchUntil);
    }
    default:
      return undefined;
  }
}
