import { expect, test } from '@jest/globals';
import { useEscrow } from '../testing/escrow.ts';

const escrow = useEscrow();

/** A funding that the payer has begun, up to the bank's question. */
async function begun() {
  const agreed = await escrow().agreement({ withMethod: false });
  await escrow().verifiedMethod(agreed.clientId);
  const { fundingId } = await escrow().fund(agreed.clientId, agreed.milestoneIds[0]!);
  await escrow().see(fundingId, 'requires_confirmation');
  await escrow().see(fundingId, 'requires_action', { payerUrl: 'https://bank.example/3ds' });
  return { ...agreed, milestoneId: agreed.milestoneIds[0]!, fundingId, expiresAt: await expiryOf(fundingId) };
}
const rowOf = async (fundingId: string) =>
  (
    await escrow().rows('select status, step, ending, payer_url, expires_at from fundings where id = $1', [
      fundingId,
    ])
  )[0]!;
const expiryOf = async (fundingId: string) => (await rowOf(fundingId)).expires_at as Date;

test('E-26: when the payer’s time is over only the provider’s cancel frees the milestone', async () => {
  const { agreementId, milestoneId, fundingId, expiresAt } = await begun();
  expect(await rowOf(fundingId)).toMatchObject({
    status: 'awaiting_payer',
    payer_url: 'https://bank.example/3ds',
  });
  await escrow().expire(fundingId, expiresAt);
  await escrow().expire(fundingId, expiresAt);
  expect(await rowOf(fundingId)).toEqual({
    status: 'waiting',
    step: 'cancel',
    ending: 'expired',
    payer_url: null,
    expires_at: null,
  });
  expect(await escrow().statusOf(milestoneId)).toBe('funding_pending');
  await escrow().see(fundingId, 'canceled');
  expect(await escrow().statusOf(milestoneId)).toBe('agreed');
  expect((await escrow().published(agreementId)).at(-1)).toMatchObject({ reason: 'expired' });
});

test('E-26: the payer was faster than the cancel', async () => {
  const { milestoneId, fundingId, expiresAt } = await begun();
  await escrow().expire(fundingId, expiresAt);
  await escrow().see(fundingId, 'succeeded');
  expect(await escrow().statusOf(milestoneId)).toBe('funded');
});

test('what has succeeded does not expire: nothing is due for it any more', async () => {
  const { milestoneId, fundingId, expiresAt } = await begun();
  await escrow().see(fundingId, 'succeeded');
  await escrow().expire(fundingId, expiresAt);
  expect(await rowOf(fundingId)).toMatchObject({ status: 'succeeded', expires_at: null });
  expect(await escrow().statusOf(milestoneId)).toBe('funded');
});

test('expiry and success at once: the money is never lost', async () => {
  for (let round = 0; round < 5; round += 1) {
    const { milestoneId, fundingId, expiresAt } = await begun();
    await Promise.all([escrow().expire(fundingId, expiresAt), escrow().see(fundingId, 'succeeded')]);
    expect(await escrow().statusOf(milestoneId)).toBe('funded');
    expect(await rowOf(fundingId)).toMatchObject({ status: 'succeeded', ending: null, expires_at: null });
  }
});
