import { plusMinutes, usd } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import { useDisputes } from '../testing/chargebacks.ts';
import { Draws } from '../testing/draws.ts';
import { Endings } from '../testing/endings.ts';
import { linesOf } from '../testing/escrow.ts';

const escrow = useDisputes();
const lost = { status: 'lost' } as const;
const won = { status: 'won', reinstated: { feeMinor: 0n } } as const;

/** 400.00 with its fee, given back by the freelancer, and not sent when the client's bank takes the charge. */
async function waiting(amountMinor = 42_000n) {
  const agreed = await escrow().funded({ prices: [40_000n] });
  const { agreementId, freelancerId, milestoneIds } = agreed;
  await escrow().giveBack(freelancerId, milestoneIds[0]!);
  const known = { ...agreed, milestoneId: milestoneIds[0]!, ...(await taken(agreementId, amountMinor)) };
  await escrow().findsNothing(agreementId);
  expect(await escrow().refundAttemptOf(agreementId)).toMatchObject({ status: 'waiting' });
  return known;
}

async function taken(agreementId: string, amountMinor: bigint) {
  const { refund_id, funding_id } = await escrow().refundAttemptOf(agreementId);
  const fundingId = String(funding_id);
  const dispute = await escrow().dispute(fundingId, { amountMinor });
  const chargebackId = await escrow().look(fundingId, dispute);
  return { refundId: String(refund_id), fundingId, dispute, chargebackId };
}

const refundsOf = (fundingId: string) =>
  escrow().rows('select status, amount_minor from refunds where funding_id = $1 order by id', [fundingId]);
const attemptsOf = (fundingId: string) =>
  escrow().rows('select status, failure from refund_attempts where funding_id = $1 order by id', [fundingId]);
const factsOf = async (agreementId: string, about: RegExp) =>
  (await escrow().published(agreementId)).filter(({ type }) => about.test(type));
const linesAfter = async (agreementId: string, kind: string) =>
  linesOf((await escrow().journals(agreementId)).findLast((journal) => journal.kind === kind)!);

describe('E-24: a refund that was not sent when its charge is lost', () => {
  test('is owed no more: its money is what the bank took, and nobody pays twice', async () => {
    const { agreementId, milestoneId, fundingId, dispute, refundId, chargebackId } = await waiting();
    await escrow().look(fundingId, { ...dispute, ...lost });
    expect(await refundsOf(fundingId)).toEqual([{ status: 'cancelled', amount_minor: 42_000n }]);
    expect(await attemptsOf(fundingId)).toEqual([{ status: 'failed', failure: 'charged_back' }]);
    expect(await linesAfter(agreementId, 'chargeback_lost')).toEqual({
      'E.refund.payable': 42_000n,
      'E.chargeback.disputed': -42_000n,
    });
    expect(await escrow().statusOf(milestoneId)).toBe('charged_back');
    expect(await factsOf(agreementId, /lost|cancelled|charged_back/)).toMatchObject([
      { type: 'escrow.chargeback.lost', net: usd(0n) },
      { type: 'escrow.refund.cancelled', refundId, chargebackId, amount: usd(42_000n) },
      {
        type: 'escrow.milestone.charged_back',
        milestoneId,
        chargebackId,
        amount: usd(40_000n),
        balance: usd(0n),
      },
    ]);
  });

  test('what had failed before as well: two persons have nothing to decide any more', async () => {
    const { agreementId, freelancerId, milestoneIds } = await escrow().funded({ prices: [40_000n] });
    await escrow().giveBack(freelancerId, milestoneIds[0]!);
    await escrow().seeRefund(agreementId, 'failed');
    const { fundingId, dispute } = await taken(agreementId, 42_000n);
    await escrow().look(fundingId, { ...dispute, ...lost });
    expect(await refundsOf(fundingId)).toMatchObject([{ status: 'cancelled' }]);
    expect(await escrow().statusOf(milestoneIds[0]!)).toBe('charged_back');
  });

  test('of one that had failed the rest is under way again', async () => {
    const { agreementId, freelancerId, milestoneIds } = await escrow().funded({ prices: [40_000n] });
    await escrow().giveBack(freelancerId, milestoneIds[0]!);
    await escrow().seeRefund(agreementId, 'failed');
    const { fundingId, dispute } = await taken(agreementId, 30_000n);
    await escrow().look(fundingId, { ...dispute, ...lost });
    expect(await escrow().statusOf(milestoneIds[0]!)).toBe('refunding');
    await escrow().seeRefund(agreementId, 'succeeded');
    expect(await escrow().statusOf(milestoneIds[0]!)).toBe('refunded');
  });

  test('after release too: the milestone stays released, and nothing is recovered from the freelancer', async () => {
    const draws = new Draws(escrow());
    const paid = await draws.released(20_000n);
    await draws.taken(paid, await draws.ask(paid.freelancerId, paid.milestoneId));
    const { fundingId, dispute, chargebackId } = await taken(paid.agreementId, 21_000n);
    await escrow().findsNothing(paid.agreementId);
    await escrow().look(fundingId, { ...dispute, ...lost });
    expect(await escrow().row(chargebackId)).toMatchObject({ status: 'lost', transfer_id: null });
    expect(await refundsOf(fundingId)).toMatchObject([{ status: 'cancelled' }]);
    expect(await escrow().statusOf(paid.milestoneId)).toBe('released');
  });

  test('a dispute of less: the rest goes on as a refund of its own', async () => {
    const { agreementId, milestoneId, fundingId, dispute } = await waiting(30_000n);
    await escrow().look(fundingId, { ...dispute, ...lost });
    expect(await refundsOf(fundingId)).toEqual([
      { status: 'cancelled', amount_minor: 42_000n },
      { status: 'refunding', amount_minor: 12_000n },
    ]);
    expect(await linesAfter(agreementId, 'chargeback_lost')).toEqual({
      'E.refund.payable': 30_000n,
      'E.chargeback.disputed': -30_000n,
    });
    expect(await escrow().refundAttemptOf(agreementId)).toMatchObject({
      status: 'requested',
      amount_minor: 12_000n,
    });
    await escrow().seeRefund(agreementId, 'succeeded');
    expect(await escrow().statusOf(milestoneId)).toBe('refunded');
  });

  test('F7: while nobody knows whether it was executed the loss waits, and is booked afterwards', async () => {
    const { agreementId, freelancerId, milestoneIds } = await escrow().funded({ prices: [40_000n] });
    await escrow().giveBack(freelancerId, milestoneIds[0]!);
    const { fundingId, dispute, chargebackId } = await taken(agreementId, 42_000n);
    expect(await escrow().refundAttemptOf(agreementId)).toMatchObject({ status: 'unknown' });
    await escrow().look(fundingId, { ...dispute, ...lost });
    const known = await escrow().row(chargebackId);
    expect(known.status).toBe('accepted');
    const looksAt = (known.next_call_at as Date).getTime();
    expect(Math.abs(looksAt - plusMinutes(escrow().now(), 5).getTime())).toBeLessThan(120_000);
    await escrow().findsNothing(agreementId);
    await escrow().look(fundingId, { ...dispute, ...lost });
    expect(await escrow().row(chargebackId)).toMatchObject({ status: 'lost' });
    expect(await refundsOf(fundingId)).toMatchObject([{ status: 'cancelled' }]);
  });

  test('P-11: won at a later stage, it is owed again and sent anew', async () => {
    const { agreementId, milestoneId, fundingId, dispute } = await waiting();
    await escrow().look(fundingId, { ...dispute, ...lost });
    await escrow().look(fundingId, { ...dispute, ...won });
    expect(await linesAfter(agreementId, 'chargeback_won')).toEqual({
      'E.cash.trust:card': 42_000n,
      'E.refund.payable': -42_000n,
    });
    expect(await escrow().statusOf(milestoneId)).toBe('refunding');
    await escrow().seeRefund(agreementId, 'succeeded');
    expect(await refundsOf(fundingId)).toMatchObject([{ status: 'cancelled' }, { status: 'refunded' }]);
    expect(await escrow().statusOf(milestoneId)).toBe('refunded');
  });

  test('a word that comes after all is not booked: a person looks', async () => {
    const { agreementId, fundingId, dispute } = await waiting();
    await escrow().look(fundingId, { ...dispute, ...lost });
    await escrow().seeRefund(agreementId, 'succeeded');
    expect(await attemptsOf(fundingId)).toMatchObject([{ status: 'contradicted' }]);
    expect(await refundsOf(fundingId)).toMatchObject([{ status: 'cancelled' }]);
  });

  test('A-19: a contract that waited for it is cleared', async () => {
    const endings = new Endings(escrow());
    const asked = await endings.asked();
    await endings.approve(asked.freelancerId, asked.refundRequestId);
    const { fundingId, dispute } = await taken(asked.agreementId, 42_499n);
    await escrow().findsNothing(asked.agreementId);
    await escrow().look(fundingId, { ...dispute, ...lost });
    expect(await refundsOf(fundingId)).toMatchObject([{ status: 'cancelled' }]);
    expect(await factsOf(asked.agreementId, /cleared/)).toHaveLength(1);
  });

  test('P-11: won before it is lost, the refund is sent as it was decided', async () => {
    const { agreementId, milestoneId, fundingId, dispute } = await waiting();
    await escrow().look(fundingId, { ...dispute, ...won });
    expect(await escrow().refundAttemptOf(agreementId)).toMatchObject({ status: 'requested' });
    await escrow().seeRefund(agreementId, 'succeeded');
    expect(await escrow().statusOf(milestoneId)).toBe('refunded');
  });
});

describe('E-24, E-25: refunds after release of a charge that is lost', () => {
  test('while payouts has not said whether it gives one, the loss waits; then it is owed no more', async () => {
    const draws = new Draws(escrow());
    const paid = await draws.released(20_000n);
    const { agreementId, freelancerId, milestoneId } = paid;
    const fundingId = await escrow().fundingOf(milestoneId);
    const drawn = await draws.ask(freelancerId, milestoneId);
    const dispute = await escrow().dispute(fundingId);
    const chargebackId = await escrow().look(fundingId, dispute);
    await escrow().look(fundingId, { ...dispute, ...lost });
    expect(await escrow().row(chargebackId)).toMatchObject({ status: 'accepted' });
    await draws.taken(paid, drawn);
    await escrow().look(fundingId, { ...dispute, ...lost });
    expect(await escrow().row(chargebackId)).toMatchObject({ status: 'lost' });
    expect(await refundsOf(fundingId)).toEqual([{ status: 'cancelled', amount_minor: 21_000n }]);
    expect(await linesAfter(agreementId, 'chargeback_lost')).toEqual({
      'E.refund.payable': 21_000n,
      'E.expense.chargeback': 499n,
      'E.chargeback.disputed': -21_499n,
    });
  });

  test('M-13, P-9: of what the bank has taken for good nothing is given back besides', async () => {
    const draws = new Draws(escrow());
    const { freelancerId, milestoneId } = await draws.released(20_000n);
    const fundingId = await escrow().fundingOf(milestoneId);
    const dispute = await escrow().dispute(fundingId);
    await escrow().look(fundingId, dispute);
    await escrow().look(fundingId, { ...dispute, ...lost });
    await expect(draws.ask(freelancerId, milestoneId)).rejects.toMatchObject({
      code: 'refund.charge_disputed',
    });
    await escrow().look(fundingId, { ...dispute, ...won });
    expect(await draws.ask(freelancerId, milestoneId)).toMatchObject({ status: 'drawing' });
  });

  test('E-18: what is left of one says nothing about its milestone, of which nothing goes back any more', async () => {
    const draws = new Draws(escrow());
    const agreed = await escrow().funded({ prices: [40_000n] });
    const { clientId, freelancerId } = agreed;
    const milestoneId = agreed.milestoneIds[0]!;
    await escrow().release(clientId, milestoneId, { amountMinor: 10_000n });
    await escrow().giveBack(freelancerId, milestoneId);
    await draws.taken(agreed, await draws.ask(freelancerId, milestoneId));
    const fundingId = await escrow().fundingOf(milestoneId);
    const dispute = await escrow().dispute(fundingId, { amountMinor: 35_000n });
    await escrow().look(fundingId, dispute);
    for (const { id } of await escrow().rows('select id from refunds where funding_id = $1', [fundingId])) {
      await escrow().findsNothing(String(id));
    }
    await escrow().look(fundingId, { ...dispute, ...lost });
    expect(await refundsOf(fundingId)).toEqual([
      { status: 'cancelled', amount_minor: 31_500n },
      { status: 'cancelled', amount_minor: 10_500n },
      { status: 'refunding', amount_minor: 7_000n },
    ]);
    expect(await escrow().statusOf(milestoneId)).toBe('charged_back');
  });
});

test('P-6, M-13: the fee for the contract goes with the loss of its charge, when its milestone went back before', async () => {
  const agreed = await escrow().funded({ prices: [40_000n] });
  const { agreementId, freelancerId, milestoneIds } = agreed;
  await escrow().giveBack(freelancerId, milestoneIds[0]!);
  await escrow().seeRefund(agreementId, 'succeeded');
  const fundingId = await escrow().fundingOf(milestoneIds[0]!);
  const dispute = await escrow().dispute(fundingId);
  await escrow().look(fundingId, dispute);
  await escrow().look(fundingId, { ...dispute, ...lost });
  expect(await linesAfter(agreementId, 'chargeback_lost')).toEqual({
    'E.fee.initiation_held': 499n,
    'E.expense.chargeback': 42_000n,
    'E.chargeback.disputed': -42_499n,
  });
  const endings = new Endings(escrow());
  expect(await endings.agreementRow(agreementId)).toMatchObject({ initiation_fee: 'returned' });
  await escrow().look(fundingId, { ...dispute, ...won });
  expect(await endings.agreementRow(agreementId)).toMatchObject({ initiation_fee: 'held' });
  expect(await escrow().statusOf(milestoneIds[0]!)).toBe('refunded');
});
