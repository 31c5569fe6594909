import { NotYet, usd } from '@holdfast/domain';
import { pinnedDefaults } from '@holdfast/events';
import { newId } from '@holdfast/messaging';
import { describe, expect, test } from '@jest/globals';
import { event, linesOf, useEscrow } from '../testing/escrow.ts';

const escrow = useEscrow();

/** An agreement whose first milestone is being charged, with two of them. */
async function charging(options = {}) {
  const agreed = await escrow().agreement({ prices: [30_000n, 70_000n], ...options });
  const [first, second] = agreed.milestoneIds as [string, string];
  return { ...agreed, first, second, fundingId: await escrow().fundingOf(first) };
}

/** One whose first charge was declined and cancelled. */
async function failed(options = {}) {
  const charge = await charging(options);
  await escrow().see(charge.fundingId, 'requires_payment_method', { declineCode: 'generic_decline' });
  await escrow().see(charge.fundingId, 'canceled');
  return charge;
}
const stateOf = async (fundingId: string) =>
  (
    await escrow().rows('select status, step, ending, expires_at from fundings where id = $1', [fundingId])
  )[0];

describe('G-3.1: a success', () => {
  test('funding, milestone, lot, journal and fact are committed together', async () => {
    const { agreementId, first, fundingId } = await charging();
    await escrow().charge(fundingId);
    expect(await stateOf(fundingId)).toMatchObject({ status: 'succeeded', expires_at: null });
    const [milestone] = await escrow().rows('select * from milestones where id = $1', [first]);
    expect(milestone).toMatchObject({
      status: 'funded',
      held_minor: 30_000n,
      principal_minor: 30_000n,
      client_fee_minor: 1_500n,
    });
    const [lot] = await escrow().rows('select * from lots where milestone_id = $1', [first]);
    expect(lot).toMatchObject({
      funding_id: fundingId,
      charge_reference: `pi_${fundingId.replaceAll('-', '')}`,
      sub_account: 'card',
      principal_minor: 30_000n,
      principal_left_minor: 30_000n,
      client_fee_left_minor: 1_500n,
      initiation_fee_minor: 499n,
    });
    const [journal] = await escrow().journals(agreementId);
    expect(linesOf(journal!)).toEqual({
      'E.cash.trust:card': 31_999n,
      'E.escrow.milestone': -30_000n,
      'E.fee.client_held': -1_500n,
      'E.fee.initiation_held': -499n,
    });
    expect((await escrow().published(agreementId)).at(-1)).toEqual({
      type: 'escrow.milestone.funded',
      agreementId,
      milestoneId: first,
      version: 1,
      fundingId,
      amount: usd(30_000n),
      clientFee: usd(1_500n),
      lots: [{ lotId: lot!.id, amount: usd(30_000n) }],
      fundedAt: lot!.charged_at,
    });
  });

  test('seen again, by the same message or another, it is booked once', async () => {
    const { agreementId, fundingId } = await charging();
    await escrow().charge(fundingId);
    const message = event();
    await escrow().see(fundingId, 'succeeded', {}, message);
    await escrow().see(fundingId, 'succeeded', {}, message);
    await Promise.all([escrow().see(fundingId, 'processing'), escrow().see(fundingId, 'canceled')]);
    expect(await escrow().typesOf(agreementId)).toEqual([
      'escrow.funding.started',
      'escrow.milestone.funded',
    ]);
    expect(await escrow().journals(agreementId)).toHaveLength(1);
  });

  test('F50: ten at once, by the worker and by notices, book it once', async () => {
    const { agreementId, fundingId } = await charging();
    await Promise.all(Array.from({ length: 10 }, () => escrow().see(fundingId, 'succeeded')));
    expect(await escrow().typesOf(agreementId)).toEqual([
      'escrow.funding.started',
      'escrow.milestone.funded',
    ]);
    expect(await escrow().journals(agreementId)).toHaveLength(1);
  });

  test('P-6: the initiation fee is charged once, with the first success', async () => {
    const { agreementId, clientId, first, second, fundingId } = await charging();
    await escrow().charge(fundingId);
    await escrow().release(clientId, first);
    const next = await escrow().fund(clientId, second);
    await escrow().charge(next.fundingId);
    expect(linesOf((await escrow().journals(agreementId)).at(-1)!)).toEqual({
      'E.cash.trust:card': 73_500n,
      'E.escrow.milestone': -70_000n,
      'E.fee.client_held': -3_500n,
    });
  });

  test('an initiation fee of 0 is charged as well, and then no more', async () => {
    const { agreementId, fundingId } = await charging({
      settings: { ...pinnedDefaults, 'fee.initiation': 0 },
    });
    await escrow().charge(fundingId);
    const [row] = await escrow().rows(
      'select initiation_fee, initiation_fee_minor from agreements where id = $1',
      [agreementId],
    );
    expect(row).toEqual({ initiation_fee: 'held', initiation_fee_minor: 0n });
  });
});

describe('E-26: no success', () => {
  test('a decline is cancelled first; then the milestone is agreed, and the fact says why', async () => {
    const { agreementId, first, fundingId } = await charging();
    await escrow().see(fundingId, 'requires_payment_method', { declineCode: 'generic_decline' });
    expect(await escrow().statusOf(first)).toBe('funding_pending');
    await escrow().see(fundingId, 'canceled');
    expect(await escrow().statusOf(first)).toBe('agreed');
    expect((await escrow().published(agreementId)).at(-1)).toMatchObject({
      type: 'escrow.funding.failed',
      reason: 'declined',
    });
    expect(await escrow().journals(agreementId)).toEqual([]);
  });

  test('E-3, P-16: the payer is needed; the client’s fund starts a new charge', async () => {
    const { agreementId, clientId, first, fundingId } = await charging();
    await escrow().see(fundingId, 'requires_payment_method', { declineCode: 'authentication_required' });
    await escrow().see(fundingId, 'canceled');
    expect((await escrow().published(agreementId)).at(-1)).toMatchObject({ reason: 'payer_needed' });
    const again = await escrow().fund(clientId, first);
    expect(again.fundingId).not.toBe(fundingId);
    await escrow().charge(again.fundingId);
    expect(await escrow().statusOf(first)).toBe('funded');
  });

  test('F47: another amount is in review: nothing is booked, nothing published, nothing freed', async () => {
    const { agreementId, first, fundingId } = await charging();
    await escrow().see(fundingId, 'succeeded', { receivedMinor: 31_998n });
    expect(await stateOf(fundingId)).toMatchObject({ status: 'in_review', expires_at: null });
    expect(await escrow().statusOf(first)).toBe('funding_pending');
    expect(await escrow().journals(agreementId)).toEqual([]);
    expect(await escrow().typesOf(agreementId)).toEqual(['escrow.funding.started']);
  });

  test('an answer in doubt only makes the worker ask', async () => {
    const { agreementId, fundingId } = await charging();
    await escrow().see(fundingId, 'requires_confirmation');
    await escrow().observe(fundingId, { kind: 'unknown' });
    expect(await stateOf(fundingId)).toMatchObject({ status: 'waiting', step: 'read' });
    expect(await escrow().typesOf(agreementId)).toEqual(['escrow.funding.started']);
  });

  test('a funding that is not known waits', async () => {
    await expect(escrow().observe(newId(), { kind: 'absent' })).rejects.toThrow(NotYet);
  });
});

describe('E-26: a success after the failure', () => {
  test('funds the milestone if it is still agreed', async () => {
    const { agreementId, first, fundingId } = await failed();
    await escrow().see(fundingId, 'succeeded');
    expect(await escrow().statusOf(first)).toBe('funded');
    expect(await stateOf(fundingId)).toMatchObject({ status: 'succeeded', ending: null });
    expect((await escrow().typesOf(agreementId)).at(-1)).toBe('escrow.milestone.funded');
  });

  test('is an orphan, once, while another charge of the milestone is under way', async () => {
    const { agreementId, clientId, first, fundingId } = await failed();
    const second = await escrow().fund(clientId, first);
    await escrow().see(fundingId, 'succeeded');
    await escrow().see(fundingId, 'succeeded');
    const orphans = (await escrow().published(agreementId)).filter(
      ({ type }) => type === 'escrow.funding.orphaned',
    );
    expect(orphans).toEqual([
      {
        type: 'escrow.funding.orphaned',
        agreementId,
        fundingId,
        milestoneIds: [first],
        amount: usd(31_999n),
        refundId: expect.any(String),
      },
    ]);
    expect((await escrow().journals(agreementId)).map(linesOf)).toEqual([
      { 'E.cash.trust:card': 31_999n, 'E.refund.payable': -31_999n },
    ]);
    await escrow().charge(second.fundingId);
    expect(await escrow().statusOf(first)).toBe('funded');
  });

  test('is an orphan after another charge has funded it, and after it was released', async () => {
    const { agreementId, clientId, first, fundingId } = await failed();
    await escrow().charge((await escrow().fund(clientId, first)).fundingId);
    await escrow().release(clientId, first);
    await escrow().see(fundingId, 'succeeded');
    expect(await escrow().typesOf(agreementId)).toContain('escrow.funding.orphaned');
    expect(await escrow().statusOf(first)).toBe('released');
  });

  test('E-2: is an orphan while another milestone is open', async () => {
    const settings = { ...pinnedDefaults, 'fee.initiation': 0 };
    const { agreementId, clientId, first, second, fundingId } = await failed({ settings });
    await escrow().charge((await escrow().fund(clientId, second)).fundingId);
    await escrow().see(fundingId, 'succeeded');
    expect(await escrow().typesOf(agreementId)).toContain('escrow.funding.orphaned');
    expect([await escrow().statusOf(first), await escrow().statusOf(second)]).toEqual(['agreed', 'funded']);
  });

  test('P-6: is an orphan if it holds a second initiation fee', async () => {
    const { agreementId, clientId, first, second, fundingId } = await failed();
    await escrow().charge((await escrow().fund(clientId, second)).fundingId);
    await escrow().release(clientId, second);
    await escrow().see(fundingId, 'succeeded');
    expect(await escrow().typesOf(agreementId)).toContain('escrow.funding.orphaned');
    expect(await escrow().statusOf(first)).toBe('agreed');
  });
});
