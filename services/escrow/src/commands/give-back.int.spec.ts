import { usd } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { describe, expect, test } from '@jest/globals';
import { http, linesOf, useEscrow } from '../testing/escrow.ts';

const escrow = useEscrow();

test('G-34.1, E-12: what is held goes back, decided at once and paid by the provider', async () => {
  const { agreementId, freelancerId, milestoneIds } = await escrow().funded({ prices: [40_000n] });
  const milestoneId = milestoneIds[0]!;
  const answer = await escrow().giveBack(freelancerId, milestoneId);
  expect(answer).toEqual({
    milestoneId,
    status: 'refunding',
    principal: { amountMinor: '40000', currency: 'USD' },
  });
  const [decided] = (await escrow().published(agreementId)).slice(-1);
  expect(decided).toMatchObject({
    type: 'escrow.refund.decided',
    milestoneId,
    principal: usd(40_000n),
    clientFee: usd(2_000n),
    amount: usd(42_000n),
    balance: usd(0n),
    cause: 'consent',
    attempt: 1,
    kind: 'card',
  });
  const [, refund] = await escrow().journals(agreementId);
  expect(linesOf(refund!)).toEqual({
    'E.escrow.milestone': 40_000n,
    'E.fee.client_held': 2_000n,
    'E.refund.payable': -42_000n,
  });
  await escrow().seeRefund(agreementId, 'succeeded');
  const [, , paid] = await escrow().journals(agreementId);
  expect(linesOf(paid!)).toEqual({ 'E.refund.payable': 42_000n, 'E.cash.trust:card': -42_000n });
  expect((await escrow().typesOf(agreementId)).slice(-2)).toEqual([
    'escrow.refund.paid',
    'escrow.milestone.refunded',
  ]);
  expect(await escrow().statusOf(milestoneId)).toBe('refunded');
});

test('the same call twice gives back once', async () => {
  const { agreementId, freelancerId, milestoneIds } = await escrow().funded();
  const message = http();
  const first = await escrow().giveBack(freelancerId, milestoneIds[0]!, message);
  expect(await escrow().giveBack(freelancerId, milestoneIds[0]!, message)).toEqual(first);
  expect(await escrow().rows('select from refunds where agreement_id = $1', [agreementId])).toHaveLength(1);
});

test('only the freelancer, and only what is held', async () => {
  const { clientId, freelancerId, milestoneIds } = await escrow().funded({ prices: [100_000n, 50_000n] });
  await expect(escrow().giveBack(`freelancer-${newId()}`, milestoneIds[0]!)).rejects.toMatchObject({
    code: 'milestone.unknown',
  });
  await expect(escrow().giveBack(freelancerId, milestoneIds[1]!)).rejects.toMatchObject({
    code: 'milestone.not_funded',
  });
  await escrow().release(clientId, milestoneIds[0]!);
  await expect(escrow().giveBack(freelancerId, milestoneIds[0]!)).rejects.toMatchObject({
    code: 'milestone.released',
  });
});

test('P-6: the initiation fee stays where the contract goes on, and the next milestone can be funded', async () => {
  const { agreementId, clientId, freelancerId, milestoneIds } = await escrow().funded({
    prices: [100_000n, 50_000n],
  });
  await escrow().giveBack(freelancerId, milestoneIds[0]!);
  const [agreement] = await escrow().rows('select initiation_fee from agreements where id = $1', [
    agreementId,
  ]);
  expect(agreement).toEqual({ initiation_fee: 'held' });
  expect(await escrow().fund(clientId, milestoneIds[1]!)).toMatchObject({ status: 'funding_pending' });
});

describe('I12: give back against release', () => {
  test('one of the two happens, whoever comes first', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { agreementId, clientId, freelancerId, milestoneIds } = await escrow().funded();
      const outcomes = await Promise.allSettled([
        escrow().giveBack(freelancerId, milestoneIds[0]!),
        escrow().release(clientId, milestoneIds[0]!),
      ]);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const types = await escrow().typesOf(agreementId);
      const left = types.filter((type) => /refund.decided|milestone.released/.test(type));
      expect(left).toHaveLength(1);
    }
  });
});
