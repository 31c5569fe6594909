import { plusDays, plusMinutes } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { arrivalOf, businessDayFrom, cutOffAfter, isBusinessDay, plusBusinessDays } from './business-days.ts';

/** As the Federal Reserve publishes them; those on a Saturday are not observed. */
const holidays = [
  ['2026-01-01', '2026-01-19', '2026-02-16', '2026-05-25', '2026-06-19', '2026-09-07', '2026-10-12'],
  ['2026-11-11', '2026-11-26', '2026-12-25'],
  ['2027-01-01', '2027-01-18', '2027-02-15', '2027-05-31', '2027-07-05', '2027-09-06', '2027-10-11'],
  ['2027-11-11', '2027-11-25'],
  ['2028-01-17', '2028-02-21', '2028-05-29', '2028-06-19', '2028-07-04', '2028-09-04', '2028-10-09'],
  ['2028-11-23', '2028-12-25'],
].flat();

const day = (date: string, time = '12:00'): Date => new Date(`${date}T${time}:00.000Z`);
const cutOff = (date: string, time: string): string => cutOffAfter(day(date, time), '12:00').toISOString();
const instants = fc.date({
  min: day('2026-01-01', '00:00'),
  max: day('2040-12-31', '23:59'),
  noInvalidDate: true,
});

test('W-9: business days of three years are Monday to Friday without the holidays of the Federal Reserve', () => {
  for (let date = day('2026-01-01'); date < day('2029-01-01'); date = plusDays(date, 1)) {
    const isWeekend = date.getUTCDay() === 0 || date.getUTCDay() === 6;
    const isHoliday = holidays.includes(date.toISOString().slice(0, 10));
    expect([date.toISOString(), isBusinessDay(date)]).toEqual([date.toISOString(), !isWeekend && !isHoliday]);
  }
});

test.each([
  ['2027-07-05', 'Independence Day on a Sunday is kept on Monday'],
  ['2033-12-26', 'so is Christmas Day'],
  ['2034-01-02', 'and New Year’s Day'],
])('W-9: %s is no business day: %s', (date) => {
  expect(isBusinessDay(day(date, '00:00'))).toBe(false);
  expect(isBusinessDay(day(date, '23:59'))).toBe(false);
});

test.each(['2026-07-03', '2026-07-06', '2027-06-18', '2027-12-24', '2028-01-03', '2028-11-10'])(
  'W-9: %s is a business day, though a holiday falls on the Saturday beside it',
  (date) => expect(isBusinessDay(day(date))).toBe(true),
);

describe('W-9: the cut-off', () => {
  test.each([
    ['2026-11-23', '11:59', '2026-11-23T12:00:00.000Z', 'before it: the same day'],
    ['2026-11-23', '12:00', '2026-11-24T12:00:00.000Z', 'at it: the next business day'],
    ['2026-11-27', '20:00', '2026-11-30T12:00:00.000Z', 'Friday evening: Monday'],
    ['2026-11-28', '09:00', '2026-11-30T12:00:00.000Z', 'Saturday morning: Monday'],
    ['2026-11-25', '13:00', '2026-11-27T12:00:00.000Z', 'over Thanksgiving'],
    ['2026-11-26', '08:00', '2026-11-27T12:00:00.000Z', 'on Thanksgiving'],
    ['2026-12-24', '12:00', '2026-12-28T12:00:00.000Z', 'over Christmas and a weekend'],
  ])('of %s %s is %s (%s)', (date, time, expected) => expect(cutOff(date, time)).toBe(expected));

  test('is a setting', () => {
    expect(cutOffAfter(day('2026-11-23', '16:29'), '16:30')).toEqual(day('2026-11-23', '16:30'));
    expect(cutOffAfter(day('2026-11-23', '00:00'), '00:00')).toEqual(day('2026-11-24', '00:00'));
  });

  test('is after the request, on a business day, and none lies between', () => {
    fc.assert(
      fc.property(instants, (instant) => {
        const at = cutOffAfter(instant, '12:00');
        expect(at > instant).toBe(true);
        expect(isBusinessDay(at)).toBe(true);
        expect(cutOffAfter(plusMinutes(at, -1), '12:00')).toEqual(at);
        const before = plusDays(at, -1);
        if (before > instant) expect(isBusinessDay(before)).toBe(false);
      }),
    );
  });
});

test('business days are counted over weekends and holidays, at the same time of day', () => {
  expect(plusBusinessDays(day('2026-11-25', '09:30'), 2)).toEqual(day('2026-11-30', '09:30'));
  expect(plusBusinessDays(day('2026-11-25'), 0)).toEqual(day('2026-11-25'));
  expect(businessDayFrom(day('2026-11-28'))).toEqual(day('2026-11-30'));
  expect(businessDayFrom(day('2026-11-30'))).toEqual(day('2026-11-30'));
});

test('ACH arrives within five business days', () => {
  expect(arrivalOf(day('2026-11-23'))).toEqual(day('2026-12-01'));
});
