import { WallClock } from '@holdfast/messaging';
import { beforeEach, expect, test } from '@jest/globals';
import { Pauses } from './work.ts';

class Standing extends WallClock {
  at = 0;
  override now(): Date {
    return new Date(this.at);
  }
}

let clock: Standing;
let pauses: Pauses;
beforeEach(() => {
  clock = new Standing();
  pauses = new Pauses(clock);
});

/** How long it rests, to the 10 ms. */
function restOf(id: string): number {
  const from = clock.at;
  while (pauses.resting(id)) clock.at += 10;
  return clock.at - from;
}

test('a pause that the provider asked for is kept to the millisecond', () => {
  pauses.rest('funding-1', 7_000);
  clock.at = 6_999;
  expect(pauses.resting('funding-1')).toBe(true);
  clock.at = 7_000;
  expect(pauses.resting('funding-1')).toBe(false);
  pauses.rest('funding-1', 0);
  expect(pauses.resting('funding-1')).toBe(false);
});

test('else it doubles from a second to half a minute, with jitter', () => {
  for (const fullMs of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
    pauses.rest('funding-1');
    const restedMs = restOf('funding-1');
    expect(restedMs).toBeGreaterThanOrEqual(fullMs / 2);
    expect(restedMs).toBeLessThanOrEqual(fullMs + 10);
  }
});

test('an answer ends the row of failures; others have pauses of their own', () => {
  for (let tries = 0; tries < 6; tries += 1) pauses.rest('funding-1');
  expect(pauses.resting('funding-2')).toBe(false);
  pauses.over('funding-1');
  expect(pauses.resting('funding-1')).toBe(false);
  pauses.rest('funding-1');
  expect(restOf('funding-1')).toBeLessThanOrEqual(1_010);
});
