import { plusMinutes, usd } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import { payout } from '../testing/settlements.ts';
import {
  nextStep,
  observe,
  type PayoutObservation,
  type Settlement,
  settleable,
  startSettlement,
} from './settlement.ts';

const now = new Date('2026-11-23T09:00:00.000Z');
const after = (minutes: number) => plusMinutes(now, minutes);
const day = 24 * 60;
const requested = startSettlement({ id: 'settlement-1', amount: usd(102_410n), now });
const seen = (status: Parameters<typeof payout>[0], more = {}): PayoutObservation => ({
  kind: 'seen',
  payout: payout(status, more),
});
const unknown: PayoutObservation = { kind: 'unknown' };
const absent: PayoutObservation = { kind: 'absent' };

/** What a settlement becomes by observations, each at its minute. */
const fold = (settlement: Settlement, ...observed: [PayoutObservation, number][]): Settlement =>
  observed.reduce((state, [observation, minute]) => observe(state, observation, after(minute)), settlement);
const inDoubt = fold(requested, [unknown, 0]);
const inTransit = fold(requested, [seen('pending'), 0]);
const paid = fold(inTransit, [seen('paid'), 2 * day]);

describe('M-23: what can be settled', () => {
  const cash = (heldMinor: bigint, underWayMinor = 0n) => ({ heldMinor, underWayMinor });

  test('all that is held, or the amount that was asked for', () => {
    expect(settleable(cash(102_410n))).toEqual(usd(102_410n));
    expect(settleable(cash(102_410n), usd(42_000n))).toEqual(usd(42_000n));
    expect(settleable(cash(102_410n), usd(102_410n))).toEqual(usd(102_410n));
  });

  test('what is under way already is not promised again', () => {
    expect(settleable(cash(102_410n, 42_000n))).toEqual(usd(60_410n));
    expect(settleable(cash(102_410n, 42_000n), usd(60_410n))).toEqual(usd(60_410n));
    expect(() => settleable(cash(102_410n, 42_000n), usd(60_411n))).toThrow('treasury.insufficient');
  });

  test.each([
    [0n, 0n],
    [42_000n, 42_000n],
    [-1n, 0n],
    [10n, 11n],
  ])('of %s held and %s under way nothing is left', (held, underWay) => {
    expect(() => settleable(cash(held, underWay))).toThrow('treasury.nothing_to_settle');
    expect(() => settleable(cash(held, underWay), usd(1n))).toThrow('treasury.nothing_to_settle');
  });
});

describe('M-23: the way of a settlement', () => {
  test('is called for at once, asked about daily, and ends when the bank has it', () => {
    expect(requested).toMatchObject({ status: 'requested', nextCallAt: now });
    expect(nextStep(requested, now)).toBe('create');
    expect(inTransit).toMatchObject({ status: 'in_transit', payoutId: 'po_1', nextCallAt: after(day) });
    expect(nextStep(inTransit, now)).toBe('read');
    expect(fold(inTransit, [seen('in_transit'), day])).toMatchObject({ nextCallAt: after(2 * day) });
    expect(paid).toMatchObject({ status: 'paid', endedAt: after(2 * day) });
    expect(paid).not.toHaveProperty('nextCallAt');
  });

  test('may be over with the first answer', () => {
    expect(fold(requested, [seen('paid'), 0])).toMatchObject({ status: 'paid', payoutId: 'po_1' });
    const failure = 'bank_account_unusable';
    expect(fold(requested, [seen('failed', { failure }), 0])).toMatchObject({ status: 'failed', failure });
  });

  test.each(['balance_insufficient', 'refused'] as const)('a refused call (%s) moved nothing', (failure) => {
    const refused = fold(requested, [{ kind: 'refused', failure }, 1]);
    expect(refused).toMatchObject({ status: 'failed', failure, endedAt: after(1), payoutId: undefined });
  });

  test.each([
    ['failed', 'provider_failed'],
    ['canceled', 'cancelled'],
  ] as const)('one that is %s on its way moved nothing', (status, failure) => {
    expect(fold(inTransit, [seen(status), day])).toMatchObject({ status: 'failed', failure });
  });

  test('W-16: what the bank sends back after it was paid is returned, however late', () => {
    const returned = fold(paid, [seen('failed'), 60 * day]);
    expect(returned).toMatchObject({
      status: 'returned',
      failure: 'provider_failed',
      endedAt: after(60 * day),
    });
    expect(fold(returned, [seen('paid'), 61 * day], [seen('failed'), 62 * day])).toBe(returned);
  });

  test('ranks decide, not the order of arrival: an older word changes nothing', () => {
    for (const old of [seen('pending'), seen('in_transit'), seen('paid'), unknown, absent]) {
      expect(fold(paid, [old, 3 * day])).toBe(paid);
    }
    const failed = fold(inTransit, [seen('failed'), day]);
    for (const old of [seen('in_transit'), seen('paid'), unknown, absent]) {
      expect(fold(failed, [old, 2 * day])).toBe(failed);
    }
  });

  test('a refusal is our own inference: a payout that is there after all is the fact', () => {
    const refused = fold(requested, [{ kind: 'refused', failure: 'refused' }, 1]);
    expect(fold(refused, [seen('in_transit'), 2])).toMatchObject({ status: 'in_transit' });
    expect(fold(refused, [seen('paid'), 2])).toMatchObject({ status: 'paid' });
  });

  test('another payout with our mark is no word about this one', () => {
    for (const state of [inTransit, paid]) {
      expect(fold(state, [seen('failed', { id: 'po_2' }), 2 * day])).toBe(state);
    }
  });
});

test.each([
  ['another amount', { amountMinor: 102_409n }],
  ['more', { amountMinor: 102_411n }],
  ['another currency', { currency: 'eur' }],
])('F47: %s is not booked, a person looks at it', (_, more) => {
  for (const state of [requested, inDoubt, inTransit]) {
    const odd = fold(state, [seen('paid', more), 1]);
    expect(odd).toMatchObject({ status: 'in_review', payoutId: 'po_1' });
    expect(odd).not.toHaveProperty('nextCallAt');
  }
  expect(fold(paid, [seen('paid', more), 3 * day])).toBe(paid);
});

describe('0.1 of the protocols: a call that may have executed', () => {
  test('is looked for first, and only the found one counts', () => {
    expect(inDoubt).toMatchObject({ status: 'unknown', nextCallAt: now });
    expect(nextStep(inDoubt, now)).toBe('find');
    expect(fold(inDoubt, [seen('pending'), 1])).toMatchObject({ status: 'in_transit', payoutId: 'po_1' });
    expect(fold(inDoubt, [{ kind: 'refused', failure: 'refused' }, 1])).toBe(inDoubt);
  });

  test('three misses, five minutes apart: then the same key again', () => {
    const twice = fold(inDoubt, [absent, 0], [absent, 5]);
    expect(twice).toMatchObject({ status: 'unknown', misses: 2, nextCallAt: after(10) });
    const again = fold(twice, [absent, 10]);
    expect(again).toMatchObject({ status: 'requested', misses: 0, nextCallAt: after(10), keySince: now });
    expect(nextStep(again, after(10))).toBe('create');
  });

  test('misses that come faster prove nothing before ten minutes', () => {
    const fast = fold(inDoubt, [absent, 0], [absent, 1], [absent, 2], [absent, 3]);
    expect(fast).toMatchObject({ status: 'unknown', misses: 4 });
    expect(fold(fast, [absent, 10])).toMatchObject({ status: 'requested' });
  });

  test('the key is used for 23 hours, however often it was repeated; then a person looks', () => {
    let state: Settlement = inDoubt;
    let minute = 0;
    for (; state.status !== 'in_review'; minute += 10) {
      expect(minute).toBeLessThanOrEqual(24 * 60);
      const missed = fold(state, [absent, minute], [absent, minute + 5], [absent, minute + 10]);
      state = fold(missed, [unknown, minute + 10]);
    }
    expect(minute).toBe(23 * 60);
  });

  test('F7: a call that nobody recorded is not made again under a key that the provider may have forgotten', () => {
    expect(nextStep(requested, after(23 * 60 - 1))).toBe('create');
    expect(nextStep(requested, after(23 * 60))).toBe('find');
    const misses = [0, 5, 10].map((more) => [absent, 30 * 60 + more] as [PayoutObservation, number]);
    expect(fold(requested, ...misses)).toMatchObject({ status: 'in_review' });
    expect(fold(requested, [seen('paid'), 30 * 60])).toMatchObject({ status: 'paid' });
  });

  test('a payout that the provider acknowledged and no longer knows is looked at by a person', () => {
    const twice = fold(inTransit, [absent, day], [absent, day + 5]);
    expect(twice).toMatchObject({ status: 'in_transit', misses: 2 });
    expect(fold(twice, [seen('in_transit'), day + 6])).toMatchObject({ misses: 0 });
    expect(fold(twice, [absent, day + 10]).status).toBe('in_review');
  });

  test('out of review leads only the provider’s word', () => {
    const review = { ...inDoubt, status: 'in_review', nextCallAt: undefined } as unknown as Settlement;
    expect(fold(review, [seen('in_transit'), 1]).status).toBe('in_transit');
    expect(fold(review, [seen('paid'), 1]).status).toBe('paid');
    expect(fold(review, [seen('failed'), 1]).status).toBe('failed');
    expect(fold(review, [unknown, 1]).status).toBe('in_review');
  });
});
