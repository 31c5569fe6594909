import { plusDays, usd } from '@holdfast/domain';
import { describe, expect, jest, test } from '@jest/globals';
import { Endings } from '../testing/endings.ts';
import { event, linesOf, useEscrow } from '../testing/escrow.ts';

jest.setTimeout(30_000);

const escrow = useEscrow();
const endings = () => new Endings(escrow());
const last = async (agreementId: string) => (await escrow().published(agreementId)).at(-1);

describe('E-17: the freelancer ends the contract', () => {
  test('what is not under review goes back, with the initiation fee where nothing was released', async () => {
    const { agreementId, milestoneIds } = await escrow().funded({ prices: [40_000n] });
    await endings().requestEnd(agreementId, 'freelancer');
    expect((await escrow().published(agreementId)).at(-2)).toMatchObject({
      type: 'escrow.refund.decided',
      cause: 'freelancer_ended',
      amount: usd(42_499n),
    });
    await escrow().seeRefund(agreementId, 'succeeded');
    expect(await escrow().statusOf(milestoneIds[0]!)).toBe('refunded');
    expect(await last(agreementId)).toMatchObject({ type: 'escrow.contract.cleared' });
  });

  test('a milestone under review runs on, and its release clears the contract', async () => {
    const { agreementId, milestoneIds, dueAt } = await escrow().submitted();
    await endings().requestEnd(agreementId, 'freelancer');
    expect(await last(agreementId)).toMatchObject({
      type: 'escrow.contract.clearing_refused',
      balance: usd(100_000n),
      openItems: [{ kind: 'milestone', id: milestoneIds[0] }],
    });
    await escrow().silence(milestoneIds[0]!, dueAt);
    expect((await escrow().typesOf(agreementId)).slice(-2)).toEqual([
      'escrow.milestone.released',
      'escrow.contract.cleared',
    ]);
  });

  test('under review and waived by name, it goes back', async () => {
    const { agreementId, milestoneIds } = await escrow().submitted();
    await endings().requestEnd(agreementId, 'freelancer', { waivedMilestoneIds: milestoneIds });
    expect(await escrow().statusOf(milestoneIds[0]!)).toBe('refunding');
    expect(await last(agreementId)).toMatchObject({ balance: usd(0n), openItems: [{ kind: 'refund' }] });
  });

  test('M-20: waived when the review was over, it is released by silence and does not go back', async () => {
    const { agreementId, milestoneIds, dueAt } = await escrow().submitted();
    await endings().requestEnd(agreementId, 'freelancer', {
      waivedMilestoneIds: milestoneIds,
      requestedAt: dueAt,
    });
    expect(await last(agreementId)).toMatchObject({
      type: 'escrow.contract.clearing_refused',
      balance: usd(100_000n),
    });
    await escrow().silence(milestoneIds[0]!, dueAt);
    expect(await escrow().statusOf(milestoneIds[0]!)).toBe('released');
  });

  test('E-22: frozen money stays where it is', async () => {
    const { agreementId, clientId, milestoneIds } = await escrow().funded();
    await escrow().hold(clientId);
    await endings().requestEnd(agreementId, 'freelancer');
    expect(await escrow().statusOf(milestoneIds[0]!)).toBe('funded');
    expect(await last(agreementId)).toMatchObject({ type: 'escrow.contract.clearing_refused' });
  });
});

describe('A-16, A-19: the client ends the contract', () => {
  test('with money left escrow refuses, and the client ends by naming amounts', async () => {
    const agreed = await escrow().funded();
    const { agreementId, milestoneIds } = agreed;
    await endings().requestEnd(agreementId, 'client');
    expect(await last(agreementId)).toMatchObject({
      type: 'escrow.contract.clearing_refused',
      balance: usd(100_000n),
    });
    expect(await escrow().statusOf(milestoneIds[0]!)).toBe('funded');
    await endings().end(agreed, { [milestoneIds[0]!]: 100_000n });
    expect(await last(agreementId)).toMatchObject({ type: 'escrow.contract.cleared' });
  });

  test('with nothing left it is cleared at once, and asked again the answer is the same', async () => {
    const { agreementId, clientId, milestoneIds } = await escrow().funded();
    await escrow().release(clientId, milestoneIds[0]!);
    await endings().requestEnd(agreementId, 'client');
    const cleared = await last(agreementId);
    expect(cleared).toMatchObject({ type: 'escrow.contract.cleared' });
    await endings().requestEnd(agreementId, 'freelancer');
    expect(await last(agreementId)).toEqual(cleared);
  });

  test('the same message twice answers once', async () => {
    const { agreementId } = await escrow().agreement({ withMethod: false });
    const same = { message: event(), requestedAt: escrow().now() };
    for (let times = 0; times < 2; times += 1) await endings().requestEnd(agreementId, 'client', same);
    const types = await escrow().typesOf(agreementId);
    expect(types.filter((type) => type === 'escrow.contract.cleared')).toHaveLength(1);
  });

  test('a charge that runs keeps it open until it has failed', async () => {
    const { agreementId, milestoneIds } = await escrow().agreement();
    const fundingId = await escrow().fundingOf(milestoneIds[0]!);
    await endings().requestEnd(agreementId, 'client');
    expect(await last(agreementId)).toMatchObject({
      type: 'escrow.contract.clearing_refused',
      openItems: [{ kind: 'funding', id: fundingId }],
    });
    await escrow().see(fundingId, 'requires_confirmation');
    await escrow().see(fundingId, 'canceled');
    expect(await last(agreementId)).toMatchObject({ type: 'escrow.contract.cleared' });
  });
});

test('P-6: its milestone was given back before; when the contract ends the initiation fee follows alone', async () => {
  const { agreementId, freelancerId, milestoneIds } = await escrow().funded({ prices: [40_000n] });
  await escrow().giveBack(freelancerId, milestoneIds[0]!);
  await escrow().seeRefund(agreementId, 'succeeded');
  await endings().requestEnd(agreementId, 'client');
  expect((await escrow().published(agreementId)).slice(-2)).toMatchObject([
    { type: 'escrow.refund.decided', amount: usd(499n) },
    { type: 'escrow.contract.clearing_refused', openItems: [{ kind: 'refund' }] },
  ]);
  const refund = (await escrow().journals(agreementId)).at(-1)!;
  expect(linesOf(refund)).toEqual({ 'E.fee.initiation_held': 499n, 'E.refund.payable': -499n });
  expect(await escrow().typesOf(agreementId)).not.toContain('escrow.contract.cleared');
  await escrow().seeRefund(agreementId, 'succeeded');
  expect(await last(agreementId)).toMatchObject({ type: 'escrow.contract.cleared' });
});

test('M-15: with nothing held and a refund under way the end is answered at once, and cleared with the refund', async () => {
  const { agreementId } = await escrow().funded();
  await endings().requestEnd(agreementId, 'freelancer');
  const { refund_id: id } = await escrow().refundAttemptOf(agreementId);
  expect(await last(agreementId)).toEqual({
    ...{ type: 'escrow.contract.clearing_refused', agreementId, balance: usd(0n) },
    openItems: [{ kind: 'refund', id }],
  });
  await escrow().seeRefund(agreementId, 'succeeded');
  expect(await last(agreementId)).toMatchObject({ type: 'escrow.contract.cleared' });
});

test('F83: a refund that fails keeps the contract open', async () => {
  const { agreementId } = await escrow().funded();
  await endings().requestEnd(agreementId, 'freelancer');
  await escrow().seeRefund(agreementId, 'failed');
  expect(await last(agreementId)).toMatchObject({ type: 'escrow.refund.failed' });
  await endings().noteEnded(agreementId, plusDays(escrow().now(), 1));
  expect(await endings().agreementRow(agreementId)).toMatchObject({ cleared_at: null });
});
