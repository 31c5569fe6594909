import { plusDays, plusHours } from '@holdfast/domain';
import { pinnedDefaults } from '@holdfast/events';
import { newId } from '@holdfast/messaging';
import { describe, expect, jest, test } from '@jest/globals';
import { Dormancies } from '../testing/dormancies.ts';
import { Endings } from '../testing/endings.ts';
import { useEscrow } from '../testing/escrow.ts';

jest.setTimeout(60_000);

const escrow = useEscrow();
const dormancies = () => new Dormancies(escrow());
const dormancyOf = async (agreementId: string) => (await dormancies().row(agreementId)).status;

type Asked = Awaited<ReturnType<Dormancies['freelancerAsked']>>;

async function bonus({ clientId, agreementId }: Asked): Promise<void> {
  const { fundingId } = await escrow().bonus(clientId, agreementId, 1_000n);
  await escrow().charge(fundingId);
}

async function furtherMilestone({ clientId, agreementId }: Asked): Promise<void> {
  const milestoneId = newId();
  await escrow().addMilestone(agreementId, milestoneId, { order: 2, priceMinor: 50_000n });
  await escrow().fund(clientId, milestoneId);
}

describe('E-20: each activity restarts the clock', () => {
  const acts: [string, (agreed: Asked) => Promise<unknown>][] = [
    ['a part is released', (it) => escrow().release(it.clientId, it.milestoneIds[0]!, { amountMinor: 100n })],
    ['a bonus is charged', bonus],
    ['what is held is given back', (it) => escrow().giveBack(it.freelancerId, it.milestoneIds[0]!)],
    ['the client asks for it back', (it) => new Endings(escrow()).end(it, { [it.milestoneIds[0]!]: 0n })],
    ['a further milestone is funded', furtherMilestone],
    ['contracts tells of one', (it) => dormancies().act(it.agreementId, escrow().now())],
  ];

  test.each(acts)('%s', async (_, act) => {
    const settings = { ...pinnedDefaults, 'funding.mode': 'project_upfront' } as const;
    const agreed = await dormancies().freelancerAsked({ prices: [40_000n], settings });
    const { agreementId } = agreed;
    const at = escrow().now();
    await act(agreed);
    expect(await escrow().published(agreementId)).toContainEqual(
      expect.objectContaining({ type: 'escrow.dormancy.cancelled', reason: 'activity' }),
    );
    const row = await dormancies().row(agreementId);
    expect(row).toMatchObject({ status: 'watching', due_at: null, waits: null });
    expect((row.turn_at as Date).getTime()).toBeGreaterThanOrEqual(plusDays(at, 76).getTime());
  });

  test('M-16: one from before the due instant counts however late it is heard of, one at it does not', async () => {
    const first = await dormancies().freelancerAsked();
    const dueAt = (await dormancies().row(first.agreementId)).due_at as Date;
    escrow().pass(plusDays(dueAt, 1));
    await dormancies().act(first.agreementId, plusHours(dueAt, -1));
    expect(await dormancyOf(first.agreementId)).toBe('watching');
    const second = await dormancies().freelancerAsked();
    const laterDueAt = (await dormancies().row(second.agreementId)).due_at as Date;
    escrow().pass(plusDays(laterDueAt, 1));
    await dormancies().act(second.agreementId, laterDueAt);
    expect(await dormancyOf(second.agreementId)).toBe('freelancer_asked');
  });
});
