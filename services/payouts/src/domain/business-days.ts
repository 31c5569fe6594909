import { isLate, plusDays } from '@holdfast/domain';

/**
 * Days on which banks work: Monday to Friday except the holidays of the Federal Reserve (W-9). A day is named
 * by any instant of it, in UTC.
 */

/** On fixed dates: month (from 1) and day. */
const fixedHolidays = [
  [1, 1], // New Year's Day
  [6, 19], // Juneteenth
  [7, 4], // Independence Day
  [11, 11], // Veterans Day
  [12, 25], // Christmas Day
] as const;

/** On the n-th such weekday of a month; -1 is the last one. Sunday is 0. */
const weekdayHolidays = [
  { month: 1, weekday: 1, nth: 3 }, // Martin Luther King, Jr.
  { month: 2, weekday: 1, nth: 3 }, // Washington's Birthday
  { month: 5, weekday: 1, nth: -1 }, // Memorial Day
  { month: 9, weekday: 1, nth: 1 }, // Labor Day
  { month: 10, weekday: 1, nth: 2 }, // Columbus Day
  { month: 11, weekday: 4, nth: 4 }, // Thanksgiving Day
] as const;

const dayOf = (instant: Date): Date =>
  new Date(Date.UTC(instant.getUTCFullYear(), instant.getUTCMonth(), instant.getUTCDate()));

/** A holiday on a Sunday is kept on the Monday after it; one on a Saturday is not kept at all. */
function isFixedHoliday(day: Date): boolean {
  const isOn = (date: Date): boolean =>
    fixedHolidays.some(([month, on]) => date.getUTCMonth() + 1 === month && date.getUTCDate() === on);
  return isOn(day) || (day.getUTCDay() === 1 && isOn(plusDays(day, -1)));
}

function isWeekdayHoliday(day: Date): boolean {
  const weekOfMonth = Math.ceil(day.getUTCDate() / 7);
  const isLastOfMonth = plusDays(day, 7).getUTCMonth() !== day.getUTCMonth();
  return weekdayHolidays.some(
    ({ month, weekday, nth }) =>
      day.getUTCMonth() + 1 === month &&
      day.getUTCDay() === weekday &&
      (nth === -1 ? isLastOfMonth : nth === weekOfMonth),
  );
}

export function isBusinessDay(instant: Date): boolean {
  const day = dayOf(instant);
  const isWeekend = day.getUTCDay() === 0 || day.getUTCDay() === 6;
  return !isWeekend && !isFixedHoliday(day) && !isWeekdayHoliday(day);
}

/** The same time of day, so many business days later. */
export function plusBusinessDays(instant: Date, days: number): Date {
  let result = instant;
  for (let left = days; left > 0; ) {
    result = plusDays(result, 1);
    if (isBusinessDay(result)) left -= 1;
  }
  return result;
}

/** The day itself where banks work on it, else the next on which they do; at the same time of day. */
export const businessDayFrom = (instant: Date): Date =>
  isBusinessDay(instant) ? instant : plusBusinessDays(instant, 1);

/**
 * When what is asked for at this instant is sent (rule W-9): at the cut-off of the same business day if it is
 * before it, else at that of the next one.
 */
export function cutOffAfter(instant: Date, cutOff: string): Date {
  const [hours, minutes] = cutOff.split(':').map(Number) as [number, number];
  const sameDay = dayOf(instant);
  sameDay.setUTCHours(hours, minutes);
  return isBusinessDay(instant) && !isLate(instant, sameDay) ? sameDay : plusBusinessDays(sameDay, 1);
}

/** ACH arrives in 2 to 5 business days (table of section 6); the last of them is what we promise. */
const achBusinessDays = 5;
export const arrivalOf = (sentAt: Date): Date => plusBusinessDays(sentAt, achBusinessDays);
