import { describe, expect, test } from '@jest/globals';
import { useSending } from '../testing/sending.ts';

const sending = useSending();
const once = ['payout 50000'];

describe('W-13, W-16: what the bank makes of it', () => {
  const to = (digit: number, unique: number) => ({ accountNumber: `9000${unique}${digit}` });

  test('failed once: a second attempt at the next cut-off, under a new key, is paid', async () => {
    const { accountId, withdrawalId, key } = await sending.due(50_000n, to(1, 1001));
    await sending.passHours(24 * 10);
    expect(await sending.payouts.statusOf(withdrawalId)).toBe('paid');
    expect(await sending.moved(key)).toEqual(['payout 50000', 'payout_failed 50000']);
    expect(await sending.moved(key.replace(/1$/, '2'))).toEqual(once);
    expect(await sending.payouts.typesOf(accountId)).toEqual([
      'withdrawal.sent',
      'withdrawal.resumed',
      'withdrawal.sent',
      'withdrawal.paid',
    ]);
  }, 60_000);

  test.each([
    [2, 'provider_failed', 2],
    [3, 'denied', 1],
    [7, 'cancelled_by_provider', 1],
  ])(
    '…%i: %s, after %i attempts the money is back',
    async (digit, reason, attempts) => {
      const { accountId, withdrawalId } = await sending.due(50_000n, to(digit, 1002));
      await sending.passHours(24 * 8);
      expect(await sending.payouts.row(withdrawalId)).toMatchObject({ status: 'failed', reason });
      expect(await sending.payouts.attempts(withdrawalId)).toHaveLength(attempts);
      expect(await sending.payouts.money(accountId)).toEqual({ available: 50_000n, inTransit: 0n });
    },
    60_000,
  );

  test.each([
    [4, false, 'bad_details', 'disabled'],
    [5, true, 'bad_details', 'disabled'],
    [6, true, 'refused_by_receiver', 'active'],
  ])(
    'fault 14: …%i comes back, after paid: %s, for %s',
    async (digit, afterPaid, reason, method) => {
      const { accountId, methodId, withdrawalId, key } = await sending.due(50_000n, to(digit, 1003));
      await sending.passHours(24 * 9);
      expect(await sending.payouts.row(withdrawalId)).toMatchObject({ status: 'returned', reason });
      const facts = await sending.payouts.told(accountId);
      expect(facts.find(({ type }) => type === 'payouts.withdrawal.returned')).toMatchObject({ afterPaid });
      expect(await sending.moved(key)).toEqual(['payout 50000', 'payout_returned 50000']);
      expect(await sending.payouts.money(accountId)).toEqual({ available: 50_000n, inTransit: 0n });
      expect(await sending.payouts.methodRow(methodId)).toMatchObject({ status: method });
      expect(await sending.payouts.transfers(withdrawalId)).toHaveLength(afterPaid ? 2 : 0);
    },
    60_000,
  );

  test('F54, fault 14: 60 days after it was paid, when nobody asks any more, the notice tells', async () => {
    await sending.provider.fault('payout.ach', 'return', { when: 'after-paid', reason: 'R23', days: 60 });
    const { withdrawalId, key } = await sending.due();
    await sending.passHours(24 * 20);
    expect(await sending.payouts.row(withdrawalId)).toMatchObject({ status: 'paid', next_call_at: null });
    await sending.passHours(24 * 50);
    expect(await sending.payouts.statusOf(withdrawalId)).toBe('returned');
    expect(await sending.moved(key)).toEqual(['payout 50000', 'payout_returned 50000']);
  }, 90_000);

  test('fault 30: less comes back than was sent', async () => {
    const params = { when: 'before-paid', reason: 'R03', amountMinor: 47_500 };
    await sending.provider.fault('payout.ach', 'return', params);
    const { accountId, withdrawalId } = await sending.due();
    await sending.passHours(24 * 6);
    expect(await sending.payouts.row(withdrawalId)).toMatchObject({
      status: 'returned',
      back_minor: 47_500n,
    });
    expect(await sending.payouts.money(accountId)).toEqual({ available: 47_500n, inTransit: 0n });
    expect(await sending.payouts.transfers(withdrawalId)).toMatchObject([{ amount_minor: 2_500n }]);
  }, 60_000);
});
