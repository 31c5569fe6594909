/** Instants are UTC and half-open: an act is in time when its instant is before `dueAt` (section 0). */

const hourMs = 3_600_000;

/** "Day" = 24 hours from the instant (section 0). */
export const plusDays = (instant: Date, days: number): Date =>
  new Date(instant.getTime() + days * 24 * hourMs);
export const plusHours = (instant: Date, hours: number): Date => new Date(instant.getTime() + hours * hourMs);
export const plusMinutes = (instant: Date, minutes: number): Date =>
  new Date(instant.getTime() + minutes * 60_000);

export const later = (left: Date, right: Date): Date => (left >= right ? left : right);

/** An act at `dueAt` is late. */
export const isLate = (instant: Date, dueAt: Date): boolean => instant.getTime() >= dueAt.getTime();
