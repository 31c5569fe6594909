import { usd } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import { useEscrow } from '../testing/escrow.ts';

const escrow = useEscrow();

async function givenBack() {
  const agreed = await escrow().funded({ prices: [40_000n] });
  await escrow().giveBack(agreed.freelancerId, agreed.milestoneIds[0]!);
  return { ...agreed, milestoneId: agreed.milestoneIds[0]! };
}

const journalKinds = async (agreementId: string) =>
  (await escrow().journals(agreementId)).map(({ kind }) => kind);

test('E-23: the provider’s word twice is booked once', async () => {
  const { agreementId } = await givenBack();
  for (let times = 0; times < 3; times += 1) await escrow().seeRefund(agreementId, 'succeeded');
  expect(await journalKinds(agreementId)).toEqual(['fund', 'refund', 'refund_paid']);
});

test('F83: it came back after it had arrived: the money is owed again, once', async () => {
  const { agreementId, milestoneId } = await givenBack();
  await escrow().seeRefund(agreementId, 'succeeded');
  for (let times = 0; times < 2; times += 1) await escrow().seeRefund(agreementId, 'failed');
  await escrow().seeRefund(agreementId, 'succeeded');
  expect(await journalKinds(agreementId)).toEqual(['fund', 'refund', 'refund_paid', 'refund_returned']);
  expect(await escrow().statusOf(milestoneId)).toBe('refund_failed');
  const [refund] = await escrow().rows('select status, failure from refunds where agreement_id = $1', [
    agreementId,
  ]);
  expect(refund).toEqual({ status: 'refund_failed', failure: 'failed' });
});

test('F47: another amount is not booked, a person looks', async () => {
  const { agreementId } = await givenBack();
  await escrow().seeRefund(agreementId, 'succeeded', { amountMinor: 1n });
  expect(await escrow().refundAttemptOf(agreementId)).toMatchObject({ status: 'in_review' });
  expect(await journalKinds(agreementId)).toEqual(['fund', 'refund']);
});

describe('a refusal', () => {
  test('leaves the money owed', async () => {
    const { agreementId, milestoneId } = await givenBack();
    const { id } = await escrow().refundAttemptOf(agreementId);
    await escrow().observeRefund(String(id), { kind: 'refused', failure: 'refused' });
    expect(await journalKinds(agreementId)).toEqual(['fund', 'refund']);
    expect(await escrow().statusOf(milestoneId)).toBe('refund_failed');
    expect((await escrow().published(agreementId)).at(-1)).toMatchObject({
      type: 'escrow.refund.failed',
      reason: 'refused',
    });
  });
});

test('M-23: what is to be paid back from the card provider is not settled to the bank besides', async () => {
  const before = await escrow().rows('select under_way_minor from card_cash');
  await givenBack();
  const [after] = await escrow().rows('select under_way_minor from card_cash');
  expect(after!.under_way_minor).toBe((before[0]!.under_way_minor as bigint) + 42_000n);
});

test('E-21, E-23: of two charges, the milestone is refunded with the last of its refunds', async () => {
  const agreed = await escrow().funded({ prices: [1_000n, 2_000n] });
  const [first, second] = agreed.milestoneIds as [string, string];
  await escrow().release(agreed.clientId, first, { amountMinor: 500n });
  const { fundingId } = await escrow().fund(agreed.clientId, second);
  await escrow().charge(fundingId);
  await escrow().giveBack(agreed.freelancerId, second);
  const refunds = await escrow().rows('select id from refunds where milestone_id = $1 order by id', [second]);
  expect(refunds).toHaveLength(2);
  await escrow().seeRefund(String(refunds[0]!.id), 'succeeded');
  expect(await escrow().statusOf(second)).toBe('refunding');
  await escrow().seeRefund(String(refunds[1]!.id), 'succeeded');
  expect(await escrow().statusOf(second)).toBe('refunded');
  expect((await escrow().published(agreed.agreementId)).at(-1)).toMatchObject({
    type: 'escrow.milestone.refunded',
    amount: usd(2_100n),
  });
});
