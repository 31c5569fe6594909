import { describe, expect, it } from '@jest/globals';
import { bankingDayAfter, federalHolidays, isBankingDay, nextBankingDay } from './banking-days.ts';

describe('banking days (section 3.3)', () => {
  it('leave out the holidays of the Federal Reserve', () => {
    expect([...federalHolidays(2026)].sort()).toEqual([
      '2026-01-01',
      '2026-01-19',
      '2026-02-16',
      '2026-05-25',
      '2026-06-19',
      '2026-07-04',
      '2026-09-07',
      '2026-10-12',
      '2026-11-11',
      '2026-11-26',
      '2026-12-25',
    ]);
  });

  it('keep a holiday of a Sunday on Monday, and do not make up for one of a Saturday', () => {
    expect([isBankingDay('2027-07-04'), isBankingDay('2027-07-05'), isBankingDay('2027-07-06')]).toEqual([
      false,
      false,
      true,
    ]);
    expect([isBankingDay('2026-07-03'), isBankingDay('2026-07-06')]).toEqual([true, true]);
    expect([isBankingDay('2022-12-26'), isBankingDay('2023-01-02'), isBankingDay('2021-12-31')]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('are counted over weekends and holidays', () => {
    expect(bankingDayAfter('2026-11-24', 0)).toBe('2026-11-24');
    expect(bankingDayAfter('2026-11-24', 4)).toBe('2026-12-01');
  });

  it.each([
    ['a weekday', '2026-11-23', '2026-11-24'],
    ['the day before Thanksgiving', '2026-11-25', '2026-11-27'],
    ['a Friday', '2026-11-27', '2026-11-30'],
    ['a Friday before a holiday', '2026-10-09', '2026-10-13'],
    ['the end of a year', '2026-12-31', '2027-01-04'],
    ['29 February', '2028-02-29', '2028-03-01'],
  ])('follow %s', (_which, date, next) => {
    expect(nextBankingDay(date)).toBe(next);
  });
});
