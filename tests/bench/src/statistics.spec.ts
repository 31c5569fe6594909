import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { median, orderOf, percentile, summaryOf } from './statistics.ts';

test('the median is the value in the middle, or the mean of two', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([7])).toBe(7);
});

test('a percentile is a value that was measured', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(percentile(values, 0.5)).toBe(50);
  expect(percentile(values, 0.99)).toBe(99);
  expect(percentile(values, 1)).toBe(100);
  expect(percentile([3], 0.99)).toBe(3);
});

test('a percentile leaves at most the rest above it', () => {
  const some = fc.array(fc.integer(), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(some, fc.double({ min: 0.01, max: 1, noNaN: true }), (values, share) => {
      const limit = percentile(values, share);
      const above = values.filter((value) => value > limit).length;
      expect(values).toContain(limit);
      expect(above).toBeLessThanOrEqual(values.length - Math.ceil(share * values.length));
    }),
  );
});

test('a summary has the median, the range and the number of rounds', () => {
  expect(summaryOf([0.9, 0.2, 0.4])).toEqual({ value: 0.4, min: 0.2, max: 0.9, rounds: 3 });
});

test('nothing measured is no figure', () => {
  expect(() => summaryOf([])).toThrow('nothing was measured');
  expect(() => percentile([], 0.5)).toThrow('nothing was measured');
});

test('every round has all cases, in another order than the round before', () => {
  const cases = ['a', 'b', 'c', 'd'];
  const rounds = [0, 1, 2, 3, 4, 5, 6, 7, 8].map((round) => orderOf(cases, round));
  for (const [index, order] of rounds.entries()) {
    expect(order.toSorted()).toEqual(cases);
    if (index > 0) expect(order).not.toEqual(rounds[index - 1]);
  }
  expect(new Set(rounds.map(([first]) => first)).size).toBe(4);
});
