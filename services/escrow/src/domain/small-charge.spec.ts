import { plusDays, plusHours, usd } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import { observe } from './funding.ts';
import type { RefundAttempt } from './refund-attempt.ts';
import {
  assertConfirmable,
  assertFewVerifications,
  confirmableUntil,
  judge,
  leastMinor,
  mostMinor,
  smallChargeJournal,
  smallRefundPaidJournal,
  smallRefundReturnedJournal,
  startSmallCharge,
  triesMax,
} from './small-charge.ts';

const now = new Date('2026-11-23T09:00:00.000Z');
const charged = [usd(51n), usd(187n)];

describe('P-2: what the two charges took is said', () => {
  test('in either order', () => {
    for (const said of [charged, charged.toReversed()]) {
      expect(judge(charged, said, 1)).toEqual({ status: 'verified', triesLeft: 1 });
    }
  });

  test.each([
    ['one is wrong', [51n, 188n]],
    ['both are the first', [51n, 51n]],
    ['both are the second', [187n, 187n]],
    ['only the sum is right', [52n, 186n]],
  ])('%s: it costs a try, and the last one the method', (_, said) => {
    const amounts = said.map(usd);
    expect(judge(charged, amounts, triesMax)).toEqual({ status: 'confirming', triesLeft: 2 });
    expect(judge(charged, amounts, 2)).toEqual({ status: 'confirming', triesLeft: 1 });
    expect(judge(charged, amounts, 1)).toEqual({ status: 'refused', triesLeft: 0 });
  });

  test('two charges may have taken the same', () => {
    expect(judge([usd(60n), usd(60n)], [usd(60n), usd(60n)], 3).status).toBe('verified');
    expect(judge([usd(60n), usd(60n)], [usd(60n), usd(61n)], 3).status).toBe('confirming');
  });

  test('at least what the provider charges, and hardly ever met by chance', () => {
    expect(leastMinor).toBe(50);
    const amounts = mostMinor - leastMinor + 1;
    expect((2 * triesMax) / amounts ** 2).toBeLessThan(1 / 3_000);
  });
});

describe('P-2: three cards of an account are verified at a time, or begun within a day', () => {
  const begun = (status: string, hoursAgo: number) => ({ status, addedAt: plusHours(now, -hoursAgo) });
  const one =
    (...more: ReturnType<typeof begun>[]) =>
    () =>
      assertFewVerifications(more, now);
  const refusal = expect.objectContaining({ code: 'billing_method.too_many_verifications' });

  test('what is under way counts as long as it is', () => {
    const [first, second] = [begun('verifying', 300), begun('confirming', 300)];
    expect(one(first, second)).not.toThrow();
    expect(one(first, second, begun('confirming', 200))).toThrow(refusal);
  });

  test.each(['verified', 'refused', 'removed'])('what is %s counts for 24 hours', (status) => {
    const others = [begun(status, 0), begun(status, 23)];
    expect(one(...others, begun(status, 23.99))).toThrow(refusal);
    expect(one(...others, begun(status, 24))).not.toThrow();
  });
});

describe('P-2: within 14 days of the second charge', () => {
  const confirmBy = confirmableUntil(now);
  const at =
    (instant: Date, status = 'confirming') =>
    () =>
      assertConfirmable({ status, confirmBy }, instant);

  test('an answer at the last instant is late', () => {
    expect(confirmBy).toEqual(plusDays(now, 14));
    expect(at(new Date(confirmBy.getTime() - 1))).not.toThrow();
    expect(at(confirmBy)).toThrow('billing_method.confirmation_over');
  });

  test.each(['verifying', 'verified', 'refused'])('%s waits for none', (status) => {
    expect(at(now, status)).toThrow('billing_method.not_confirming');
  });
});

test('P-2, E-26: a small charge takes the course of a charge whose payer is present', () => {
  const charge = startSmallCharge({ id: 'small-1', amount: usd(51n), now, payerMinutes: 15 });
  expect(charge).toMatchObject({
    status: 'waiting',
    step: 'create',
    unattended: false,
    expiresAt: expect.any(Date),
  });
  const paid = (receivedMinor: bigint) =>
    observe(
      charge,
      { kind: 'seen', intent: { id: 'pi_1', status: 'succeeded', receivedMinor, currency: 'usd' } },
      now,
    );
  expect(paid(51n).status).toBe('succeeded');
  expect(paid(52n).status).toBe('in_review');
});

test('P-2: what it took is owed at once, leaves the cash when it is paid back, and is owed again if it returns', () => {
  const owed = { account: 'E.refund.payable', amountMinor: -51n };
  const cash = { account: 'E.cash.trust:card', amountMinor: 51n };
  const attempt = { id: 'attempt-1', amount: usd(51n) } as RefundAttempt;
  const [charge, paid, returned] = [
    smallChargeJournal('small-1', { accountId: 'client-1', amount: usd(51n) }),
    smallRefundPaidJournal(attempt, 'client-1'),
    smallRefundReturnedJournal(attempt, 'client-1'),
  ];
  expect(charge).toMatchObject({ kind: 'small_charge', causeId: 'small-1', accountId: 'client-1' });
  expect(charge.lines).toEqual([cash, owed]);
  expect(paid).toMatchObject({ kind: 'refund_paid', causeId: 'attempt-1' });
  expect(paid.lines).toEqual([
    { ...owed, amountMinor: 51n },
    { ...cash, amountMinor: -51n },
  ]);
  expect(returned).toMatchObject({ kind: 'refund_returned', causeId: 'attempt-1' });
  expect(returned.lines).toEqual([cash, owed]);
});
