import { plusHours, plusMinutes, usd } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import {
  type Attempt,
  callAgain,
  endByFinding,
  endUnsent,
  isCalling,
  isLive,
  isResolvable,
  newAttempt,
  nextCallAt,
  type Observation,
  type OrderView,
  observe,
} from './attempt.ts';

/** A Monday, at the cut-off. */
const now = new Date('2026-11-23T12:00:00.000Z');
const sent = usd(50_000n);
const calling = newAttempt({ key: 'po_7K3M9Q2X-1', number: 1, sent, now });
const order: OrderView = {
  reference: 'po_bank_1',
  key: 'po_7K3M9Q2X-1',
  state: 'submitted',
  amountMinor: 50_000n,
  currency: 'USD',
};
const seen = (state: OrderView['state'], more: Partial<OrderView> = {}): Observation => {
  return { kind: 'seen', order: { ...order, state, ...more } };
};
const back = (amountMinor: bigint) => ({ returned: { amountMinor, reason: 'bad_details' as const } });
const returned = seen('returned', back(50_000n));

const play = (observations: readonly Observation[], from: Attempt = calling): Attempt =>
  observations.reduce((attempt, observation) => observe(attempt, observation, now), from);
/** A doubt that began at the call, after so many queries every five minutes that found nothing. */
function missed(count: number, from: Attempt = play([{ kind: 'unknown' }])): Attempt {
  let attempt = from;
  for (let index = 0; index < count; index += 1) {
    attempt = observe(attempt, { kind: 'absent' }, plusMinutes(now, index * 5));
  }
  return attempt;
}
type Created = Attempt & { state: 'created' };

describe('W-15: a call', () => {
  test('has begun before it is made, and nobody decides as if it had not', () => {
    expect(calling).toMatchObject({ state: 'created', callingSince: now, misses: 0 });
    expect(isCalling(calling)).toBe(true);
    expect(isLive(calling)).toBe(true);
  });

  test('that provably was not executed leaves it created, and its key as unused as before', () => {
    const after = play([{ kind: 'not_sent' }]);
    expect(after).toEqual({ ...calling, callingSince: undefined });
    expect(isCalling(after)).toBe(false);
    expect(nextCallAt(after, { kind: 'not_sent' }, now)).toEqual(now);
  });

  test('fault 31: without money at the bank it waits an hour and fails nothing', () => {
    const outOfMoney: Observation = { kind: 'not_sent', isOutOfMoney: true };
    expect(nextCallAt(play([outOfMoney]), outOfMoney, now)).toEqual(plusHours(now, 1));
  });

  test('without a clear answer is unknown, from the instant of the call', () => {
    const later = plusMinutes(now, 1);
    const after = observe(calling, { kind: 'unknown' }, later);
    expect(after).toMatchObject({ state: 'unknown', keySince: now, misses: 0 });
    expect(nextCallAt(after, { kind: 'unknown' }, later)).toEqual(later);
  });

  test('that was refused for good has failed', () => {
    expect(play([{ kind: 'refused' }])).toMatchObject({ state: 'failed', failure: 'refused' });
    expect(play([{ kind: 'unknown' }, { kind: 'refused' }])).toMatchObject({ failure: 'refused' });
    expect(isLive(play([{ kind: 'refused' }]))).toBe(false);
  });

  test('one that is acknowledged is not refused, lost or missed afterwards', () => {
    for (const kind of ['refused', 'not_sent', 'unknown', 'absent'] as const) {
      expect(play([seen('submitted'), { kind }])).toEqual(play([seen('submitted')]));
    }
  });
});

describe('W-15: proof that nothing was executed', () => {
  test('one or two misses prove nothing, nor three within ten minutes', () => {
    expect(missed(2)).toMatchObject({ state: 'unknown', misses: 2, firstMissAt: now });
    const atOnce = play([{ kind: 'unknown' }, { kind: 'absent' }, { kind: 'absent' }, { kind: 'absent' }]);
    expect(atOnce).toMatchObject({ state: 'unknown', misses: 3 });
    expect(nextCallAt(atOnce, { kind: 'absent' }, now)).toEqual(plusMinutes(now, 5));
  });

  test('F46: three over ten minutes do: the same attempt may be sent again', () => {
    const proven = missed(3);
    expect(proven).toMatchObject({ key: calling.key, state: 'created', keySince: now, misses: 0 });
    expect(isCalling(proven)).toBe(false);
    expect(callAgain(proven as Created, plusMinutes(now, 10))).toMatchObject({
      key: calling.key,
      callingSince: plusMinutes(now, 10),
    });
  });

  test('a second doubt counts anew, and the window from the first use of the key', () => {
    const again = callAgain(missed(3) as Created, plusMinutes(now, 10));
    const doubt = observe(again, { kind: 'unknown' }, plusMinutes(now, 11));
    expect(doubt).toMatchObject({ state: 'unknown', keySince: now, misses: 0 });
    expect(doubt.firstMissAt).toBeUndefined();
  });

  test('fault 21: after the window nothing is sent again: a person looks, and the queries go on', () => {
    const day = plusHours(now, 23);
    const late = [0, 5, 10].reduce(
      (attempt, minutes) => observe(attempt, { kind: 'absent' }, plusMinutes(day, minutes)),
      play([{ kind: 'unknown' }]),
    );
    expect(late).toMatchObject({ state: 'unknown', review: 'window_over' });
    expect(nextCallAt(late, { kind: 'absent' }, day)).toEqual(plusHours(day, 4));
    expect(callAgain(missed(3) as Created, day)).toMatchObject({ state: 'created', review: 'window_over' });
    expect(callAgain(missed(3) as Created, plusMinutes(day, -1)).review).toBeUndefined();
  });

  test('one whose key was never in use has no window', () => {
    const unsent = play([{ kind: 'not_sent' }]) as Created;
    expect(callAgain(unsent, plusHours(now, 1_000))).toMatchObject({ callingSince: plusHours(now, 1_000) });
  });

  test('fault 20: one that was seen is never taken for missing', () => {
    const puzzling = play([seen(undefined)]);
    expect(puzzling).toMatchObject({ state: 'unknown', review: 'status_unknown' });
    expect(missed(3, puzzling)).toEqual(puzzling);
    expect(missed(3, play([seen('processing')]))).toEqual(play([seen('processing')]));
  });
});

describe('W-16: facts have ranks', () => {
  test.each<[string, OrderView['state'][], Attempt['state']]>([
    ['in their order', ['submitted', 'processing', 'paid'], 'paid'],
    ['fault 10: out of order', ['paid', 'processing', 'submitted'], 'paid'],
    ['fault 23: paid beats a late cancelled', ['paid', 'cancelled'], 'paid'],
    ['paid beats a late failed', ['submitted', 'paid', 'failed'], 'paid'],
    ['processing stays processing', ['processing', 'submitted'], 'processing'],
    ['failed stays failed', ['submitted', 'failed', 'processing'], 'failed'],
    ['denied is failed', ['submitted', 'denied'], 'failed'],
    ['cancelled stays cancelled', ['cancelled', 'submitted', 'denied'], 'cancelled'],
    ['straight from the call', ['paid'], 'paid'],
  ])('%s', (_, states, expected) => {
    expect(play(states.map((state) => seen(state))).state).toBe(expected);
  });

  test('the same again changes nothing at all', () => {
    for (const state of ['submitted', 'processing', 'paid', 'failed', 'cancelled'] as const) {
      const attempt = play([seen(state)]);
      expect(observe(attempt, seen(state), plusHours(now, 9))).toBe(attempt);
    }
    const attempt = play([returned]);
    expect(observe(attempt, returned, plusHours(now, 9))).toBe(attempt);
  });

  test('returned after paid, at any age, and also without a paid before it', () => {
    const paid = play([seen('paid')]);
    expect(observe(paid, returned, plusHours(now, 24 * 365))).toMatchObject({
      state: 'returned',
      back: sent,
      reason: 'bad_details',
    });
    for (const state of ['submitted', 'processing'] as const) {
      expect(play([seen(state), returned]).state).toBe('returned');
    }
    expect(play([{ kind: 'unknown' }, returned]).state).toBe('returned');
    expect(play([returned, seen('paid')]).state).toBe('returned');
  });

  test('a payment that is taken back without a word is back whole, for another reason', () => {
    expect(play([seen('paid'), seen('returned')])).toMatchObject({ back: sent, reason: 'other' });
  });

  test('a paid one is watched daily until five banking days later, then not any more', () => {
    const paid = play([seen('paid')]);
    // Thanksgiving and a weekend lie between.
    expect(paid).toMatchObject({ returnWatchUntil: new Date('2026-12-01T12:00:00.000Z') });
    expect(nextCallAt(paid, seen('paid'), now)).toEqual(plusHours(now, 24));
    expect(nextCallAt(paid, seen('paid'), plusHours(now, 24 * 8))).toBeUndefined();
    expect(nextCallAt(play([seen('processing')]), seen('processing'), now)).toEqual(plusHours(now, 4));
  });
});

describe('F47: what is not believed is not booked', () => {
  test.each<[string, Observation]>([
    ['another amount', seen('paid', { amountMinor: 49_999n })],
    ['another currency', seen('paid', { currency: 'EUR' })],
    ['more back than was sent', seen('returned', back(50_001n))],
    ['nothing back', seen('returned', back(0n))],
  ])('%s: the state stays, and a person looks', (_, observation) => {
    const before = play([seen('processing')]);
    expect(play([observation], before)).toEqual({ ...before, review: 'amount_differs' });
    expect(play([observation, observation], before)).toEqual({ ...before, review: 'amount_differs' });
  });

  test('in the answer to the call it is there, and certainly not sent again', () => {
    const after = play([seen('submitted', { amountMinor: 1n })]);
    expect(after).toMatchObject({
      state: 'unknown',
      review: 'amount_differs',
      providerReference: 'po_bank_1',
    });
    expect(nextCallAt(after, seen('submitted'), now)).toEqual(plusHours(now, 4));
  });

  test('fault 30: less back than was sent is the bank’s charge', () => {
    expect(play([seen('paid'), seen('returned', back(47_500n))])).toMatchObject({ back: usd(47_500n) });
  });

  test('fault 25: an unknown word keeps the state; a known one ends the review', () => {
    const puzzled = play([seen('processing'), seen(undefined)]);
    expect(puzzled).toMatchObject({ state: 'processing', review: 'status_unknown' });
    expect(play([seen('processing')], puzzled)).toEqual(play([seen('processing')]));
    expect(play([seen('paid')], puzzled)).toEqual(play([seen('paid')]));
  });

  test.each<[string, Observation]>([
    ['under another id', seen('paid', { reference: 'po_bank_2' })],
    ['under another key', seen('paid', { key: 'po_7K3M9Q2X-2' })],
  ])('a second payment, %s, contradicts', (_, observation) => {
    const before = play([seen('submitted')]);
    expect(play([observation], before)).toEqual({ ...before, review: 'contradicts' });
  });

  test('what ended without paying and is paid after all contradicts; its money is gone already', () => {
    for (const ending of [seen('failed'), seen('cancelled'), { kind: 'refused' } as const]) {
      const before = play([ending]);
      for (const surprise of [seen('paid'), returned]) {
        expect(play([surprise], before)).toMatchObject({ state: before.state, review: 'contradicts' });
      }
    }
  });
});

describe('an attempt that cannot be sent any more', () => {
  test('ends where it was never sent', () => {
    const unsent = play([{ kind: 'not_sent' }]) as Created;
    expect(endUnsent(unsent, 'taken_back')).toMatchObject({ state: 'cancelled', failure: 'taken_back' });
    expect(endUnsent(unsent, 'method_disabled')).toMatchObject({ failure: 'method_disabled' });
  });

  test('is left to a person where it was in doubt once: money is not given away on three misses', () => {
    expect(endUnsent(missed(3) as Created, 'method_disabled')).toMatchObject({
      state: 'created',
      review: 'not_sendable',
    });
  });

  test('W-15: a person may end what may not be asked by sending again, and nothing else', () => {
    const resolvable = endUnsent(missed(3) as Created, 'method_disabled');
    expect(isResolvable(resolvable)).toBe(true);
    expect(isResolvable({ ...missed(1), review: 'window_over' })).toBe(true);
    for (const attempt of [calling, missed(1), missed(3), play([seen('paid')])]) {
      expect(isResolvable(attempt)).toBe(false);
    }
    expect(isResolvable(play([seen('submitted', { amountMinor: 1n })]))).toBe(false);
    expect(endByFinding(resolvable)).toMatchObject({ state: 'failed', failure: 'not_executed' });
  });
});
