import { usd } from '@holdfast/domain';
import { pinnedDefaults } from '@holdfast/events';
import { newId } from '@holdfast/messaging';
import { describe, expect, test } from '@jest/globals';
import { http, linesOf, useEscrow } from '../testing/escrow.ts';

const escrow = useEscrow();

/** A client who is asked to pay a milestone for which nothing was ever charged. */
async function unfunded(prices = [100_000n], settings = pinnedDefaults) {
  const agreed = await escrow().agreement({ prices, withMethod: false, settings });
  await escrow().verifiedMethod(agreed.clientId);
  return { ...agreed, first: agreed.milestoneIds[0]! };
}

describe('E-28: a milestone is paid in one step', () => {
  test('G-1.1, G-2.1: charged and released in one transaction', async () => {
    const { agreementId, clientId, first } = await unfunded();
    const { fundingId, status } = await escrow().pay(clientId, first);
    expect([status, await escrow().statusOf(first)]).toEqual(['funding_pending', 'funding_pending']);
    await escrow().charge(fundingId);
    expect(await escrow().statusOf(first)).toBe('released');
    const [fund, release] = await escrow().journals(agreementId);
    expect(linesOf(fund!)).toMatchObject({ 'E.cash.trust:card': 105_499n, 'E.escrow.milestone': -100_000n });
    expect(linesOf(release!)).toMatchObject({
      'E.clearing.payouts': -90_000n,
      'E.revenue.initiation_fee': -499n,
    });
    expect(release!.postedAt).toEqual(fund!.postedAt);
    expect((await escrow().published(agreementId)).slice(-2)).toMatchObject([
      { type: 'escrow.milestone.funded', amount: usd(100_000n) },
      { type: 'escrow.milestone.released', cause: 'approval', balance: usd(0n) },
    ]);
    const [row] = await escrow().rows(
      `select l.principal_left_minor, t.protected, a.initiation_fee from lots l
        join transfers t on t.milestone_id = l.milestone_id join agreements a on a.id = l.agreement_id
        where l.milestone_id = $1`,
      [first],
    );
    expect(row).toEqual({ principal_left_minor: 0n, protected: true, initiation_fee: 'earned' });
  });

  test('declined: nothing happens, and it is agreed again', async () => {
    const { agreementId, clientId, first } = await unfunded();
    const { fundingId } = await escrow().pay(clientId, first);
    await escrow().see(fundingId, 'requires_payment_method', { declineCode: 'generic_decline' });
    await escrow().see(fundingId, 'canceled');
    expect(await escrow().statusOf(first)).toBe('agreed');
    expect(await escrow().journals(agreementId)).toEqual([]);
    // E-26: the client has been told that nothing was paid, so a success after that is held and not paid out.
    await escrow().see(fundingId, 'succeeded');
    expect(await escrow().statusOf(first)).toBe('funded');
  });

  test('E-22: under a hold it is charged and frozen, and not paid out', async () => {
    const { agreementId, clientId, freelancerId, first } = await unfunded();
    const { fundingId } = await escrow().pay(clientId, first);
    await escrow().hold(freelancerId);
    await escrow().charge(fundingId);
    expect(await escrow().statusOf(first)).toBe('funded');
    expect((await escrow().typesOf(agreementId)).at(-1)).toBe('escrow.milestone.frozen');
    await expect(escrow().release(clientId, first)).rejects.toMatchObject({ code: 'milestone.frozen' });
  });

  test('A-19: a charge that succeeds while the contract is closing goes back, and nothing waits for it', async () => {
    const { agreementId, clientId, first } = await unfunded();
    const { fundingId } = await escrow().pay(clientId, first);
    await escrow().rows(`update agreements set status = 'closing' where id = $1`, [agreementId]);
    await escrow().charge(fundingId);
    expect(await escrow().statusOf(first)).toBe('agreed');
    expect((await escrow().published(agreementId)).slice(-3)).toMatchObject([
      { type: 'escrow.funding.failed', milestoneIds: [first], reason: 'cancelled' },
      { type: 'escrow.funding.orphaned', milestoneIds: [first], amount: usd(105_499n) },
      { type: 'escrow.refund.decided', cause: 'orphaned_charge', amount: usd(105_499n) },
    ]);
  });

  test('the same message twice charges once; at once with fund, one of the two', async () => {
    const { agreementId, clientId, first } = await unfunded();
    const message = http();
    expect(await escrow().pay(clientId, first, { message })).toEqual(
      await escrow().pay(clientId, first, { message }),
    );
    await expect(escrow().fund(clientId, first)).rejects.toMatchObject({ code: 'milestone.funding_pending' });
    expect(
      await escrow().rows('select id from fundings where agreement_id = $1', [agreementId]),
    ).toHaveLength(1);
  });

  test('what is funded already is released, not paid again; what has other terms is looked at first', async () => {
    const { clientId, milestoneIds } = await escrow().funded();
    await expect(escrow().pay(clientId, milestoneIds[0]!)).rejects.toMatchObject({
      code: 'milestone.already_funded',
    });
    const other = await unfunded();
    await expect(escrow().pay(other.clientId, other.first, { version: 2 })).rejects.toMatchObject({
      code: 'terms.version_outdated',
    });
  });

  test('A-17, A-19: nothing is charged for a contract that is not active', async () => {
    for (const status of ['paused', 'closing', 'ended']) {
      const { agreementId, clientId, first } = await unfunded();
      const ended = status === 'ended' ? 'now()' : 'null';
      await escrow().rows(`update agreements set status = $2, ended_at = ${ended} where id = $1`, [
        agreementId,
        status,
      ]);
      const refused = { code: 'agreement.not_active' };
      await expect(escrow().pay(clientId, first)).rejects.toMatchObject(refused);
      await expect(escrow().fund(clientId, first)).rejects.toMatchObject(refused);
    }
  });

  test('AD-16: another client’s milestone is unknown', async () => {
    const { first } = await unfunded();
    await expect(escrow().pay(`client-${newId()}`, first)).rejects.toMatchObject({
      code: 'milestone.unknown',
    });
  });
});

describe('E-2: up front', () => {
  const upfront = { ...pinnedDefaults, 'funding.mode': 'project_upfront', 'fee.initiation': 0 } as const;
  const thirds = [3_334n, 3_333n, 3_333n];

  test('G-4.1: one charge at acceptance, one lot per milestone', async () => {
    const { agreementId, milestoneIds } = await escrow().agreement({ prices: thirds, settings: upfront });
    const fundingId = await escrow().fundingOf(milestoneIds[2]!);
    expect(await escrow().fundingOf(milestoneIds[0]!)).toBe(fundingId);
    await escrow().charge(fundingId);
    const lots = await escrow().rows(
      'select milestone_id, principal_minor, client_fee_minor from lots where funding_id = $1 order by id',
      [fundingId],
    );
    expect(lots).toEqual([
      { milestone_id: milestoneIds[0], principal_minor: 3_334n, client_fee_minor: 167n },
      { milestone_id: milestoneIds[1], principal_minor: 3_333n, client_fee_minor: 167n },
      { milestone_id: milestoneIds[2], principal_minor: 3_333n, client_fee_minor: 166n },
    ]);
    const [journal] = await escrow().journals(agreementId);
    expect(journal!.lines).toHaveLength(7);
    const facts = await escrow().published(agreementId);
    expect(facts).toMatchObject([
      { type: 'escrow.funding.started', milestoneIds, amount: usd(10_500n) },
      ...milestoneIds.map((milestoneId) => ({ type: 'escrow.milestone.funded', milestoneId, fundingId })),
    ]);
    for (const id of milestoneIds) expect(await escrow().statusOf(id)).toBe('funded');
  });

  test('a failure frees all of them; `fund` of any charges all again', async () => {
    const { agreementId, clientId, milestoneIds } = await escrow().agreement({
      prices: thirds,
      settings: upfront,
    });
    const failed = await escrow().fundingOf(milestoneIds[0]!);
    await escrow().see(failed, 'requires_payment_method');
    await escrow().see(failed, 'canceled');
    for (const id of milestoneIds) expect(await escrow().statusOf(id)).toBe('agreed');
    const [, m2] = milestoneIds as [string, string, string];
    const both = await Promise.allSettled([
      escrow().fund(clientId, m2),
      escrow().fund(clientId, milestoneIds[0]!),
    ]);
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    // The first charge succeeds after all, while the second one is under way: an orphan as a whole.
    await escrow().see(failed, 'succeeded');
    expect((await escrow().published(agreementId)).slice(-2)).toMatchObject([
      { type: 'escrow.funding.orphaned', milestoneIds, amount: usd(10_500n) },
      { type: 'escrow.refund.decided', cause: 'orphaned_charge' },
    ]);
    await escrow().charge(await escrow().fundingOf(m2));
    for (const id of milestoneIds) expect(await escrow().statusOf(id)).toBe('funded');
  });

  test('E-9: a rest does not roll; E-28: of what is charged together only the one named is released', async () => {
    const { clientId, milestoneIds } = await unfunded(thirds, upfront);
    const [m1, m2, m3] = milestoneIds as [string, string, string];
    await escrow().charge((await escrow().pay(clientId, m2)).fundingId);
    expect(await Promise.all([m1, m2, m3].map((id) => escrow().statusOf(id)))).toEqual([
      'funded',
      'released',
      'funded',
    ]);
    await escrow().release(clientId, m1, { amountMinor: 1_000n });
    await expect(escrow().fund(clientId, m3)).rejects.toMatchObject({ code: 'milestone.already_funded' });
  });
});

describe('P-12: tax on the fees', () => {
  test('G-27.1: by the rate of the client’s region, on its own account and on the lot', async () => {
    const id = '00000000-0000-7000-8000-000000000001';
    const settings = JSON.stringify({ 'tax.default_rate': 100, 'tax.rates': 'US=2000' });
    await escrow().rows('insert into policies values ($1, $2, 1)', [id, settings]);
    try {
      const { agreementId, milestoneIds } = await escrow().funded();
      expect(linesOf((await escrow().journals(agreementId))[0]!)).toMatchObject({
        'E.cash.trust:card': 106_599n,
        'E.tax.payable': -1_100n,
      });
      const [lot] = await escrow().rows('select tax_minor from lots where milestone_id = $1', milestoneIds);
      expect(lot).toEqual({ tax_minor: 1_100n });
    } finally {
      await escrow().rows('update policies set settings = $1', ['{}']);
    }
  });
});
