import { plusDays, usd } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { describe, expect, jest, test } from '@jest/globals';
import { Draws } from '../testing/draws.ts';
import { Endings } from '../testing/endings.ts';
import { event, http, linesOf, useEscrow } from '../testing/escrow.ts';

jest.setTimeout(30_000);

const escrow = useEscrow();
const draws = () => new Draws(escrow());
const endings = () => new Endings(escrow());
const refundsOf = (agreementId: string) =>
  escrow().rows('select * from refunds where agreement_id = $1 order by id', [agreementId]);
const lotsOf = (milestoneId: string) =>
  escrow().rows('select * from lots where milestone_id = $1 order by id', [milestoneId]);

test('G-19.2, E-25: payouts is asked first; on its word the refund is decided, and its transfer answered', async () => {
  const paid = await draws().released(20_000n);
  const { agreementId, freelancerId, milestoneId } = paid;
  const before = (await escrow().journals(agreementId)).length;
  const answer = await draws().ask(freelancerId, milestoneId);
  const { transferId } = answer;
  const refundId = answer.refunds[0]!.refundId;
  expect(answer).toEqual({
    milestoneId,
    status: 'drawing',
    transferId,
    refunds: [{ refundId, amount: { amountMinor: '21000', currency: 'USD' } }],
    net: { amountMinor: '18000', currency: 'USD' },
  });
  expect((await escrow().published(agreementId)).at(-1)).toEqual({
    type: 'escrow.refund.drawn_on_balance',
    agreementId,
    refundId,
    accountId: freelancerId,
    net: usd(18_000n),
    transferId,
    debtAllowed: false,
  });
  expect(await escrow().journals(agreementId)).toHaveLength(before);
  await draws().taken(paid, answer);
  const [decided, applied] = (await escrow().published(agreementId)).slice(-2);
  expect(decided).toMatchObject({
    type: 'escrow.refund.decided',
    refundId,
    milestoneId,
    principal: usd(20_000n),
    clientFee: usd(1_000n),
    amount: usd(21_000n),
    cause: 'after_release',
    attempt: 1,
  });
  expect(applied).toEqual({
    type: 'escrow.clearing.applied',
    agreementId,
    accountId: freelancerId,
    transferId,
    amount: usd(18_000n),
    kind: 'refund_taken',
  });
  const journal = (await escrow().journals(agreementId)).at(-1)!;
  expect(linesOf(journal)).toEqual({
    'E.clearing.payouts': 18_000n,
    'E.revenue.freelancer_fee': 2_000n,
    'E.revenue.client_fee': 1_000n,
    'E.refund.payable': -21_000n,
  });
  expect(journal).toMatchObject({ transferId });
  await escrow().seeRefund(agreementId, 'succeeded');
  expect(linesOf((await escrow().journals(agreementId)).at(-1)!)).toEqual({
    'E.refund.payable': 21_000n,
    'E.cash.trust:card': -21_000n,
  });
  // It stays released: the refund is a record of its own (E-18).
  expect((await escrow().typesOf(agreementId)).at(-1)).toBe('escrow.refund.paid');
  expect(await escrow().statusOf(milestoneId)).toBe('released');
});

test('G-20.2a, E-19: a part takes its part of both fees along; the rest of it can follow', async () => {
  const paid = await draws().released(33_333n);
  const { agreementId, freelancerId, milestoneId } = paid;
  const answer = await draws().ask(freelancerId, milestoneId, 10_000n);
  expect(answer.net.amountMinor).toBe('9000');
  await draws().taken(paid, answer);
  expect(linesOf((await escrow().journals(agreementId)).at(-1)!)).toEqual({
    'E.clearing.payouts': 9_000n,
    'E.revenue.freelancer_fee': 1_000n,
    'E.revenue.client_fee': 500n,
    'E.refund.payable': -10_500n,
  });
  await escrow().seeRefund(agreementId, 'succeeded');
  await expect(draws().ask(freelancerId, milestoneId, 23_334n)).rejects.toMatchObject({
    code: 'refund.exceeds_paid',
  });
  const rest = await draws().ask(freelancerId, milestoneId);
  expect(rest.refunds[0]!.amount.amountMinor).toBe('24500');
  expect(rest.net.amountMinor).toBe('21000');
  await draws().taken(paid, rest);
  const [lot] = await lotsOf(milestoneId);
  expect(lot).toMatchObject({ principal_refunded_minor: 33_333n, fee_returned_minor: 1_667n });
});

test('G-19p, E-21: two releases that one charge paid are one refund', async () => {
  const agreed = await escrow().funded({ prices: [20_000n] });
  const milestoneId = agreed.milestoneIds[0]!;
  await endings().end(agreed, { [milestoneId]: 6_667n });
  await escrow().release(agreed.clientId, milestoneId);
  const answer = await draws().ask(agreed.freelancerId, milestoneId);
  expect(answer.refunds).toHaveLength(1);
  expect(answer.net.amountMinor).toBe('18000');
  await draws().taken(agreed, answer);
  const transfers = await escrow().rows(
    'select gross_minor, refunded_minor from transfers where agreement_id = $1',
    [agreed.agreementId],
  );
  expect(transfers.every(({ gross_minor, refunded_minor }) => gross_minor === refunded_minor)).toBe(true);
});

describe('E-25: the balance does not give it', () => {
  test('nothing moves, it is told, and the same money may be asked for again', async () => {
    const paid = await draws().released(20_000n);
    const { agreementId, freelancerId, milestoneId } = paid;
    const [before] = await lotsOf(milestoneId);
    const journals = (await escrow().journals(agreementId)).length;
    const answer = await draws().ask(freelancerId, milestoneId);
    await expect(draws().ask(freelancerId, milestoneId, 1n)).rejects.toMatchObject({
      code: 'refund.exceeds_paid',
    });
    await draws().refused(paid, answer);
    expect((await escrow().published(agreementId)).at(-1)).toEqual({
      type: 'escrow.refund.refused',
      agreementId,
      refundId: answer.refunds[0]!.refundId,
      reason: 'balance_too_low',
    });
    expect((await refundsOf(agreementId))[0]).toMatchObject({ status: 'refused', attempt: 0 });
    const { version: _, ...lot } = (await lotsOf(milestoneId))[0]!;
    expect(before).toMatchObject(lot);
    expect(await escrow().journals(agreementId)).toHaveLength(journals);
    await draws().ask(freelancerId, milestoneId);
  });

  test('A-19: what is being drawn keeps a contract from being cleared; its refusal clears it', async () => {
    const agreed = await escrow().funded({ prices: [20_000n] });
    const { agreementId, clientId, freelancerId } = agreed;
    const milestoneId = agreed.milestoneIds[0]!;
    await escrow().release(clientId, milestoneId);
    const answer = await draws().ask(freelancerId, milestoneId);
    await endings().requestEnd(agreementId, 'client');
    expect(await escrow().typesOf(agreementId)).not.toContain('escrow.contract.cleared');
    await draws().refused(agreed, answer);
    expect((await escrow().typesOf(agreementId)).slice(-2)).toEqual([
      'escrow.refund.refused',
      'escrow.contract.cleared',
    ]);
  });
});

test('M-22: an answer over another amount, or to nothing, is none; told anew it is refused', async () => {
  const paid = await draws().released(20_000n);
  const answer = await draws().ask(paid.freelancerId, paid.milestoneId);
  await expect(draws().taken(paid, answer, { netMinor: 17_999n })).rejects.toMatchObject({
    code: 'transfer.mismatch',
  });
  const unknown = { ...answer, transferId: newId() };
  await expect(draws().taken(paid, unknown)).rejects.toMatchObject({ code: 'refund.unknown' });
  const message = event();
  await draws().taken(paid, answer, { message });
  await draws().taken(paid, answer, { message });
  await expect(draws().taken(paid, answer)).rejects.toMatchObject({ code: 'refund.decided' });
  await expect(draws().refused(paid, answer)).rejects.toMatchObject({ code: 'refund.decided' });
});

test('E-18: only the freelancer, only what was paid, and only for `refund.days`', async () => {
  const paid = await draws().released(20_000n);
  const { clientId, freelancerId, milestoneId } = paid;
  await expect(draws().ask(clientId, milestoneId)).rejects.toMatchObject({ code: 'milestone.unknown' });
  await expect(draws().ask(freelancerId, milestoneId, 20_001n)).rejects.toMatchObject({
    code: 'refund.exceeds_paid',
  });
  const message = http();
  const first = await draws().ask(freelancerId, milestoneId, 5_000n, message);
  expect(await draws().ask(freelancerId, milestoneId, 5_000n, message)).toEqual(first);
  escrow().pass(plusDays(escrow().now(), 180));
  await expect(draws().ask(freelancerId, milestoneId)).rejects.toMatchObject({ code: 'refund.too_late' });
  const held = await escrow().funded();
  await expect(draws().ask(held.freelancerId, held.milestoneIds[0]!)).rejects.toMatchObject({
    code: 'refund.exceeds_paid',
  });
});

test('I12: two at once ask for the same money once', async () => {
  for (let round = 0; round < 5; round += 1) {
    const { agreementId, freelancerId, milestoneId } = await draws().released(20_000n);
    const asked = await Promise.allSettled([
      draws().ask(freelancerId, milestoneId, 15_000n),
      draws().ask(freelancerId, milestoneId, 15_000n),
    ]);
    expect(asked.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await refundsOf(agreementId)).toHaveLength(1);
  }
});

describe('E-18: a bonus goes back as a milestone does', () => {
  test('E-19: with both fees on it, to the charge that paid it; what is left may go back later', async () => {
    const paid = await draws().paidBonus(10_000n);
    const part = await draws().askOfBonus(paid.freelancerId, paid.bonusId, 4_000n);
    expect(part).toMatchObject({ bonusId: paid.bonusId, status: 'drawing', net: { amountMinor: '3600' } });
    await draws().taken(paid, part);
    expect((await escrow().published(paid.agreementId)).at(-2)).toMatchObject({
      type: 'escrow.refund.decided',
      bonusId: paid.bonusId,
      fundingId: paid.fundingId,
      amount: usd(4_200n),
      cause: 'after_release',
    });
    expect(linesOf((await escrow().journals(paid.agreementId)).at(-1)!)).toEqual({
      'E.clearing.payouts': 3_600n,
      'E.revenue.freelancer_fee': 400n,
      'E.revenue.client_fee': 200n,
      'E.refund.payable': -4_200n,
    });
    await escrow().seeRefund(paid.agreementId, 'succeeded');
    await draws().taken(paid, await draws().askOfBonus(paid.freelancerId, paid.bonusId));
    await expect(draws().askOfBonus(paid.freelancerId, paid.bonusId)).rejects.toMatchObject({
      code: 'refund.exceeds_paid',
    });
  });

  test('a bonus of somebody else is an unknown one', async () => {
    const paid = await draws().paidBonus(10_000n);
    await expect(draws().askOfBonus(`freelancer-${newId()}`, paid.bonusId)).rejects.toMatchObject({
      code: 'bonus.unknown',
    });
  });
});
