/** A date as `yyyy-mm-dd`. */
export type IsoDate = string;

const dayMs = 86_400_000;
const sunday = 0;
const monday = 1;
const thursday = 4;
const saturday = 6;

export function dateOf(atMs: number): IsoDate {
  return new Date(atMs).toISOString().slice(0, 10);
}

/** The instant of a full hour on a date, UTC. */
export function atHour(date: IsoDate, hour: number): number {
  return Date.parse(`${date}T00:00:00Z`) + hour * 3_600_000;
}

export function isBankingDay(date: IsoDate): boolean {
  const weekday = weekdayOf(date);
  return weekday !== sunday && weekday !== saturday && !federalHolidays(Number(date.slice(0, 4))).has(date);
}

/** The first banking day after a date. */
export function nextBankingDay(date: IsoDate): IsoDate {
  const next = dateOf(atHour(date, 24));
  return isBankingDay(next) ? next : nextBankingDay(next);
}

/** The nth banking day after a date. */
export function bankingDayAfter(date: IsoDate, nth: number): IsoDate {
  return nth === 0 ? date : bankingDayAfter(nextBankingDay(date), nth - 1);
}

/**
 * The days on which the Federal Reserve Banks are closed, by their rules. A holiday on a Sunday is kept on
 * the Monday after it; on a Saturday it is not made up for.
 */
export function federalHolidays(year: number): Set<IsoDate> {
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

function observed(date: IsoDate): IsoDate {
  return weekdayOf(date) === sunday ? dateOf(atHour(date, 24)) : date;
}

function nthWeekday(year: number, month: number, weekday: number, nth: number): IsoDate {
  const firstMs = Date.UTC(year, month - 1, 1);
  const daysAhead = (weekday - weekdayOf(dateOf(firstMs)) + 7) % 7;
  return dateOf(firstMs + (daysAhead + (nth - 1) * 7) * dayMs);
}

function lastMonday(year: number, month: number): IsoDate {
  const lastMs = Date.UTC(year, month, 0);
  return dateOf(lastMs - ((weekdayOf(dateOf(lastMs)) - monday + 7) % 7) * dayMs);
}

function weekdayOf(date: IsoDate): number {
  return new Date(`${date}T00:00:00Z`).getUTCDay();
}
