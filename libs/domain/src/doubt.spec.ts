import { describe, expect, test } from '@jest/globals';
import { isKeyForgotten, isProvenAbsent, missedAgain, nextQueryAt, noMisses } from './doubt.ts';
import { plusHours, plusMinutes } from './time.ts';

const now = new Date('2026-11-23T12:00:00.000Z');
const justBefore = (instant: Date): Date => new Date(instant.getTime() - 1);

describe('W-15: what may have been executed is asked about', () => {
  test('three misses in ten minutes prove that it was not, two never do', () => {
    const first = missedAgain(noMisses, now);
    const second = missedAgain(first, plusMinutes(now, 5));
    const third = missedAgain(second, plusMinutes(now, 10));
    expect(third).toEqual({ misses: 3, firstMissAt: now });
    for (const doubt of [noMisses, first, second])
      expect(isProvenAbsent(doubt, plusHours(now, 9))).toBe(false);
    expect(isProvenAbsent(third, justBefore(plusMinutes(now, 10)))).toBe(false);
    expect(isProvenAbsent(third, plusMinutes(now, 10))).toBe(true);
  });

  test('queries every five minutes span the ten', () => {
    expect(nextQueryAt(nextQueryAt(now))).toEqual(plusMinutes(now, 10));
  });

  test('a key is used for 23 of the 24 hours that a provider knows it', () => {
    expect(isKeyForgotten(now, justBefore(plusHours(now, 23)))).toBe(false);
    expect(isKeyForgotten(now, plusHours(now, 23))).toBe(true);
  });
});
