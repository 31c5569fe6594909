import { nextWeekday } from './moments.ts';

const DAY_MS = 86_400_000;
const [monday, thursday] = [1, 4];

const isoDate = (date: Date): string => date.toISOString().slice(0, 10);

/** Where a case starts: the next Monday at 09:00 UTC whose week, Monday to Friday, has no bank holiday. */
export function nextStart(now: Date): Date {
  let start = nextWeekday(now, monday, { hours: 9, minutes: 0 });
  while (hasHoliday(start)) start = new Date(start.getTime() + 7 * DAY_MS);
  return start;
}

function hasHoliday(start: Date): boolean {
  const holidays = bankHolidays(start.getUTCFullYear());
  // A week that crosses the new year contains 1 January.
  const next = bankHolidays(start.getUTCFullYear() + 1);
  const week = [0, 1, 2, 3, 4].map((day) => isoDate(new Date(start.getTime() + day * DAY_MS)));
  return week.some((day) => holidays.includes(day) || next.includes(day));
}

/**
 * The US federal bank holidays of a year, as ISO dates. One on a Sunday is kept on Monday; one on a Saturday
 * is not moved, since banks are open on the Friday before it.
 */
export function bankHolidays(year: number): string[] {
  const fixed = ['01-01', '06-19', '07-04', '11-11', '12-25'].map((day) => observed(`${year}-${day}`));
  return [
    ...fixed,
    nth(year, 1, monday, 3), // Martin Luther King Jr.
    nth(year, 2, monday, 3), // Washington
    nth(year, 6, monday, 0), // Memorial Day: the last Monday of May.
    nth(year, 9, monday, 1), // Labor Day
    nth(year, 10, monday, 2), // Columbus
    nth(year, 11, thursday, 4), // Thanksgiving
  ].sort();
}

function observed(date: string): string {
  const day = new Date(date);
  return day.getUTCDay() === 0 ? isoDate(new Date(day.getTime() + DAY_MS)) : date;
}

/** The n-th weekday of a month, 1 for the first; 0 is the last one of the month before. */
function nth(year: number, month: number, weekday: number, count: number): string {
  const first = new Date(Date.UTC(year, month - 1, 1));
  const offset = (weekday - first.getUTCDay() + 7) % 7;
  return isoDate(new Date(first.getTime() + (offset + (count - 1) * 7) * DAY_MS));
}
