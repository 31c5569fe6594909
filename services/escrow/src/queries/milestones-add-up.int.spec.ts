import { WallClock } from '@holdfast/messaging';
import { Proof } from '@holdfast/service';
import { describe, expect, test } from '@jest/globals';
import { definition } from '../escrow.module.ts';
import { useDisputes } from '../testing/chargebacks.ts';

const escrow = useDisputes();

async function check() {
  const proof = await new Proof(escrow().database.pool, definition, new WallClock()).take();
  return proof.checks.find(({ name }) => name === 'milestones.add_up')!;
}

/** A part released, its rest rolled over to the next milestone, and a bonus beside. */
async function moved() {
  const agreed = await escrow().funded({ prices: [10_000n, 30_000n] });
  const { clientId, agreementId, milestoneIds } = agreed;
  const [first, second] = milestoneIds as [string, string];
  await escrow().release(clientId, first, { amountMinor: 4_000n });
  const { fundingId } = await escrow().fund(clientId, second);
  await escrow().charge(fundingId);
  const bonus = await escrow().bonus(clientId, agreementId, 700n);
  await escrow().charge(bonus.fundingId);
  return { agreementId, first, second, bonusId: bonus.bonusId };
}

test('M-4: over all milestones, however their money moved', async () => {
  const before = (await check()).figures;
  await moved();
  const lost = await escrow().funded();
  const fundingId = await escrow().fundingOf(lost.milestoneIds[0]!);
  const dispute = await escrow().dispute(fundingId);
  await escrow().look(fundingId, dispute);
  await escrow().look(fundingId, { ...dispute, status: 'lost' });
  const given = await escrow().funded();
  await escrow().giveBack(given.freelancerId, given.milestoneIds[0]!);
  const { holds, rule, figures, findings } = await check();
  expect({ holds, rule, findings }).toEqual({ holds: true, rule: 'M-4', findings: [] });
  const more = (name: string) => Number(figures[name]) - Number(before[name]);
  expect([more('milestones'), more('bonuses'), more('heldMinor')]).toEqual([4, 1, 30_000]);
});

describe('M-4: one that does not add up is named by its id', () => {
  type Moved = Awaited<ReturnType<typeof moved>>;
  const plants: readonly [string, (known: Moved) => [id: string, damage: string, repair: string]][] = [
    [
      'its row',
      ({ second: id }) => [
        id,
        `update milestones set held_minor = held_minor - 1 where id = '${id}'`,
        `update milestones set held_minor = held_minor + 1 where id = '${id}'`,
      ],
    ],
    [
      'what is left of a lot',
      ({ second: id }) => [
        id,
        `update lots set principal_left_minor = principal_left_minor - 1 where milestone_id = '${id}' and rolled_from is null`,
        `update lots set principal_left_minor = principal_left_minor + 1 where milestone_id = '${id}' and rolled_from is null`,
      ],
    ],
    [
      'what a lot was paid with',
      ({ first: id }) => [
        id,
        `update lots set principal_minor = principal_minor + 1 where milestone_id = '${id}'`,
        `update lots set principal_minor = principal_minor - 1 where milestone_id = '${id}'`,
      ],
    ],
    [
      'its balance in the ledger',
      ({ second: id }) => [
        id,
        `update balances set amount_minor = amount_minor + 1 where account = 'E.escrow.milestone' and sub_account = '${id}'`,
        `update balances set amount_minor = amount_minor - 1 where account = 'E.escrow.milestone' and sub_account = '${id}'`,
      ],
    ],
    [
      'a transfer that was not released from it',
      ({ first: id }) => [
        id,
        `update transfers set gross_minor = gross_minor + 1 where milestone_id = '${id}'`,
        `update transfers set gross_minor = gross_minor - 1 where milestone_id = '${id}'`,
      ],
    ],
    [
      'a journal that is for something else',
      ({ agreementId, first: id }) => [
        id,
        `update journals set kind = 'treasury' where kind = 'release' and agreement_id = '${agreementId}' and id in
          (select journal_id from entries where account = 'E.escrow.milestone' and sub_account = '${id}')`,
        `update journals set kind = 'release' where kind = 'treasury' and agreement_id = '${agreementId}'`,
      ],
    ],
    [
      'a bonus of which something is held',
      ({ bonusId: id }) => [
        id,
        `update lots set principal_left_minor = 1 where bonus_id = '${id}'`,
        `update lots set principal_left_minor = 0 where bonus_id = '${id}'`,
      ],
    ],
  ];

  test.each(plants)('%s', async (_, plant) => {
    const [id, damage, repair] = plant(await moved());
    const forced = (text: string) =>
      escrow().database.superuserQuery(`set session_replication_role = replica; ${text}`);
    await forced(damage);
    try {
      const { holds, findings, findingsTotal } = await check();
      expect({ holds, findings, findingsTotal }).toEqual({
        holds: false,
        findings: [{ id, what: expect.stringMatching(/^(milestone|bonus): \d+ came, \d+ left, balance/) }],
        findingsTotal: 1,
      });
    } finally {
      await forced(repair);
    }
    expect((await check()).holds).toBe(true);
  });
});
