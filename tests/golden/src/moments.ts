const DAY_MS = 86_400_000;
const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

const duration = /^P(?=\d|T\d)(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;
const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z$/;
const weekdayTime = new RegExp(`^(${weekdays.join('|')}) ([01]\\d|2[0-3]):([0-5]\\d)$`);

/**
 * Milliseconds of an ISO 8601 duration in weeks, days, hours, minutes and seconds; undefined for another
 * text.
 */
export function durationMs(text: string): number | undefined {
  const match = duration.exec(text);
  if (!match) return undefined;
  const [weeks, days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
  return (weeks! * 7 + days!) * DAY_MS + ((hours! * 60 + minutes!) * 60 + seconds!) * 1_000;
}

/**
 * The moment that `to` names: a weekday and time (the next one after `now`), a duration (counted from the
 * start of the case), or an instant; undefined for another text. All in UTC.
 */
export function momentOf(text: string, { start, now }: { start: Date; now: Date }): Date | undefined {
  const [, day, hours, minutes] = weekdayTime.exec(text) ?? [];
  if (day) return nextWeekday(now, weekdays.indexOf(day), { hours: Number(hours), minutes: Number(minutes) });
  const offsetMs = durationMs(text);
  if (offsetMs !== undefined) return new Date(start.getTime() + offsetMs);
  if (!instant.test(text) || Number.isNaN(Date.parse(text))) return undefined;
  return new Date(text);
}

/** The first such weekday and time after `now`. */
export function nextWeekday(now: Date, weekday: number, time: { hours: number; minutes: number }): Date {
  const candidate = new Date(now);
  candidate.setUTCHours(time.hours, time.minutes, 0, 0);
  candidate.setUTCDate(candidate.getUTCDate() + ((weekday - candidate.getUTCDay() + 7) % 7));
  return candidate > now ? candidate : new Date(candidate.getTime() + 7 * DAY_MS);
}
