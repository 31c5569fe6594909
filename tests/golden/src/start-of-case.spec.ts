import { describe, expect, it } from '@jest/globals';
import { bankHolidays, nextStart } from './start-of-case.ts';

const startAfter = (now: string): string => nextStart(new Date(now)).toISOString();

describe('a case starts on a Monday at 09:00 UTC', () => {
  it('is the next one, later the same Monday at the earliest', () => {
    expect(startAfter('2026-12-02T10:00:00Z')).toBe('2026-12-07T09:00:00.000Z');
    expect(startAfter('2026-12-06T23:59:59Z')).toBe('2026-12-07T09:00:00.000Z');
    expect(startAfter('2026-12-07T08:59:59Z')).toBe('2026-12-07T09:00:00.000Z');
    expect(startAfter('2026-12-07T09:00:00Z')).toBe('2026-12-14T09:00:00.000Z');
  });

  it('leaves out a week with a bank holiday', () => {
    expect(startAfter('2026-11-22T12:00:00Z')).toBe('2026-11-30T09:00:00.000Z'); // Thanksgiving
    expect(startAfter('2026-12-15T12:00:00Z')).toBe('2027-01-04T09:00:00.000Z'); // Christmas, New Year
    expect(startAfter('2027-01-12T12:00:00Z')).toBe('2027-01-25T09:00:00.000Z'); // Martin Luther King Jr.
  });

  it('sees New Year’s Day in a week that begins in the old year', () => {
    // 1 January 2031 is a Wednesday.
    expect(startAfter('2030-12-27T12:00:00Z')).toBe('2031-01-06T09:00:00.000Z');
  });
});

describe('US federal bank holidays', () => {
  it('are those of the Federal Reserve’s calendar', () => {
    expect(bankHolidays(2026)).toEqual([
      '2026-01-01',
      '2026-01-19',
      '2026-02-16',
      '2026-05-25',
      '2026-06-19',
      '2026-07-04', // A Saturday, not moved.
      '2026-09-07',
      '2026-10-12',
      '2026-11-11',
      '2026-11-26',
      '2026-12-25',
    ]);
  });

  it('are kept on Monday when they fall on a Sunday', () => {
    expect(bankHolidays(2027)).toContain('2027-07-05');
    expect(bankHolidays(2028)).toContain('2028-01-01');
  });
});
