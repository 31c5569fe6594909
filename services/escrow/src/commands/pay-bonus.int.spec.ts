import { usd } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { describe, expect, test } from '@jest/globals';
import { http, linesOf, useEscrow } from '../testing/escrow.ts';

const escrow = useEscrow();
const bonusOf = async (bonusId: string) =>
  (await escrow().rows('select * from bonuses where id = $1', [bonusId]))[0]!;

describe('E-10: a bonus', () => {
  test('G-6.1, G-6.4: is released in the transaction in which its charge succeeds; it has no protection', async () => {
    const { agreementId, clientId, freelancerId, milestoneIds } = await escrow().funded({
      prices: [20_000n],
    });
    await escrow().release(clientId, milestoneIds[0]!);
    const { bonusId, fundingId } = await escrow().bonus(clientId, agreementId, 5_000n);
    expect(await bonusOf(bonusId)).toMatchObject({ status: 'charging', transfer_id: null });
    await escrow().charge(fundingId);
    const [charged, released] = (await escrow().journals(agreementId)).slice(-2);
    expect(linesOf(charged!)).toEqual({
      'E.cash.trust:card': 5_250n,
      'E.escrow.bonus': -5_000n,
      'E.fee.client_held': -250n,
    });
    expect(linesOf(released!)).toEqual({
      'E.escrow.bonus': 5_000n,
      'E.fee.client_held': 250n,
      'E.revenue.freelancer_fee': -500n,
      'E.revenue.client_fee': -250n,
      'E.clearing.payouts': -4_500n,
    });
    const [transfer] = await escrow().rows('select * from transfers where bonus_id = $1', [bonusId]);
    expect(transfer).toMatchObject({
      milestone_id: null,
      net_minor: 4_500n,
      protected: false,
      status: 'sent',
    });
    expect(await bonusOf(bonusId)).toMatchObject({ status: 'released', transfer_id: transfer!.id });
    const [lot] = await escrow().rows('select * from lots where bonus_id = $1', [bonusId]);
    expect(lot).toMatchObject({ funding_id: fundingId, principal_minor: 5_000n, principal_left_minor: 0n });
    expect((await escrow().published(agreementId)).slice(-2)).toMatchObject([
      { type: 'escrow.bonus.charged', bonusId, fundingId, amount: usd(5_000n), clientFee: usd(250n) },
      { type: 'escrow.bonus.released', bonusId, freelancerId, net: usd(4_500n), cause: 'bonus' },
    ]);
  });

  test('beside a release: the release does not wait, and a decline leaves it untouched', async () => {
    const { agreementId, clientId, milestoneIds } = await escrow().funded({ prices: [20_000n] });
    const message = http();
    const answer = await escrow().release(clientId, milestoneIds[0]!, { bonusMinor: 5_000n, message });
    expect(answer).toMatchObject({ status: 'released', bonus: { status: 'charging' } });
    expect(await escrow().release(clientId, milestoneIds[0]!, { bonusMinor: 5_000n, message })).toEqual(
      answer,
    );
    expect((await escrow().typesOf(agreementId)).at(-1)).toBe('escrow.milestone.released');
    const { bonusId, fundingId } = answer.bonus!;
    await escrow().see(fundingId, 'requires_payment_method', { declineCode: 'generic_decline' });
    await escrow().see(fundingId, 'canceled');
    expect((await escrow().published(agreementId)).at(-1)).toEqual({
      type: 'escrow.bonus.charge_failed',
      agreementId,
      bonusId,
      fundingId,
      reason: 'declined',
    });
    expect(await bonusOf(bonusId)).toMatchObject({ status: 'failed' });
    expect(await escrow().statusOf(milestoneIds[0]!)).toBe('released');
    // E-26: the client has been told; a success after that goes back whole.
    await escrow().see(fundingId, 'succeeded');
    expect((await escrow().published(agreementId)).slice(-2)).toMatchObject([
      { type: 'escrow.funding.orphaned', milestoneIds: [], bonusId, amount: usd(5_250n) },
      { type: 'escrow.refund.decided', cause: 'orphaned_charge' },
    ]);
  });

  test('a bonus that is refused refuses the release beside it: the client chooses again', async () => {
    const { clientId, milestoneIds } = await escrow().funded({ prices: [20_000n] });
    await expect(escrow().release(clientId, milestoneIds[0]!, { bonusMinor: 99n })).rejects.toMatchObject({
      code: 'bonus.too_small',
    });
    expect(await escrow().statusOf(milestoneIds[0]!)).toBe('funded');
  });

  test('E-22: under a hold it is paid to nobody: the client hears so, and it goes back', async () => {
    const { agreementId, clientId, freelancerId } = await escrow().funded({ prices: [20_000n] });
    const { bonusId, fundingId } = await escrow().bonus(clientId, agreementId, 5_000n);
    await escrow().hold(freelancerId);
    await escrow().charge(fundingId);
    expect((await escrow().published(agreementId)).slice(-3)).toMatchObject([
      { type: 'escrow.bonus.charge_failed', bonusId, reason: 'cancelled' },
      { type: 'escrow.funding.orphaned', bonusId, amount: usd(5_250n) },
      { type: 'escrow.refund.decided', bonusId, amount: usd(5_250n) },
    ]);
    expect(await bonusOf(bonusId)).toMatchObject({ status: 'failed', transfer_id: null });
  });

  test('several at once are charged each for itself', async () => {
    const { agreementId, clientId } = await escrow().funded({ prices: [20_000n] });
    const begun = await Promise.all(
      [1n, 2n, 3n].map((n) => escrow().bonus(clientId, agreementId, n * 1_000n)),
    );
    for (const { fundingId } of begun) await escrow().charge(fundingId);
    const [row] = await escrow().rows(
      `select count(*)::int as bonuses from bonuses where agreement_id = $1 and status = 'released'`,
      [agreementId],
    );
    expect(row).toEqual({ bonuses: 3 });
  });

  test('P-6: whichever charge comes first has the initiation fee, and only one of them', async () => {
    const { agreementId, clientId, milestoneIds } = await escrow().agreement({ prices: [20_000n] });
    const { fundingId } = await escrow().bonus(clientId, agreementId, 5_000n);
    await escrow().charge(fundingId);
    await escrow().charge(await escrow().fundingOf(milestoneIds[0]!));
    const held = (await escrow().journals(agreementId)).map((journal) => linesOf(journal));
    expect(held.map((lines) => lines['E.fee.initiation_held'])).toEqual([undefined, undefined, -499n]);
    const other = await escrow().agreement({ prices: [20_000n], withMethod: false });
    await escrow().verifiedMethod(other.clientId);
    await escrow().charge((await escrow().bonus(other.clientId, other.agreementId, 5_000n)).fundingId);
    const [row] = await escrow().rows('select initiation_fee from agreements where id = $1', [
      other.agreementId,
    ]);
    expect(row).toEqual({ initiation_fee: 'earned' });
  });

  test('AD-16: another client’s agreement is unknown; without a method nothing is charged', async () => {
    const { agreementId, clientId } = await escrow().agreement({ withMethod: false });
    await expect(escrow().bonus(`client-${newId()}`, agreementId, 5_000n)).rejects.toMatchObject({
      code: 'agreement.unknown',
    });
    await expect(escrow().bonus(clientId, agreementId, 5_000n)).rejects.toMatchObject({
      code: 'billing_method.missing',
    });
  });
});
