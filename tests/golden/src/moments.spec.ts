import { describe, expect, it } from '@jest/globals';
import { durationMs, momentOf } from './moments.ts';

const hour = 3_600_000;
const times = { start: new Date('2026-11-30T09:00:00Z'), now: new Date('2026-12-02T10:00:00Z') };
const moment = (text: string) => momentOf(text, times)?.toISOString();

describe('durations', () => {
  it.each([
    ['PT120H', 120 * hour],
    ['P14D', 14 * 24 * hour],
    ['P1W', 7 * 24 * hour],
    ['P1DT2H3M4S', 26 * hour + 184_000],
  ])('%s', (text, expected) => {
    expect(durationMs(text)).toBe(expected);
  });

  it.each(['', 'P', 'PT', 'P1DT', '5 days', 'P-1D', 'P1M'])('"%s" is none', (text) => {
    expect(durationMs(text)).toBeUndefined();
  });
});

describe('moments of `to`', () => {
  it('are the next such weekday and time', () => {
    expect(moment('Saturday 00:00')).toBe('2026-12-05T00:00:00.000Z');
    expect(moment('Wednesday 09:59')).toBe('2026-12-09T09:59:00.000Z');
    expect(moment('Wednesday 10:01')).toBe('2026-12-02T10:01:00.000Z');
  });

  it('are durations since the start, or instants', () => {
    expect(moment('P14D')).toBe('2026-12-14T09:00:00.000Z');
    expect(moment('2026-12-24T18:00:00Z')).toBe('2026-12-24T18:00:00.000Z');
  });

  it.each(['Caturday 00:00', 'Saturday 24:00', 'Saturday', '2026-12-24', '2026-13-24T18:00:00Z'])(
    '"%s" is none',
    (text) => {
      expect(moment(text)).toBeUndefined();
    },
  );
});
