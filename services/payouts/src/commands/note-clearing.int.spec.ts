import { NotYet, usd } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { expect, test } from '@jest/globals';
import { useWithdrawals } from '../testing/withdrawals.ts';

const payouts = useWithdrawals();

async function paid() {
  const { accountId, withdrawalId, key } = await payouts().calling();
  await payouts().see(key, 'paid');
  const [transfer] = await payouts().transfers(withdrawalId);
  return { accountId, withdrawalId, transferId: String(transfer!.id) };
}

test('M-22: escrow’s answer matches the transfer; once more changes nothing', async () => {
  const { accountId, withdrawalId, transferId } = await paid();
  const answer = { accountId, transferId, amount: usd(50_000n), kind: 'withdrawal_paid' } as const;
  await payouts().applied(answer);
  await payouts().applied(answer);
  expect(await payouts().transfers(withdrawalId)).toMatchObject([{ status: 'applied' }]);
});

test.each([
  ['amount', { amount: usd(49_999n) }],
  ['kind', { kind: 'withdrawal_returned' as const }],
  ['account', { accountId: 'somebody-else' }],
])('M-2: an answer with another %s is refused aloud, and the transfer stays unanswered', async (_, more) => {
  const { accountId, withdrawalId, transferId } = await paid();
  const answer = { accountId, transferId, amount: usd(50_000n), kind: 'withdrawal_paid', ...more } as const;
  await expect(payouts().applied(answer)).rejects.toMatchObject({ code: 'transfer.mismatch' });
  expect(await payouts().transfers(withdrawalId)).toMatchObject([{ status: 'sent' }]);
});

test('M-8: an answer to a transfer that is not known waits', async () => {
  const answer = { accountId: 'a', transferId: newId(), amount: usd(1n), kind: 'withdrawal_paid' } as const;
  await expect(payouts().applied(answer)).rejects.toThrow(new NotYet('transfer.unknown'));
});
