import {
  isKeyForgotten,
  isProvenAbsent,
  type Money,
  missedAgain,
  nextQueryAt,
  noMisses,
  plusDays,
  Rejection,
  usd,
} from '@holdfast/domain';

/** Why a settlement moved nothing, or came back; a closed list, the provider's own words stay with it. */
export const settlementFailures = [
  'balance_insufficient',
  'bank_account_unusable',
  'cancelled',
  'refused',
  'provider_failed',
] as const;
export type SettlementFailure = (typeof settlementFailures)[number];

/**
 * A card provider's balance on its way to the bank (M-23): key and bytes are stored before the call.
 * `requested` = the call is to be made; `unknown` = it may have been executed and is looked for; `in_transit` =
 * the provider has a payout of ours; `returned` = it came back after it was `paid`.
 */
export type Settlement = Readonly<{
  id: string;
  amount: Money;
  /** The provider's own id, once it was seen. */
  payoutId?: string;
  /** Queries that found nothing, and when the first of them was. */
  misses: number;
  firstMissAt?: Date;
  /** From when the key may have been in use: the provider knows it for 24 h. */
  keySince: Date;
}> &
  (
    | { status: 'requested' | 'unknown'; nextCallAt: Date }
    | { status: 'in_transit'; payoutId: string; nextCallAt: Date }
    | { status: 'paid'; payoutId: string; endedAt: Date }
    | { status: 'failed'; failure: SettlementFailure; endedAt: Date }
    | { status: 'returned'; payoutId: string; failure: SettlementFailure; endedAt: Date }
    | { status: 'in_review' }
  );

/** What the provider says of a payout, in its own words (provider protocols, 4.7). */
export type PayoutView = Readonly<{
  id: string;
  status: 'pending' | 'in_transit' | 'paid' | 'failed' | 'canceled';
  amountMinor: bigint;
  currency: string;
  /** Why, where it is `failed` or `canceled`. */
  failure: SettlementFailure;
}>;

/** What came of a step. Only `seen` and `refused` are facts; `unknown` may have executed. */
export type PayoutObservation =
  | { kind: 'seen'; payout: PayoutView }
  /** The call was refused for good and changed nothing. */
  | { kind: 'refused'; failure: SettlementFailure }
  | { kind: 'unknown' }
  /** A query that found nothing. One proves nothing. */
  | { kind: 'absent' };

/** A payout takes days; it is asked about daily, in case its notice is lost. */
const transitDays = 1;

/**
 * What can be settled of the cash at the card provider: what is under way already is promised once (M-23).
 * @returns the amount that was asked for, else all
 * @throws Rejection treasury.nothing_to_settle | treasury.insufficient
 */
export function settleable(
  { heldMinor, underWayMinor }: Readonly<{ heldMinor: bigint; underWayMinor: bigint }>,
  asked?: Money,
): Money {
  const leftMinor = heldMinor - underWayMinor;
  if (leftMinor <= 0n) throw new Rejection('treasury.nothing_to_settle');
  if (asked && asked.amountMinor > leftMinor) throw new Rejection('treasury.insufficient');
  return asked ?? usd(leftMinor);
}

/** A new settlement: the first step is the call itself. */
export const startSettlement = (start: Readonly<{ id: string; amount: Money; now: Date }>): Settlement => ({
  id: start.id,
  amount: start.amount,
  misses: 0,
  keySince: start.now,
  status: 'requested',
  nextCallAt: start.now,
});

/**
 * The next call to the provider. After its window the key would move money a second time if the first call
 * has and nobody recorded it, so it is only looked for then (F7).
 */
export function nextStep(settlement: Settlement, now: Date): 'create' | 'find' | 'read' {
  if (settlement.payoutId) return 'read';
  return settlement.status === 'requested' && !isKeyOver(settlement, now) ? 'create' : 'find';
}

const isKeyOver = ({ keySince }: Settlement, now: Date): boolean => isKeyForgotten(keySince, now);

/** What a settlement becomes by what was observed. Ranks decide, not the order of arrival. */
export function observe(settlement: Settlement, observation: PayoutObservation, now: Date): Settlement {
  switch (observation.kind) {
    case 'seen':
      return see(settlement, observation.payout, now);
    case 'refused':
      // Whoever asks about it, or knows more, has no call of its own under way.
      return settlement.status === 'requested' ? failed(settlement, observation.failure, now) : settlement;
    case 'unknown':
      return settlement.status === 'requested'
        ? { ...base(settlement), ...noMisses, status: 'unknown', nextCallAt: now }
        : settlement;
    case 'absent':
      return missed(settlement, now);
  }
}

function see(settlement: Settlement, payout: PayoutView, now: Date): Settlement {
  const { payoutId, status } = settlement;
  // The provider's last word stays; one that carries our mark without being ours is no word about it.
  const isOver = status === 'returned' || (status === 'failed' && payoutId !== undefined);
  if (isOver || (payoutId && payoutId !== payout.id)) return settlement;
  const known = { ...settlement, payoutId: payout.id };
  if (!isAsAsked(settlement, payout)) {
    // What is booked stays booked; the comparison with the provider's book names the difference (M-3).
    return status === 'paid' ? settlement : { ...base(known), status: 'in_review' };
  }
  switch (payout.status) {
    case 'pending':
    case 'in_transit':
      return status === 'paid' ? settlement : inTransit(known, now);
    case 'paid':
      return status === 'paid' ? settlement : { ...base(known), status: 'paid', endedAt: now };
    case 'failed':
    case 'canceled':
      // A bank may send it back after it was paid.
      return status === 'paid'
        ? { ...base(known), status: 'returned', failure: payout.failure, endedAt: now }
        : failed(known, payout.failure, now);
  }
}

/** Another amount or currency is not booked: a person looks at it (F47). */
const isAsAsked = ({ amount }: Settlement, { amountMinor, currency }: PayoutView): boolean =>
  amountMinor === amount.amountMinor && currency.toUpperCase() === amount.currency;

/**
 * The same key and bytes are sent again only inside the key's window, after 3 misses in at least 10 minutes.
 * Later, or where the provider no longer knows what it acknowledged, a person compares the statements.
 */
function missed(settlement: Settlement, now: Date): Settlement {
  if (!('nextCallAt' in settlement)) return settlement;
  const doubt = missedAgain(settlement, now);
  if (!isProvenAbsent(doubt, now)) return { ...settlement, ...doubt, nextCallAt: nextQueryAt(now) };
  if (settlement.payoutId || isKeyOver(settlement, now)) return { ...base(settlement), status: 'in_review' };
  return { ...base(settlement), ...noMisses, status: 'requested', nextCallAt: now };
}

const inTransit = (settlement: Settlement & { payoutId: string }, now: Date): Settlement => ({
  ...base(settlement),
  ...noMisses,
  status: 'in_transit',
  nextCallAt: plusDays(now, transitDays),
});

const failed = (settlement: Settlement, failure: SettlementFailure, now: Date): Settlement => ({
  ...base(settlement),
  status: 'failed',
  failure,
  endedAt: now,
});

/** What outlives a state. */
function base<S extends Settlement>({ id, amount, payoutId, misses, firstMissAt, keySince }: S) {
  return { id, amount, payoutId: payoutId as S['payoutId'], misses, firstMissAt, keySince };
}
