import { expect, test } from '@jest/globals';
import { useWithdrawals } from '../testing/withdrawals.ts';
import { payoutsMovements } from './movements.ts';

const payouts = useWithdrawals();

/** What is told of an attempt: kind, amount, state, and whether a transfer joins it. */
async function told(key: string): Promise<unknown[]> {
  const [source] = payoutsMovements;
  const rows = await payouts().rows(
    `select * from (${source!.text}) as m where reference = $1 order by kind`,
    [key],
  );
  for (const { provider, currency, cause_id } of rows) {
    expect({ provider, currency, cause_id }).toEqual({ provider: 'bank', currency: 'USD', cause_id: null });
  }
  return rows.map(({ kind, amount_minor, state, transfer_id }) => [
    kind,
    BigInt(String(amount_minor)),
    state,
    transfer_id,
  ]);
}
const transfer = async (withdrawalId: string, kind: string) =>
  (await payouts().transfers(withdrawalId)).find((one) => one.kind === kind)!.id;

test('M-3: what may be with the bank is open, until it is paid', async () => {
  const { withdrawalId, key } = await payouts().calling();
  const open = [['payout', -50_000n, 'open', null]];
  expect(await told(key)).toEqual(open);
  await payouts().record(key, { kind: 'unknown' });
  expect(await told(key)).toEqual(open);
  await payouts().see(key, 'processing');
  expect(await told(key)).toEqual(open);
  await payouts().see(key, 'paid');
  const paid = await transfer(withdrawalId, 'withdrawal_paid');
  expect(await told(key)).toEqual([['payout', -50_000n, 'booked', paid]]);
});

test('M-3: what ended unpaid moved nothing', async () => {
  for (const state of ['failed', 'denied', 'cancelled'] as const) {
    const { key } = await payouts().calling();
    await payouts().see(key, state);
    expect(await told(key)).toEqual([['payout', 0n, 'booked', null]]);
  }
});

test('M-3: what came back after it was paid is there twice, each with its transfer', async () => {
  const { withdrawalId, key } = await payouts().calling();
  await payouts().see(key, 'paid');
  await payouts().comesBack(key, 49_000n);
  expect(await told(key)).toEqual([
    ['payout', -50_000n, 'booked', await transfer(withdrawalId, 'withdrawal_paid')],
    ['payout_returned', 49_000n, 'booked', await transfer(withdrawalId, 'withdrawal_returned')],
  ]);
});

test('M-3: before it was paid only what the bank kept joins the cash', async () => {
  const whole = await payouts().calling();
  await payouts().comesBack(whole.key, 50_000n);
  expect(await told(whole.key)).toEqual([
    ['payout', -50_000n, 'booked', null],
    ['payout_returned', 50_000n, 'booked', null],
  ]);
  for (const reason of ['bad_details', 'other'] as const) {
    const { accountId, key } = await payouts().calling();
    await payouts().comesBack(key, 49_000n, reason);
    const returned = (await payouts().told(accountId)).find(
      ({ type }) => type === 'payouts.withdrawal.returned',
    ) as { transferId: string };
    expect((await told(key))[1]).toEqual(['payout_returned', 49_000n, 'booked', returned.transferId]);
  }
});
