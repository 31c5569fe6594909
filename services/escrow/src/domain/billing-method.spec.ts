import { plusDays, plusMinutes } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import { inOrder, nextOf, nextPollAt, rankOfNew, rankOfPrimary } from './billing-method.ts';

const methods = [
  { id: 'b', rank: 2 },
  { id: 'c', rank: 1 },
  { id: 'a', rank: 2 },
];

describe('P-1: one is primary, the others back it up in order', () => {
  test('by rank, and by age where two have the same', () => {
    expect(inOrder(methods).map(({ id }) => id)).toEqual(['c', 'a', 'b']);
  });

  test('what was tried is not tried again', () => {
    expect(nextOf(methods, new Set(['c']))?.id).toBe('a');
    expect(nextOf(methods, new Set(['c', 'a', 'b']))).toBeUndefined();
    expect(nextOf([], new Set())).toBeUndefined();
  });

  test('a new one is the last, a chosen one the first', () => {
    expect([rankOfNew([]), rankOfNew(methods)]).toEqual([1, 3]);
    expect([rankOfPrimary(methods), rankOfPrimary([{ id: 'x', rank: -3 }])]).toEqual([0, -4]);
  });
});

describe('P-2: a set-up that waits for its payer', () => {
  const addedAt = new Date('2026-11-20T10:00:00Z');
  const after = (minutes: number) => plusMinutes(addedAt, minutes);

  test('is asked about in ten minutes, in case the notice is lost', () => {
    expect(nextPollAt('card', addedAt, after(3))).toEqual(after(13));
  });

  test('at PayPal, which sends none, soon and then more rarely, for three days', () => {
    expect(nextPollAt('paypal', addedAt, addedAt)).toEqual(after(0.25));
    expect(nextPollAt('paypal', addedAt, after(40))).toEqual(after(50));
    expect(nextPollAt('paypal', addedAt, plusDays(addedAt, 3))).toBeUndefined();
  });
});
