import { newId } from '@holdfast/messaging';
import { expect, test } from '@jest/globals';
import { useWithdrawals } from '../testing/withdrawals.ts';
import { MyWithdrawals } from './my-withdrawals.ts';

const payouts = useWithdrawals();
const usd = (amountMinor: bigint) => ({ amountMinor: String(amountMinor), currency: 'USD' });
// biome-ignore lint/suspicious/noExplicitAny: the answer is JSON.
const list = (accountId: string): Promise<any> => new MyWithdrawals(payouts().database.orm).list(accountId);

test('C-10: what was asked for, where it is, and what happens next and when', async () => {
  const { accountId, methodId } = await payouts().cleared();
  const { withdrawalId, cutOffAt, arrivesBy } = await payouts().request({ accountId, methodId });
  expect(await payouts().view(accountId, withdrawalId)).toEqual({
    withdrawalId,
    methodId,
    status: 'requested',
    amount: usd(50_000n),
    fee: usd(0n),
    sent: usd(50_000n),
    requestedAt: expect.any(String),
    cutOffAt,
    arrivesBy,
    next: { what: 'sent', who: 'nobody', at: cutOffAt },
    attempts: [],
  });
});

test('C-10: sent, it says when it arrives, and shows its attempts without their bytes', async () => {
  const { accountId, withdrawalId, key } = await payouts().calling();
  await payouts().see(key, 'submitted');
  const { status, next, arrivesBy, attempts } = await payouts().view(accountId, withdrawalId);
  expect({ status, next }).toEqual({ status: 'sent', next: { what: 'arrives', who: 'bank', at: arrivesBy } });
  expect(attempts).toEqual([{ attemptId: key, state: 'submitted', sent: usd(50_000n) }]);
});

test('unknown, it says that the bank is asked; failed and returned say why', async () => {
  const { accountId, withdrawalId, key } = await payouts().calling();
  await payouts().record(key, { kind: 'unknown' });
  expect((await payouts().view(accountId, withdrawalId)).next).toMatchObject({ who: 'bank' });
  await payouts().record(key, { kind: 'refused' });
  expect(await payouts().view(accountId, withdrawalId)).toMatchObject({
    status: 'failed',
    reason: 'refused',
    attempts: [{ state: 'failed', reason: 'refused' }],
  });
  const other = await payouts().calling();
  await payouts().see(other.key, 'paid');
  expect(await payouts().view(other.accountId, other.withdrawalId)).toMatchObject({
    status: 'paid',
    paidAt: expect.any(String),
  });
  await payouts().comesBack(other.key, 49_000n);
  const back = await payouts().view(other.accountId, other.withdrawalId);
  expect(back).toMatchObject({
    status: 'returned',
    reason: 'bad_details',
    returned: { amountBack: usd(49_000n), bankCharge: usd(1_000n), feeKept: true },
  });
  expect(back.next).toBeUndefined();
});

test('W-17: held, it says why in public words: a screening is "under review"', async () => {
  const who = await payouts().cleared();
  const { withdrawalId } = await payouts().request(who);
  await payouts().screen(who.methodId, 'blocked');
  await payouts().hold(who.accountId, 'safety');
  const held = await payouts().view(who.accountId, withdrawalId);
  expect(held).toMatchObject({
    status: 'held',
    heldBecause: ['under review', 'account on hold'],
    next: { who: 'operator' },
  });
  expect(JSON.stringify(held)).not.toMatch(/screening|blocked|safety/);
});

test('AD-16: nobody sees those of another', async () => {
  const { accountId, withdrawalId } = await payouts().calling();
  expect((await list(accountId)).withdrawals).toMatchObject([{ withdrawalId }]);
  const unknown = { code: 'withdrawal.unknown' };
  await expect(payouts().view('somebody-else', withdrawalId)).rejects.toMatchObject(unknown);
  await expect(payouts().view(accountId, newId())).rejects.toMatchObject(unknown);
  expect(await list('somebody-else')).toEqual({ withdrawals: [] });
});

test('the newest come first', async () => {
  const who = await payouts().cleared(2_000n);
  const first = await payouts().request(who, 1_000n);
  const second = await payouts().request(who, 600n);
  const ids = (await list(who.accountId)).withdrawals.map(
    (one: { withdrawalId: string }) => one.withdrawalId,
  );
  expect(ids).toEqual([second.withdrawalId, first.withdrawalId]);
});
