import { plusDays } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { expect, test } from '@jest/globals';
import { usePayouts } from '../testing/payouts.ts';

const payouts = usePayouts();
const usd = (amountMinor: bigint) => ({ amountMinor: String(amountMinor), currency: 'USD' });

test('B-1: a freelancer without money has four balances of nothing', async () => {
  const accountId = `freelancer-${newId()}`;
  expect(await payouts().balances(accountId)).toEqual({
    accountId,
    pending: usd(0n),
    available: usd(0n),
    held: usd(0n),
    in_transit: usd(0n),
    maturing: [],
  });
});

test('B-1: pending and available over all agreements, and what matures when, soonest first', async () => {
  const first = await payouts().agreement();
  const second = await payouts().agreement(undefined, first.freelancerId);
  const now = payouts().now();
  const late = payouts().released(second, { net: 27_000n, releasedAt: now });
  const early = payouts().released(first, { net: 63_000n, releasedAt: plusDays(now, -1) });
  const over = payouts().released(first, { net: 1n, releasedAt: plusDays(now, -5) });
  for (const released of [late, early, over]) await payouts().credit(released);
  await payouts().mature(over.transferId, now);
  expect(await payouts().balances(first.freelancerId)).toMatchObject({
    pending: usd(90_000n),
    available: usd(1n),
    maturing: [
      { transferId: early.transferId, amount: usd(63_000n), availableAt: plusDays(now, 4).toISOString() },
      { transferId: late.transferId, agreementId: second.agreementId, amount: usd(27_000n) },
    ],
  });
});

test('S-12: nobody sees the balance of another', async () => {
  const parties = await payouts().agreement();
  await payouts().credit(payouts().released(parties));
  expect(await payouts().balances(parties.clientId)).toMatchObject({ pending: usd(0n), maturing: [] });
});
