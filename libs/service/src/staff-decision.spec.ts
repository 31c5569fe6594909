import { plusHours, Rejection } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import { aloneMinorOf, type StaffProposal, stands, verdictOf } from './staff-decision.ts';

const now = new Date('2026-11-23T09:00:00.000Z');
const limitMinor = 100_000n;
const proposal: StaffProposal = {
  proposedBy: 'operator-1',
  amountMinor: 100_001n,
  lapsesAt: plusHours(now, 1),
};
const says = (by: string, amountMinor: bigint, standing?: StaffProposal, aloneMinor = 0n) =>
  verdictOf({ by, amountMinor }, standing, { aloneMinor, limitMinor });

describe('S-11: more than `staff.dual_control` needs two persons', () => {
  test('the limit itself needs one', () => {
    expect(says('operator-1', 100_000n)).toBe('alone');
    expect(says('operator-1', 100_001n)).toBe('proposed');
  });

  test('another person decides, the same one does not', () => {
    expect(says('operator-2', 100_001n, proposal)).toBe('approved');
    expect(() => says('operator-1', 100_001n, proposal)).toThrow(
      new Rejection('decision.second_person_needed'),
    );
  });

  test('what one has moved alone counts along, not what two have decided', () => {
    expect(says('operator-1', 10_000n, undefined, 90_000n)).toBe('alone');
    expect(says('operator-1', 10_001n, undefined, 90_000n)).toBe('proposed');
    expect(says('operator-2', 100_001n, proposal, 100_000n)).toBe('approved');
  });

  test('where the limit was raised meanwhile, whoever proposed it may decide', () => {
    expect(
      verdictOf({ by: 'operator-1', amountMinor: 100_001n }, proposal, {
        aloneMinor: 0n,
        limitMinor: 200_000n,
      }),
    ).toBe('alone');
  });
});

describe('S-11: a proposal', () => {
  test('stands for its amount alone, and until it lapses', () => {
    expect(stands(proposal, 100_001n, now)).toBe(true);
    expect(stands(proposal, 100_002n, now)).toBe(false);
    expect(stands(proposal, 100_001n, plusHours(now, 1))).toBe(false);
  });
});

describe('S-11: small steps', () => {
  test('count together for 24 hours, whatever the day', () => {
    const decided = [
      { amountMinor: 1n, decidedAt: plusHours(now, -24) },
      { amountMinor: 10n, decidedAt: new Date(plusHours(now, -24).getTime() + 1) },
      { amountMinor: 100n, decidedAt: now },
    ];
    expect(aloneMinorOf(decided, now)).toBe(110n);
  });
});
