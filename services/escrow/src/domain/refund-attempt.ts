import {
  isKeyForgotten,
  isProvenAbsent,
  type Money,
  missedAgain,
  nextQueryAt,
  noMisses,
  plusDays,
  plusHours,
} from '@holdfast/domain';
import type { RefundFailure } from '@holdfast/events';

/**
 * One sending of a refund to its provider (E-23): one key, one set of bytes, stored before the call.
 * `waiting` = a chargeback is open on the charge and nothing was executed (4.4 of the provider protocols);
 * `requested` = the call is to be made; `unknown` = it may have been executed and is looked for; `in_transit` = the
 * provider has it; `returned` = the money came back after it had arrived; `contradicted` = the provider took a word
 * back after another attempt had followed.
 */
export type RefundAttempt = Readonly<{
  /** The key under which the provider knows it. */
  id: string;
  refundId: string;
  number: number;
  amount: Money;
  /** The provider's own id, once it was seen. */
  reference?: string;
  /** Queries that found nothing, and when the first of them was. */
  misses: number;
  firstMissAt?: Date;
  /** From when the key may have been in use: the provider knows it for 24 h. */
  keySince: Date;
  /** Its provider tells nobody, so that it is asked often, and for some days after it has paid. */
  isWatched?: boolean;
}> &
  (
    | { status: 'waiting' }
    | { status: 'requested' | 'unknown'; nextCallAt: Date }
    | { status: 'in_transit'; reference: string; nextCallAt: Date }
    | { status: 'paid'; reference: string; endedAt: Date; nextCallAt?: Date }
    | { status: 'failed'; failure: AttemptFailure; endedAt: Date }
    | { status: 'returned'; reference: string; failure: RefundFailure; endedAt: Date }
    | { status: 'in_review' | 'contradicted' }
  );

/** `charged_back`: the client's bank took the money, before anything was sent (E-24). */
export type AttemptFailure = RefundFailure | 'charged_back';

/** What a provider says of a refund, in the words of all of them (4.5 of the provider protocols). */
export type RefundView = Readonly<{
  id: string;
  status: 'pending' | 'succeeded' | 'failed';
  amountMinor: bigint;
  currency: string;
}>;

/** What came of a step. Only `seen`, `refused` and `disputed` are facts; `unknown` may have executed. */
export type RefundObservation =
  | { kind: 'seen'; refund: RefundView }
  /** The call was refused for good and changed nothing. */
  | { kind: 'refused'; failure: RefundFailure }
  /** Refused because of a chargeback that we may not have heard of yet. */
  | { kind: 'disputed' }
  | { kind: 'unknown' }
  /** A query that found nothing. One proves nothing. */
  | { kind: 'absent' };

/** A refund may take days; it is asked about daily, in case its notice is lost. */
const transitDays = 1;
/** As withdrawals are asked about (3.6 of the provider protocols). */
const watchedHours = 4;
/** 7 days hold the five banking days in which a bank sends a credit back. */
const returnDays = 7;

/** A new attempt: the first step is the call itself, unless a chargeback keeps it back. */
export function startAttempt(
  start: Readonly<{
    id: string;
    refundId: string;
    number: number;
    amount: Money;
    now: Date;
    isDisputed: boolean;
    isWatched?: boolean;
  }>,
): RefundAttempt {
  const { now, isDisputed, ...ids } = start;
  const attempt: RefundAttempt = { ...ids, ...noMisses, keySince: now, status: 'requested', nextCallAt: now };
  return isDisputed ? keptBack(attempt) : attempt;
}

/**
 * The next call to the provider. After its window the key would pay a second time if the first call has and nobody
 * recorded it, so it is only looked for then (F7).
 */
export function nextStep(attempt: RefundAttempt, now: Date): 'create' | 'find' | 'read' {
  if (attempt.reference) return 'read';
  return attempt.status === 'requested' && !isKeyForgotten(attempt.keySince, now) ? 'create' : 'find';
}

/**
 * A chargeback on the charge opened: no call is made any more (E-23). One may be under way at this moment, so it is
 * looked for first.
 */
export const suspend = (attempt: RefundAttempt, now: Date): RefundAttempt =>
  attempt.status === 'requested'
    ? { ...base(attempt), ...noMisses, status: 'unknown', nextCallAt: now }
    : attempt;

/** What would be called waits while a chargeback is open on its charge. */
export const keptBack = (attempt: RefundAttempt): RefundAttempt =>
  attempt.status === 'requested' ? { ...base(attempt), status: 'waiting' } : attempt;

/** The chargeback is over. Nothing was executed under the key: its time begins now. */
export const resume = (attempt: RefundAttempt, now: Date): RefundAttempt =>
  attempt.status === 'waiting'
    ? { ...base(attempt), keySince: now, status: 'requested', nextCallAt: now }
    : attempt;

/** The chargeback is lost: what waited for its end is never sent (E-24). */
export const drop = (attempt: RefundAttempt, now: Date): RefundAttempt =>
  attempt.status === 'waiting' ? failed(attempt, 'charged_back', now) : attempt;

/** What an attempt becomes by what was observed. Ranks decide, not the order of arrival. */
export function observe(attempt: RefundAttempt, observation: RefundObservation, now: Date): RefundAttempt {
  const after = observed(attempt, observation, now);
  return after.status === 'paid' && after.isWatched ? watched(after, now) : after;
}

function observed(attempt: RefundAttempt, observation: RefundObservation, now: Date): RefundAttempt {
  switch (observation.kind) {
    case 'seen':
      return see(attempt, observation.refund, now);
    case 'refused':
    case 'disputed': {
      const failure = observation.kind === 'refused' ? observation.failure : 'refused';
      // Whoever asks about it, or knows more, has no call of its own under way.
      return attempt.status === 'requested' ? failed(attempt, failure, now) : attempt;
    }
    case 'unknown':
      return attempt.status === 'requested' ? suspend(attempt, now) : attempt;
    case 'absent':
      return missed(attempt, now);
  }
}

/**
 * A word on an attempt that another has followed: it had failed for good, so that one that lives is a contradiction
 * and a person looks, since the client may be paid twice.
 */
export function observeOutdated(attempt: RefundAttempt, observation: RefundObservation): RefundAttempt {
  if (observation.kind !== 'seen' || observation.refund.status === 'failed') return attempt;
  if (attempt.status !== 'failed' || (attempt.reference && attempt.reference !== observation.refund.id)) {
    return attempt;
  }
  return { ...base(attempt), reference: observation.refund.id, status: 'contradicted' };
}

function see(attempt: RefundAttempt, refund: RefundView, now: Date): RefundAttempt {
  const { reference, status } = attempt;
  // The provider's last word stays; one that carries our mark without being ours is no word about it.
  const isOver =
    status === 'returned' || status === 'contradicted' || (status === 'failed' && reference !== undefined);
  if (isOver || (reference && reference !== refund.id)) return attempt;
  const known = { ...attempt, reference: refund.id };
  if (!isAsAsked(attempt, refund)) {
    // What is booked stays booked; the comparison with the provider's book names the difference (M-3).
    return status === 'paid' ? attempt : { ...base(known), status: 'in_review' };
  }
  switch (refund.status) {
    case 'pending':
      return status === 'paid' ? attempt : inTransit(known, now);
    case 'succeeded':
      return status === 'paid' ? attempt : { ...base(known), ...noMisses, status: 'paid', endedAt: now };
    case 'failed':
      // A closed card sends it back, days after it arrived (4.5).
      return status === 'paid'
        ? { ...base(known), status: 'returned', failure: 'failed', endedAt: now }
        : failed(known, 'failed', now);
  }
}

/** Another amount or currency is not booked: a person looks at it (F47). */
const isAsAsked = ({ amount }: RefundAttempt, { amountMinor, currency }: RefundView): boolean =>
  amountMinor === amount.amountMinor && currency.toUpperCase() === amount.currency;

/**
 * The same key and bytes are sent again only inside the key's window, after 3 misses in at least 10 minutes. Later, or
 * where the provider no longer knows what it acknowledged, a person compares the statements.
 */
function missed(attempt: RefundAttempt, now: Date): RefundAttempt {
  // What is booked as paid stays so, whatever a later look does not find.
  if (!('nextCallAt' in attempt) || attempt.status === 'paid') return attempt;
  const doubt = missedAgain(attempt, now);
  if (!isProvenAbsent(doubt, now)) return { ...attempt, ...doubt, nextCallAt: nextQueryAt(now) };
  if (attempt.reference || isKeyForgotten(attempt.keySince, now))
    return { ...base(attempt), status: 'in_review' };
  return { ...base(attempt), ...noMisses, status: 'requested', nextCallAt: now };
}

const inTransit = (attempt: RefundAttempt & { reference: string }, now: Date): RefundAttempt => ({
  ...base(attempt),
  ...noMisses,
  status: 'in_transit',
  nextCallAt: attempt.isWatched ? plusHours(now, watchedHours) : plusDays(now, transitDays),
});

/** A bank may send it back: it is looked at daily for as long as that. */
function watched(attempt: Extract<RefundAttempt, { status: 'paid' }>, now: Date): RefundAttempt {
  const { nextCallAt: _, ...paid } = attempt;
  const next = plusDays(now, transitDays);
  return next > plusDays(paid.endedAt, returnDays) ? paid : { ...paid, nextCallAt: next };
}

const failed = (attempt: RefundAttempt, failure: AttemptFailure, now: Date): RefundAttempt => ({
  ...base(attempt),
  ...noMisses,
  status: 'failed',
  failure,
  endedAt: now,
});

/** What outlives a state. */
function base<A extends RefundAttempt>(attempt: A) {
  const { id, refundId, number, amount, misses, firstMissAt, keySince, isWatched } = attempt;
  return {
    id,
    refundId,
    number,
    amount,
    reference: attempt.reference as A['reference'],
    misses,
    firstMissAt,
    keySince,
    ...(isWatched ? { isWatched } : {}),
  };
}
