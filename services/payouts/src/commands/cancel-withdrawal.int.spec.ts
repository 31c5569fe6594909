import { NotYet, usd } from '@holdfast/domain';
import { expect, test } from '@jest/globals';
import { http } from '../testing/payouts.ts';
import { useWithdrawals } from '../testing/withdrawals.ts';

const payouts = useWithdrawals();
const rejection = (code: string) => expect.objectContaining({ code });

test('W-10: row, journal and fact are committed together, and the whole amount is back', async () => {
  const who = await payouts().cleared();
  const { withdrawalId } = await payouts().request(who);
  const message = http();
  const cancelled = { withdrawalId, status: 'cancelled' };
  expect(await payouts().cancel(who.accountId, withdrawalId, message)).toEqual(cancelled);
  expect(await payouts().cancel(who.accountId, withdrawalId, message)).toEqual(cancelled);
  expect(await payouts().row(withdrawalId)).toMatchObject({ status: 'cancelled', next_call_at: null });
  expect(await payouts().money(who.accountId)).toEqual({ available: 50_000n, inTransit: 0n });
  expect(await payouts().linesOf(who.accountId, 'withdrawal_cancelled')).toEqual([
    { 'P.freelancer.in_transit': 50_000n, 'P.freelancer.available': -50_000n },
  ]);
  expect(await payouts().told(who.accountId)).toEqual([
    { type: 'payouts.withdrawal.cancelled', accountId: who.accountId, withdrawalId, amount: usd(50_000n) },
  ]);
  await expect(payouts().cancel(who.accountId, withdrawalId)).rejects.toThrow(rejection('withdrawal.ended'));
});

test('W-10: also while it is held, and then nothing resumes it', async () => {
  const who = await payouts().cleared();
  const { withdrawalId } = await payouts().request(who);
  await payouts().hold(who.accountId, 'financial', { holdId: '0192f0c1-0000-7000-8000-000000000001' });
  expect(await payouts().statusOf(withdrawalId)).toBe('held');
  await payouts().cancel(who.accountId, withdrawalId);
  await payouts().reviewHolds(who.accountId);
  expect(await payouts().statusOf(withdrawalId)).toBe('cancelled');
});

test('W-10: not once its call has begun, or it was sent', async () => {
  const { accountId, withdrawalId, key } = await payouts().calling();
  const late = rejection('withdrawal.sent_already');
  await expect(payouts().cancel(accountId, withdrawalId)).rejects.toThrow(late);
  await payouts().see(key, 'submitted');
  await expect(payouts().cancel(accountId, withdrawalId)).rejects.toThrow(late);
});

test('W-10: while its call provably did not reach the bank; the attempt ends with it', async () => {
  const { accountId, withdrawalId, key } = await payouts().calling();
  await payouts().record(key, { kind: 'not_sent' });
  await payouts().cancel(accountId, withdrawalId);
  expect(await payouts().attempts(withdrawalId)).toMatchObject([
    { state: 'cancelled', failure: 'taken_back', calling_since: null },
  ]);
  expect(await payouts().start(withdrawalId)).toBeUndefined();
  expect(await payouts().typesOf(accountId)).toEqual(['withdrawal.cancelled']);
});

test('W-10, W-15: cancel and the beginning of the call at once: exactly one of them is', async () => {
  for (let round = 0; round < 8; round += 1) {
    const { accountId, withdrawalId } = await payouts().due();
    const [cancelled, started] = await Promise.allSettled([
      payouts().cancel(accountId, withdrawalId),
      payouts().start(withdrawalId),
    ]);
    const hasBegun = started.status === 'fulfilled' && started.value !== undefined;
    expect(hasBegun).toBe(cancelled.status === 'rejected');
    expect(await payouts().attempts(withdrawalId)).toHaveLength(hasBegun ? 1 : 0);
  }
});

test('AD-16: of somebody else it is unknown', async () => {
  const { withdrawalId } = await payouts().request(await payouts().cleared());
  await expect(payouts().cancel('somebody-else', withdrawalId)).rejects.toThrow(
    new NotYet('withdrawal.unknown'),
  );
});
