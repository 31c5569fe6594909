import { plusDays, plusHours, usd } from '@holdfast/domain';
import { expect, test } from '@jest/globals';
import { observe, type RefundAttempt, startAttempt } from './refund-attempt.ts';

const now = new Date('2026-11-23T09:00:00.000Z');
const start = {
  id: 'attempt-1',
  refundId: 'refund-1',
  number: 2,
  amount: usd(42_000n),
  now,
  isDisputed: false,
};
const seen = (status: 'pending' | 'succeeded' | 'failed', amountMinor = 42_000n) =>
  ({ kind: 'seen', refund: { id: 'po_1', status, amountMinor, currency: 'USD' } }) as const;
const dueAt = (attempt: RefundAttempt) => ('nextCallAt' in attempt ? attempt.nextCallAt : undefined);

test('E-23: what the bank pays is asked about every four hours, and daily for a week after it was paid', () => {
  const sent = observe(startAttempt({ ...start, isWatched: true }), seen('pending'), now);
  expect(dueAt(sent)).toEqual(plusHours(now, 4));
  let paid = observe(sent, seen('succeeded'), now);
  for (let day = 1; day <= 7; day += 1) {
    expect(dueAt(paid)).toEqual(plusDays(now, day));
    paid = observe(paid, day % 2 ? seen('succeeded') : { kind: 'absent' }, plusDays(now, day));
    expect(paid.status).toBe('paid');
  }
  expect(dueAt(paid)).toBeUndefined();
});

test('E-23: what a provider tells of by itself is not asked about after it was paid', () => {
  const sent = observe(startAttempt(start), seen('pending'), now);
  expect(dueAt(sent)).toEqual(plusDays(now, 1));
  expect(dueAt(observe(sent, seen('succeeded'), now))).toBeUndefined();
});

test('G-34.3: sent back within that week it is returned; less than was sent is not booked (F47)', () => {
  const paid = observe(startAttempt({ ...start, isWatched: true }), seen('succeeded'), now);
  expect(observe(paid, seen('failed'), plusDays(now, 2))).toMatchObject({ status: 'returned' });
  expect(observe(paid, seen('failed', 41_000n), plusDays(now, 2))).toMatchObject({ status: 'paid' });
});
