import { plusDays, usd } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Balance, least, pendingMinorOf, takeFromBalance } from './balance.ts';
import { type Debt, settleDebts } from './debt.ts';
import { heldMinorOf, holdFunds, takeFromHold } from './fund-hold.ts';

const monday = new Date('2026-11-23T09:00:00.000Z');
const pending = (id: string, pendingMinor: bigint, days: number) => {
  return { id, pendingMinor, maturesAt: plusDays(monday, days) };
};
const order = {
  holdId: 'hold-1',
  agreementId: 'agreement',
  accountId: 'F1',
  cause: 'chargeback',
  causeId: 'chargeback-1',
} as const;

describe('B-5: what is taken from a balance', () => {
  const balance: Balance = { pending: [pending('a', 300n, 1), pending('b', 200n, 3)], availableMinor: 400n };

  test.each([
    [150n, [['b', 150n]], 0n, 0n],
    [
      500n,
      [
        ['b', 200n],
        ['a', 300n],
      ],
      0n,
      0n,
    ],
    [
      700n,
      [
        ['b', 200n],
        ['a', 300n],
      ],
      200n,
      0n,
    ],
    [
      1_000n,
      [
        ['b', 200n],
        ['a', 300n],
      ],
      400n,
      100n,
    ],
  ] as const)(
    '%s cents: pending before available, the last to mature first',
    (amount, parts, available, missing) => {
      expect(takeFromBalance(balance, amount)).toEqual({
        fromPending: parts.map(([creditId, amountMinor]) => ({ creditId, amountMinor })),
        fromAvailableMinor: available,
        missingMinor: missing,
      });
    },
  );

  const minor = fc.bigInt({ min: 0n, max: 1_000n });
  const balances = fc.record({
    pending: fc
      .array(minor, { maxLength: 5 })
      .map((all) => all.map((left, day) => pending(`c${day}`, left, day))),
    availableMinor: minor,
  });

  test('M-7: never more than is there, and what is missing adds up', () => {
    fc.assert(
      fc.property(balances, minor, (some, amount) => {
        const taken = takeFromBalance(some, amount);
        for (const { creditId, amountMinor } of taken.fromPending) {
          expect(amountMinor).toBeLessThanOrEqual(
            some.pending.find(({ id }) => id === creditId)!.pendingMinor,
          );
        }
        expect(taken.fromAvailableMinor).toBeLessThanOrEqual(some.availableMinor);
        expect(pendingMinorOf(taken) + taken.fromAvailableMinor + taken.missingMinor).toBe(amount);
        const all = some.pending.reduce((sum, { pendingMinor }) => sum + pendingMinor, some.availableMinor);
        expect(taken.missingMinor).toBe(amount > all ? amount - all : 0n);
      }),
    );
  });

  test('what is taken out of a hold and what is free again are the hold', () => {
    fc.assert(
      fc.property(balances, minor, minor, (some, wanted, lost) => {
        const hold = holdFunds({ ...order, amount: usd(wanted) }, some);
        const { takenMinor, rest } = takeFromHold(hold, lost);
        expect(takenMinor + heldMinorOf(rest)).toBe(heldMinorOf(hold));
        expect(takenMinor).toBe(least(lost, heldMinorOf(hold)));
      }),
    );
  });
});

describe('B-6: debts', () => {
  const debt = (id: string, leftMinor: bigint, days: number): Debt => {
    return { id, accountId: 'F1', openedAt: plusDays(monday, days), left: usd(leftMinor) };
  };

  test('the oldest is paid first, and what is left of the last one stays', () => {
    const { settled, restMinor } = settleDebts([debt('new', 300n, 2), debt('old', 200n, 1)], 450n);
    expect(settled).toMatchObject([
      { debtId: 'old', amount: usd(200n), left: usd(0n) },
      { debtId: 'new', amount: usd(250n), left: usd(50n) },
    ]);
    expect(restMinor).toBe(0n);
  });

  test('what no debt takes is the freelancer’s', () => {
    expect(settleDebts([debt('only', 5_000n, 1)], 9_000n)).toMatchObject({ restMinor: 4_000n });
    expect(settleDebts([], 9_000n)).toEqual({ settled: [], restMinor: 9_000n });
  });
});
