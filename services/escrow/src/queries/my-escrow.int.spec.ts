import { usd } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { expect, test } from '@jest/globals';
import { useDisputes } from '../testing/chargebacks.ts';
import { Endings } from '../testing/endings.ts';
import { MyEscrow } from './my-escrow.ts';

const escrow = useDisputes();
const encoded = (amountMinor: bigint) => ({
  amountMinor: String(usd(amountMinor).amountMinor),
  currency: 'USD',
});
const of = (accountId: string) => new MyEscrow(escrow().database.pool).of(accountId);

test('B-1: a freelancer for whom nothing is held', async () => {
  const accountId = `freelancer-${newId()}`;
  const nothing = encoded(0n);
  expect(await of(accountId)).toEqual({
    ...{ accountId, inProgress: nothing, inReview: nothing, askedBack: nothing },
  });
});

test('B-1: funded is in progress, submitted in review, until it is released or asked back', async () => {
  const agreed = await escrow().funded({ prices: [40_000n] });
  const { freelancerId, clientId, milestoneIds } = agreed;
  const [milestoneId] = milestoneIds as [string];
  expect(await of(freelancerId)).toMatchObject({ inProgress: encoded(40_000n), inReview: encoded(0n) });
  await escrow().submit(milestoneId, newId());
  expect(await of(freelancerId)).toMatchObject({ inProgress: encoded(0n), inReview: encoded(40_000n) });
  await escrow().release(clientId, milestoneId, { amountMinor: 15_000n });
  expect(await of(freelancerId)).toMatchObject({ inProgress: encoded(25_000n), inReview: encoded(0n) });
  await new Endings(escrow()).end(agreed, { [milestoneId]: 5_000n });
  expect(await of(freelancerId)).toMatchObject({ inProgress: encoded(0n), askedBack: encoded(20_000n) });
});

test('B-1, E-22: over all agreements, frozen money with its milestone; of nobody else', async () => {
  const one = await escrow().funded({ prices: [10_000n] });
  const { freelancerId } = one;
  const other = await escrow().funded({ prices: [6_000n] });
  await escrow().rows('update agreements set freelancer_id = $1 where id = $2', [
    freelancerId,
    other.agreementId,
  ]);
  const fundingId = await escrow().fundingOf(one.milestoneIds[0]!);
  await escrow().look(fundingId, await escrow().dispute(fundingId));
  expect(await of(freelancerId)).toMatchObject({ inProgress: encoded(16_000n) });
  for (const accountId of [other.freelancerId, one.clientId])
    expect(await of(accountId)).toMatchObject({ inProgress: encoded(0n) });
});
