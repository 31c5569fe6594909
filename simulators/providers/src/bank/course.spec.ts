import { describe, expect, it } from '@jest/globals';
import { courseOf, effectiveDateOf, type Fate } from './course.ts';

const friday = '2026-11-20';
const accepted = { atMs: Date.parse(`${friday}T18:30:00Z`), effectiveDate: friday, amountMinor: 1500n };
const told = (fate: Fate) => {
  const { status, coming } = courseOf(fate, accepted);
  return [status, ...coming.map(({ atMs, to }) => `${new Date(atMs).toISOString().slice(0, 16)} ${to}`)];
};

describe('the course of an order', () => {
  it('completes at 15:00 UTC of the banking day after its effective date', () => {
    expect(told({ ends: 'completed' })).toEqual([
      'approved',
      '2026-11-20T19:30 processing',
      '2026-11-20T22:30 sent',
      '2026-11-23T15:00 completed',
    ]);
  });

  it.each([
    ['failed', ['approved', '2026-11-20T19:30 processing', '2026-11-20T22:30 failed']],
    ['cancelled', ['approved', '2026-11-20T19:30 cancelled']],
    ['denied', ['needs_approval', '2026-11-20T19:30 denied']],
  ] as const)('ends %s before it is paid', (ends, steps) => {
    expect(told({ ends })).toEqual(steps);
  });

  it('comes back where it would have completed, or days after it has', () => {
    const back = { ends: 'returned', code: 'R03', days: 60, amountMinor: null } as const;
    expect(told({ ...back, when: 'before-paid' }).slice(3)).toEqual(['2026-11-23T15:00 returned']);
    expect(told({ ...back, when: 'after-paid' }).slice(3)).toEqual([
      '2026-11-23T15:00 completed',
      '2027-01-22T15:00 returned',
    ]);
  });

  it('comes back whole, unless less was asked for', () => {
    const back = { ends: 'returned', when: 'after-paid', code: 'R23', days: 2 } as const;
    const returned = (amountMinor: bigint | null) =>
      courseOf({ ...back, amountMinor }, accepted).coming.at(-1)?.returns;
    expect(returned(null)).toEqual({ code: 'R23', amountMinor: 1500n });
    expect(returned(1400n)).toEqual({ code: 'R23', amountMinor: 1400n });
  });
});

describe('the effective date', () => {
  const now = Date.parse('2026-11-21T10:00:00Z'); // A Saturday.
  it.each([
    ['as asked', '2026-11-24', '2026-11-24'],
    ['none', undefined, '2026-11-23'],
    ['past: rolled to the next day on which the bank works', '2026-11-19', '2026-11-23'],
    ['today, though the bank is closed', '2026-11-21', '2026-11-21'],
  ])('%s', (_which, asked, effective) => {
    expect(effectiveDateOf(asked, now)).toBe(effective);
  });
});
