import { NotYet, usd } from '@holdfast/domain';
import { pinnedDefaults } from '@holdfast/events';
import { newId } from '@holdfast/messaging';
import { describe, expect, test } from '@jest/globals';
import { event, useEscrow } from '../testing/escrow.ts';

const escrow = useEscrow();

/** Two milestones, of which the second one is agreed. */
async function agreed() {
  const agreement = await escrow().funded({ prices: [50_000n, 30_000n] });
  const [m1, m2] = agreement.milestoneIds as [string, string];
  return { ...agreement, m1, m2 };
}
const answerOf = async (agreementId: string) => (await escrow().published(agreementId)).at(-1);

describe('A-13: a change of an agreed milestone', () => {
  test('holds from the answer on: an older version is no longer charged', async () => {
    const { agreementId, clientId, m1, m2 } = await agreed();
    const message = event();
    await escrow().changeTerms(m2, { version: 2, priceMinor: 40_000n, message });
    await escrow().changeTerms(m2, { version: 2, priceMinor: 40_000n, message });
    expect(await answerOf(agreementId)).toEqual({
      type: 'escrow.milestone.terms_applied',
      agreementId,
      milestoneId: m2,
      version: 2,
      price: usd(40_000n),
      deleted: false,
    });
    await escrow().release(clientId, m1);
    await expect(escrow().fund(clientId, m2)).rejects.toMatchObject({ code: 'terms.version_outdated' });
    await escrow().charge((await escrow().fund(clientId, m2, { version: 2 })).fundingId);
    const [row] = await escrow().rows('select held_minor from milestones where id = $1', [m2]);
    expect(row).toEqual({ held_minor: 40_000n });
  });

  test('deleted, it is gone', async () => {
    const { agreementId, clientId, m2 } = await agreed();
    await escrow().changeTerms(m2, { version: 2, isDeleted: true });
    expect(await answerOf(agreementId)).toMatchObject({ deleted: true });
    expect(await escrow().statusOf(m2)).toBe('cancelled');
    await expect(escrow().fund(clientId, m2)).rejects.toMatchObject({ code: 'milestone.cancelled' });
    await escrow().changeTerms(m2, { version: 3 });
    expect(await answerOf(agreementId)).toMatchObject({ reason: 'settled' });
  });

  test('is refused where it comes too late, and says why', async () => {
    const { agreementId, clientId, m1, m2 } = await agreed();
    const refusalOf = async (milestoneId: string, version = 2) => {
      await escrow().changeTerms(milestoneId, { version });
      const answer = await answerOf(agreementId);
      return answer?.type === 'escrow.milestone.terms_refused' && answer.reason;
    };
    expect(await refusalOf(m1)).toBe('funded');
    expect(await refusalOf(m2, 1)).toBe('outdated');
    await escrow().release(clientId, m1);
    expect(await refusalOf(m1)).toBe('settled');
    await escrow().fund(clientId, m2);
    expect(await refusalOf(m2)).toBe('funding_pending');
  });

  test('A-19: is refused while the contract is closing', async () => {
    const { agreementId, m2 } = await agreed();
    await escrow().rows(`update agreements set status = 'closing' where id = $1`, [agreementId]);
    await escrow().changeTerms(m2, { version: 2 });
    expect(await answerOf(agreementId)).toMatchObject({ reason: 'contract_closing' });
  });

  test('E-26: against the client’s charge: one of the two, and the other hears it', async () => {
    for (let round = 0; round < 4; round += 1) {
      const { agreementId, clientId, m1, m2 } = await agreed();
      await escrow().release(clientId, m1);
      const [funded] = await Promise.allSettled([
        escrow().fund(clientId, m2),
        escrow().changeTerms(m2, { version: 2 }),
      ]);
      const answer = (await escrow().typesOf(agreementId)).find((type) => /terms_/.test(type));
      expect([funded!.status, answer]).toEqual(
        funded!.status === 'fulfilled'
          ? ['fulfilled', 'escrow.milestone.terms_refused']
          : ['rejected', 'escrow.milestone.terms_applied'],
      );
    }
  });

  test('E-26: a charge of older terms that succeeds late is an orphan', async () => {
    const { agreementId, milestoneIds } = await escrow().agreement();
    const [m1] = milestoneIds as [string];
    const fundingId = await escrow().fundingOf(m1);
    await escrow().see(fundingId, 'requires_payment_method');
    await escrow().see(fundingId, 'canceled');
    await escrow().changeTerms(m1, { version: 2 });
    await escrow().see(fundingId, 'succeeded');
    expect(await escrow().typesOf(agreementId)).toContain('escrow.funding.orphaned');
    expect(await escrow().statusOf(m1)).toBe('agreed');
  });
});

test('A-9: a milestone agreed later than the offer is charged like the others', async () => {
  const settings = { ...pinnedDefaults, 'funding.mode': 'project_upfront' } as const;
  const { agreementId, clientId } = await escrow().funded({ settings });
  const milestoneId = newId();
  await escrow().addMilestone(agreementId, milestoneId, { order: 2, priceMinor: 5_000n });
  await escrow().charge((await escrow().fund(clientId, milestoneId)).fundingId);
  expect(await escrow().statusOf(milestoneId)).toBe('funded');
  await expect(escrow().addMilestone(newId(), newId(), { order: 1, priceMinor: 1n })).rejects.toThrow(NotYet);
});

test('A-13, E-9: after a reordering a rest rolls by the new order', async () => {
  const settings = { ...pinnedDefaults, 'fee.initiation': 0 };
  const { clientId, milestoneIds } = await escrow().agreement({
    prices: [50_000n, 30_000n],
    withMethod: false,
    settings,
  });
  await escrow().verifiedMethod(clientId);
  const [m1, m2] = milestoneIds as [string, string];
  // Two facts of one act: in between both have the same place.
  await escrow().orderMilestone(m2, 1);
  await escrow().orderMilestone(m1, 2);
  await escrow().charge((await escrow().fund(clientId, m2)).fundingId);
  await escrow().release(clientId, m2, { amountMinor: 10_000n });
  await escrow().fund(clientId, m1);
  const [row] = await escrow().rows('select reserved_minor from milestones where id = $1', [m2]);
  expect(row).toEqual({ reserved_minor: 20_000n });
});
