import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isLate, later, plusDays, plusHours, plusMinutes } from './time.ts';

const at = (text: string): Date => new Date(text);

describe('instants (section 0)', () => {
  test('a day is 24 hours from the instant, whatever a local clock does', () => {
    expect(plusDays(at('2026-03-28T12:34:56.789Z'), 1)).toEqual(at('2026-03-29T12:34:56.789Z'));
    expect(plusDays(at('2024-02-28T00:00:00Z'), 14)).toEqual(at('2024-03-13T00:00:00Z'));
  });

  test('a day is 24 hours, and an hour is 60 minutes', () => {
    const instant = fc.date({
      min: at('2000-01-01T00:00:00Z'),
      max: at('2100-01-01T00:00:00Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(instant, fc.integer({ min: 0, max: 3_650 }), (start, days) => {
        expect(plusDays(start, days)).toEqual(plusHours(start, 24 * days));
        expect(plusHours(start, days)).toEqual(plusMinutes(start, 60 * days));
      }),
    );
  });

  test('an act at the due instant is late, one before it is in time', () => {
    const dueAt = at('2026-05-01T09:00:00.000Z');
    expect(isLate(at('2026-05-01T08:59:59.999Z'), dueAt)).toBe(false);
    expect(isLate(dueAt, dueAt)).toBe(true);
  });

  test('the later of two instants', () => {
    const [first, second] = [at('2026-05-01T09:00:00Z'), at('2026-05-02T09:00:00Z')];
    expect(later(first, second)).toBe(second);
    expect(later(second, first)).toBe(second);
  });
});
