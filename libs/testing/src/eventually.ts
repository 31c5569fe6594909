import { setTimeout as pause } from 'node:timers/promises';

/**
 * Waits until a condition holds, looking every 20 ms; never for a fixed time.
 * @throws Error with the last value seen when it does not hold in time
 */
export async function eventually<T>(
  read: () => T | Promise<T>,
  holds: (value: T) => boolean = Boolean,
  withinMs = 60_000,
): Promise<T> {
  const giveUpAt = performance.now() + withinMs;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (performance.now() > giveUpAt) {
      const seen = JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? `${item}n` : item));
      throw new Error(`not within ${withinMs} ms; last seen: ${seen}`);
    }
    await pause(20);
  }
}
