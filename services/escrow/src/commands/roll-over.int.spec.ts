import { usd } from '@holdfast/domain';
import { pinnedDefaults } from '@holdfast/events';
import { newId } from '@holdfast/messaging';
import { describe, expect, test } from '@jest/globals';
import { http, linesOf, useEscrow } from '../testing/escrow.ts';

const escrow = useEscrow();
const noInitiation = { ...pinnedDefaults, 'fee.initiation': 0 };
const outcomesOf = (all: PromiseSettledResult<unknown>[]) =>
  all.map((one) => (one.status === 'fulfilled' ? 'won' : (one.reason as { code?: string }).code));

/** G-5 after step 3: $166.67 of the first milestone are left, the second one is agreed. */
async function withRest({ second = 30_000n, paidMinor = 33_333n } = {}) {
  const agreed = await escrow().funded({ prices: [50_000n, second], settings: noInitiation });
  const [m1, m2] = agreed.milestoneIds as [string, string];
  await escrow().release(agreed.clientId, m1, { amountMinor: paidMinor });
  return { ...agreed, m1, m2 };
}
const milestone = async (id: string) =>
  (await escrow().rows('select * from milestones where id = $1', [id]))[0]!;
const lotsOf = (milestoneId: string) =>
  escrow().rows(
    `select principal_minor, client_fee_minor, principal_left_minor, client_fee_left_minor, rolled_from
      from lots where milestone_id = $1 order by charged_at, id`,
    [milestoneId],
  );

describe('E-9: a rest and the charge of the difference', () => {
  test('G-5.4, G-5.5: posted together when the charge succeeds; two lots', async () => {
    const { agreementId, clientId, m1, m2 } = await withRest();
    const { fundingId } = await escrow().fund(clientId, m2);
    expect(await milestone(m1)).toMatchObject({ reserved_minor: 16_667n, reserved_for: fundingId });
    expect((await escrow().published(agreementId)).at(-1)).toMatchObject({
      type: 'escrow.funding.started',
      amount: usd(14_000n),
      reserved: { milestoneId: m1, amount: usd(16_667n) },
    });
    await escrow().charge(fundingId);
    expect(await milestone(m1)).toMatchObject({ status: 'released', held_minor: 0n, reserved_for: null });
    expect(await milestone(m2)).toMatchObject({
      status: 'funded',
      held_minor: 30_000n,
      client_fee_held_minor: 1_500n,
    });
    const [from] = await lotsOf(m1);
    // What it got of its charge, and nothing of that is left.
    expect(from).toMatchObject({
      principal_minor: 33_333n,
      client_fee_minor: 1_667n,
      principal_left_minor: 0n,
    });
    expect(await lotsOf(m2)).toMatchObject([
      { principal_left_minor: 16_667n, client_fee_left_minor: 833n, rolled_from: expect.any(String) },
      { principal_left_minor: 13_333n, client_fee_left_minor: 667n, rolled_from: null },
    ]);
    const [roll, fund] = (await escrow().journals(agreementId)).slice(-2);
    expect(roll).toMatchObject({ kind: 'roll', causeId: m2 });
    expect(roll!.lines).toHaveLength(4);
    expect(linesOf(fund!)).toMatchObject({ 'E.cash.trust:card': 14_000n, 'E.escrow.milestone': -13_333n });
    expect(roll!.postedAt).toEqual(fund!.postedAt);
    expect((await escrow().published(agreementId)).slice(-2)).toMatchObject([
      { type: 'escrow.milestone.rolled', toMilestoneId: m2, amount: usd(16_667n), balance: usd(0n) },
      { type: 'escrow.milestone.funded', fundingId, amount: usd(30_000n), clientFee: usd(1_500n) },
    ]);
    await escrow().release(clientId, m2);
    expect(await milestone(m2)).toMatchObject({ status: 'released' });
  });

  test('while it is reserved nothing else moves it; a failure frees it', async () => {
    const { clientId, m1, m2 } = await withRest();
    const { fundingId } = await escrow().fund(clientId, m2);
    const refused = { code: 'milestone.reserved' };
    await expect(escrow().release(clientId, m1)).rejects.toMatchObject(refused);
    await expect(escrow().release(clientId, m1, { amountMinor: 1n })).rejects.toMatchObject(refused);
    await escrow().see(fundingId, 'requires_payment_method');
    await escrow().see(fundingId, 'canceled');
    expect([await escrow().statusOf(m1), await escrow().statusOf(m2)]).toEqual(['funded', 'agreed']);
    expect(await escrow().release(clientId, m1)).toMatchObject({ status: 'released' });
  });

  test('its expiry frees it as well', async () => {
    const { clientId, m1, m2 } = await withRest();
    const { fundingId } = await escrow().fund(clientId, m2);
    const [row] = await escrow().rows('select expires_at from fundings where id = $1', [fundingId]);
    await escrow().see(fundingId, 'requires_action');
    await escrow().expire(fundingId, row!.expires_at as Date);
    expect(await milestone(m1)).toMatchObject({ reserved_minor: 16_667n });
    await escrow().see(fundingId, 'canceled');
    expect(await milestone(m1)).toMatchObject({ reserved_minor: 0n, status: 'funded' });
  });

  test('E-26: a late success rolls where the rest is still there, else it is an orphan', async () => {
    for (const moved of [false, true]) {
      const { agreementId, clientId, m1, m2 } = await withRest();
      const { fundingId } = await escrow().fund(clientId, m2);
      await escrow().see(fundingId, 'requires_payment_method');
      await escrow().see(fundingId, 'canceled');
      if (moved) await escrow().release(clientId, m1, { amountMinor: 1n });
      await escrow().see(fundingId, 'succeeded');
      expect((await escrow().typesOf(agreementId)).at(-1)).toBe(
        moved ? 'escrow.refund.decided' : 'escrow.milestone.funded',
      );
      expect(await escrow().statusOf(m2)).toBe(moved ? 'agreed' : 'funded');
    }
  });
});

describe('E-9: a rest that covers the next milestone', () => {
  test('rolls at once and charges nothing; what is above the price stays', async () => {
    const { agreementId, clientId, m1, m2 } = await withRest({ second: 10_000n });
    const message = http();
    const answer = await escrow().fund(clientId, m2, { message });
    expect(answer).toEqual({ status: 'funded' });
    expect(await escrow().fund(clientId, m2, { message })).toEqual(answer);
    expect(await milestone(m1)).toMatchObject({ status: 'funded', held_minor: 6_667n, reserved_for: null });
    expect(await milestone(m2)).toMatchObject({ status: 'funded', held_minor: 10_000n });
    expect((await escrow().journals(agreementId)).map(({ kind }) => kind)).toEqual([
      'fund',
      'release',
      'roll',
    ]);
    const [rolled, funded] = (await escrow().published(agreementId)).slice(-2);
    expect(rolled).toMatchObject({ type: 'escrow.milestone.rolled', balance: usd(6_667n) });
    expect(funded).toMatchObject({ type: 'escrow.milestone.funded', amount: usd(10_000n) });
    expect(funded).not.toHaveProperty('fundingId');
  });

  test('E-28: paid in one step it goes on to the freelancer at once', async () => {
    const { agreementId, clientId, m1, m2 } = await withRest({ second: 16_667n });
    expect(await escrow().pay(clientId, m2)).toEqual({ status: 'released' });
    expect([await escrow().statusOf(m1), await escrow().statusOf(m2)]).toEqual(['released', 'released']);
    expect((await escrow().typesOf(agreementId)).slice(-3)).toEqual([
      'escrow.milestone.rolled',
      'escrow.milestone.funded',
      'escrow.milestone.released',
    ]);
  });
});

test('E-9: a rest above the price is there for the milestone after the next one', async () => {
  const prices = [50_000n, 10_000n, 20_000n];
  const agreed = await escrow().funded({ prices, settings: noInitiation });
  const [m1, m2, m3] = agreed.milestoneIds as [string, string, string];
  await escrow().release(agreed.clientId, m1, { amountMinor: 33_333n });
  await escrow().fund(agreed.clientId, m2);
  await expect(escrow().fund(agreed.clientId, m3)).rejects.toMatchObject({ code: 'funding.one_at_a_time' });
  await escrow().release(agreed.clientId, m2);
  await escrow().charge((await escrow().fund(agreed.clientId, m3)).fundingId);
  expect(await milestone(m1)).toMatchObject({ status: 'released' });
  expect(await lotsOf(m3)).toMatchObject([{ principal_minor: 6_667n }, { principal_minor: 13_333n }]);
});

describe('races', () => {
  test('a release of the rest against its roll: one of the two, and the money is where it says', async () => {
    for (let round = 0; round < 4; round += 1) {
      const { clientId, m1, m2 } = await withRest({ second: 10_000n });
      const [released, funded] = outcomesOf(
        await Promise.allSettled([escrow().release(clientId, m1), escrow().fund(clientId, m2)]),
      );
      // The release first: nothing rolls, and the next one is charged. The roll first: its rest is released.
      expect([released, funded]).toEqual(['won', 'won']);
      const rolled = (await milestone(m2)).status === 'funded';
      expect((await milestone(m2)).held_minor).toBe(rolled ? 10_000n : 0n);
      expect(await escrow().statusOf(m1)).toBe('released');
    }
  });

  test('a release of the rest against its reservation: whoever is second hears of the first', async () => {
    for (let round = 0; round < 4; round += 1) {
      const { clientId, m1, m2 } = await withRest();
      const [released, funded] = outcomesOf(
        await Promise.allSettled([escrow().release(clientId, m1), escrow().fund(clientId, m2)]),
      );
      expect(funded).toBe('won');
      const reserved = (await milestone(m1)).reserved_minor;
      expect([released, reserved]).toEqual(
        released === 'won' ? ['won', 0n] : ['milestone.reserved', 16_667n],
      );
    }
  });

  test('fund against fund: one charge', async () => {
    for (let round = 0; round < 4; round += 1) {
      const { agreementId, clientId, m2 } = await withRest();
      const both = await Promise.allSettled([escrow().fund(clientId, m2), escrow().fund(clientId, m2)]);
      expect(outcomesOf(both).sort()).toEqual(['milestone.funding_pending', 'won']);
      const alive = `select id from fundings where agreement_id = $1 and status = 'waiting'`;
      expect(await escrow().rows(alive, [agreementId])).toHaveLength(1);
    }
  });

  test('pure roll against pure roll: the rest moves once', async () => {
    const { agreementId, clientId, m2 } = await withRest({ second: 10_000n });
    const both = await Promise.allSettled([escrow().fund(clientId, m2), escrow().fund(clientId, m2)]);
    expect(outcomesOf(both).sort()).toEqual(['milestone.already_funded', 'won']);
    const types = await escrow().typesOf(agreementId);
    expect(types.filter((type) => type === 'escrow.milestone.rolled')).toHaveLength(1);
  });
});

test.each(['safety_hold', 'chargeback'])(
  'E-22: a %s on a rest that is reserved: the charge goes back, and both milestones are free again',
  async (cause) => {
    const { agreementId, clientId, freelancerId, m1, m2 } = await withRest();
    const { fundingId } = await escrow().fund(clientId, m2);
    if (cause === 'safety_hold') await escrow().hold(freelancerId);
    else {
      const frozen = [newId(), m1, cause, await escrow().fundingOf(m1)];
      await escrow().rows(`insert into freezes values ($1, $2, $3, 'dp_1', 16667, 1, $4, false)`, frozen);
    }
    await escrow().charge(fundingId);
    expect(await milestone(m1)).toMatchObject({ status: 'funded', held_minor: 16_667n, reserved_minor: 0n });
    expect(await escrow().statusOf(m2)).toBe('agreed');
    expect((await escrow().published(agreementId)).slice(-3)).toMatchObject([
      { type: 'escrow.funding.failed', milestoneIds: [m2], reason: 'cancelled' },
      { type: 'escrow.funding.orphaned', amount: usd(14_000n) },
      { type: 'escrow.refund.decided', amount: usd(14_000n) },
    ]);
  },
);

test('E-4: work for a rest that is reserved is refused, so that no review of it can end', async () => {
  const { agreementId, clientId, m1, m2 } = await withRest();
  const { fundingId } = await escrow().fund(clientId, m2);
  await escrow().submit(m1, newId());
  expect((await escrow().published(agreementId)).at(-1)).toMatchObject({
    type: 'escrow.submission.refused',
    reason: 'reserved',
  });
  await escrow().charge(fundingId);
  expect([await escrow().statusOf(m1), await escrow().statusOf(m2)]).toEqual(['released', 'funded']);
});

test('E-22: a lot that a chargeback freezes does not roll', async () => {
  const { clientId, m1, m2 } = await withRest();
  await escrow().rows(`insert into freezes values ($1, $2, 'chargeback', 'dp_1', 16667, 1, $3, false)`, [
    newId(),
    m1,
    await escrow().fundingOf(m1),
  ]);
  await escrow().charge((await escrow().fund(clientId, m2)).fundingId);
  expect(await milestone(m1)).toMatchObject({ status: 'funded', held_minor: 16_667n });
  expect(await lotsOf(m2)).toMatchObject([{ principal_minor: 30_000n, rolled_from: null }]);
});
