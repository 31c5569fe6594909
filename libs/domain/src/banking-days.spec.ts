import { describe, expect, test } from '@jest/globals';
import { isBankingDay, plusBankingDays } from './banking-days.ts';

const at = (date: string): Date => new Date(`${date}T10:30:00Z`);

describe('a banking day', () => {
  test.each([
    ['2026-11-20', true, 'a Friday'],
    ['2026-11-21', false, 'a Saturday'],
    ['2026-11-22', false, 'a Sunday'],
    ['2026-11-26', false, 'Thanksgiving'],
    ['2027-07-05', false, 'the Monday after a holiday on a Sunday'],
    ['2026-07-03', true, 'the Friday before a holiday on a Saturday'],
    ['2026-05-25', false, 'Memorial Day'],
    ['2027-01-18', false, "Martin Luther King's birthday"],
  ])('%s: %s, %s', (date, is) => {
    expect(isBankingDay(at(date))).toBe(is);
  });

  test.each([
    ['2026-11-20', 5, '2026-11-30', 'over a weekend, Thanksgiving and a weekend'],
    ['2026-11-21', 1, '2026-11-23', 'from a Saturday'],
    ['2026-12-23', 2, '2026-12-28', 'over Christmas'],
    ['2026-11-20', 0, '2026-11-20', 'none'],
  ])('P-14: %s and %i more end on %s, %s', (from, days, to) => {
    expect(plusBankingDays(at(from), days)).toEqual(at(to));
  });
});
