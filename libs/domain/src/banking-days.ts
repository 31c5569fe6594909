import { plusDays } from './time.ts';

/** Days on which banks in the United States settle: UTC dates, Monday to Friday without the Federal Reserve's holidays. */

const dayMs = 86_400_000;
const [sunday, monday, thursday, saturday] = [0, 1, 4, 6];

const weekdayOf = (date: string): number => new Date(`${date}T00:00:00Z`).getUTCDay();
const dateOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);

export function isBankingDay(instant: Date): boolean {
  const date = dateOf(instant.getTime());
  const weekday = weekdayOf(date);
  return weekday !== sunday && weekday !== saturday && !holidaysOf(Number(date.slice(0, 4))).has(date);
}

/** The same time of day so many banking days later; none of the days between counts that is not one. */
export function plusBankingDays(instant: Date, days: number): Date {
  let reached = instant;
  for (let left = days; left > 0; ) {
    reached = plusDays(reached, 1);
    if (isBankingDay(reached)) left -= 1;
  }
  return reached;
}

/** A holiday on a Sunday is kept on the Monday after it; on a Saturday it is not made up for. */
function holidaysOf(year: number): Set<string> {
  const fixed = ['01-01', '06-19', '07-04', '11-11', '12-25'].map((day) => observed(`${year}-${day}`));
  return new Set([
    ...fixed,
    nthWeekday(year, 1, monday, 3), // Martin Luther King's birthday
    nthWeekday(year, 2, monday, 3), // Washington's birthday
    lastMonday(year, 5), // Memorial Day
    nthWeekday(year, 9, monday, 1), // Labor Day
    nthWeekday(year, 10, monday, 2), // Columbus Day
    nthWeekday(year, 11, thursday, 4), // Thanksgiving
  ]);
}

const observed = (date: string): string =>
  weekdayOf(date) === sunday ? dateOf(Date.parse(date) + dayMs) : date;

function nthWeekday(year: number, month: number, weekday: number, nth: number): string {
  const firstMs = Date.UTC(year, month - 1, 1);
  const daysAhead = (weekday - weekdayOf(dateOf(firstMs)) + 7) % 7;
  return dateOf(firstMs + (daysAhead + (nth - 1) * 7) * dayMs);
}

function lastMonday(year: number, month: number): string {
  const lastMs = Date.UTC(year, month, 0);
  return dateOf(lastMs - ((weekdayOf(dateOf(lastMs)) - monday + 7) % 7) * dayMs);
}
