import { plusDays, usd } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { describe, expect, jest, test } from '@jest/globals';
import type { DrawAnswer } from '../commands/draw-paid.ts';
import { SupportRefunds } from '../queries/support-refunds.ts';
import { Draws } from '../testing/draws.ts';
import { http, linesOf, texts, useEscrow } from '../testing/escrow.ts';

jest.setTimeout(30_000);

const escrow = useEscrow();
const draws = () => new Draws(escrow());
const wait = (days: number): void => escrow().pass(plusDays(escrow().now(), days));
const rowsOf = (milestoneId: string) =>
  escrow().rows('select * from support_refunds where milestone_id = $1 order by id', [milestoneId]);
const listed = async (milestoneId: string) => {
  const view = await new SupportRefunds(escrow().database.orm, texts).list();
  const { supportRefunds } = view as { supportRefunds: { milestoneId?: string }[] };
  return supportRefunds.filter((one) => one.milestoneId === milestoneId);
};
const secondPerson = { code: 'refund.second_person_needed' };

describe('E-18: from `refund.days` to a year support alone gives paid money back', () => {
  test('E-25: without the word of the freelancer, from the balance; the reason is kept, encrypted', async () => {
    const paid = await draws().released(20_000n);
    const { agreementId, clientId, milestoneId } = paid;
    const { paidRefundRequestId } = await draws().request(clientId, { milestoneId });
    await expect(draws().bySupport('operator-1', { milestoneId })).rejects.toMatchObject({
      code: 'refund.too_early',
    });
    wait(180);
    const message = http();
    const answer = (await draws().bySupport('operator-1', { milestoneId }, undefined, message)) as DrawAnswer;
    expect(answer).toMatchObject({ milestoneId, status: 'drawing', net: { amountMinor: '18000' } });
    expect(await draws().bySupport('operator-1', { milestoneId }, undefined, message)).toEqual(answer);
    expect((await escrow().published(agreementId)).at(-1)).toMatchObject({
      type: 'escrow.refund.drawn_on_balance',
      accountId: paid.freelancerId,
      net: usd(18_000n),
      debtAllowed: false,
    });
    await draws().taken(paid, answer);
    expect(linesOf((await escrow().journals(agreementId)).at(-1)!)).toMatchObject({
      'E.clearing.payouts': 18_000n,
      'E.refund.payable': -21_000n,
    });
    const [row] = await rowsOf(milestoneId);
    expect(row).toMatchObject({
      amount_minor: 20_000n,
      total_minor: 21_000n,
      proposed_by: 'operator-1',
      approved_by: null,
      transfer_id: answer.transferId,
    });
    expect(String(row!.proposed_reason)).not.toContain('gone');
    expect(await listed(milestoneId)).toEqual([
      {
        supportRefundId: row!.id,
        agreementId,
        milestoneId,
        status: 'drawn',
        amount: { amountMinor: '20000', currency: 'USD' },
        total: { amountMinor: '21000', currency: 'USD' },
        proposedBy: 'operator-1',
        reason: 'The freelancer is gone',
        proposedAt: expect.any(String),
      },
    ]);
    const [request] = await escrow().rows('select * from paid_refund_requests where id = $1', [
      paidRefundRequestId,
    ]);
    expect(request).toMatchObject({ status: 'given', transfer_id: answer.transferId });
  });

  test('the freelancer cannot any more, and after a year nobody can', async () => {
    const { freelancerId, milestoneId } = await draws().released(20_000n);
    wait(180);
    await expect(draws().ask(freelancerId, milestoneId)).rejects.toMatchObject({ code: 'refund.too_late' });
    await expect(draws().bySupport('operator-1', { milestoneId }, 20_001n)).rejects.toMatchObject({
      code: 'refund.exceeds_paid',
    });
    wait(185);
    await expect(draws().bySupport('operator-1', { milestoneId })).rejects.toMatchObject({
      code: 'refund.too_late',
    });
    await expect(draws().bySupport('operator-1', { milestoneId: newId() })).rejects.toMatchObject({
      code: 'milestone.unknown',
    });
  });

  test('E-25: what the balance refuses moves nothing, and may be tried again', async () => {
    const paid = await draws().released(60_000n);
    const { milestoneId } = paid;
    wait(180);
    // Twice as much would need two persons; what was refused does not count.
    await draws().refused(paid, (await draws().bySupport('operator-1', { milestoneId })) as DrawAnswer);
    expect(await draws().bySupport('operator-1', { milestoneId })).toMatchObject({ status: 'drawing' });
  });

  test('a bonus as a milestone', async () => {
    const paid = await draws().paidBonus(10_000n);
    const { bonusId } = paid;
    wait(180);
    const answer = await draws().bySupport('operator-1', { bonusId }, 4_000n);
    expect(answer).toMatchObject({ bonusId, status: 'drawing', net: { amountMinor: '3600' } });
    await draws().taken(paid, answer as DrawAnswer);
    expect((await escrow().published(paid.agreementId)).at(-2)).toMatchObject({
      type: 'escrow.refund.decided',
      bonusId,
      cause: 'after_release',
      amount: usd(4_200n),
    });
  });
});

describe('S-11: above `staff.dual_control` two persons decide', () => {
  test('the first proposes, another decides the same amount; nobody does both', async () => {
    const { agreementId, milestoneId } = await draws().released(200_000n);
    wait(180);
    const published = (await escrow().published(agreementId)).length;
    const proposed = await draws().bySupport('operator-1', { milestoneId }, 150_000n);
    expect(proposed).toMatchObject({ milestoneId, status: 'proposed', total: { amountMinor: '157500' } });
    expect(await escrow().published(agreementId)).toHaveLength(published);
    await expect(draws().bySupport('operator-1', { milestoneId }, 150_000n)).rejects.toMatchObject(
      secondPerson,
    );
    // Another amount is another proposal.
    expect(await draws().bySupport('operator-2', { milestoneId }, 140_000n)).toMatchObject({
      status: 'proposed',
    });
    const drawn = await draws().bySupport('operator-2', { milestoneId }, 150_000n);
    expect(drawn).toMatchObject({ status: 'drawing', net: { amountMinor: '135000' } });
    const rows = await rowsOf(milestoneId);
    expect(rows[0]).toMatchObject({
      proposed_by: 'operator-1',
      approved_by: 'operator-2',
      approved_at: expect.any(Date),
      transfer_id: (drawn as DrawAnswer).transferId,
    });
    expect(rows[1]).toMatchObject({ amount_minor: 140_000n, transfer_id: null });
    const reason = 'The freelancer is gone';
    // What waits for a second person stands first.
    expect(await listed(milestoneId)).toMatchObject([
      { status: 'proposed', proposedBy: 'operator-2', reason },
      { status: 'drawn', proposedBy: 'operator-1', reason, approvedBy: 'operator-2', approvedReason: reason },
    ]);
    // What was proposed before is more than is left of it.
    await expect(draws().bySupport('operator-1', { milestoneId }, 140_000n)).rejects.toMatchObject({
      code: 'refund.exceeds_paid',
    });
  });

  test('with the fees on it, and nobody passes the limit in small steps', async () => {
    const { milestoneId } = await draws().released(200_000n);
    wait(180);
    // 95,238 with 5 percent are 100,000: the limit itself needs one person.
    expect(await draws().bySupport('operator-1', { milestoneId }, 95_238n)).toMatchObject({
      status: 'drawing',
      refunds: [{ amount: { amountMinor: '100000' } }],
    });
    expect(await draws().bySupport('operator-1', { milestoneId }, 100n)).toMatchObject({
      status: 'proposed',
    });
    await expect(draws().bySupport('operator-1', { milestoneId }, 100n)).rejects.toMatchObject(secondPerson);
    expect(await draws().bySupport('operator-2', { milestoneId }, 100n)).toMatchObject({ status: 'drawing' });
  });

  test('I12: two who want it at once are the two persons', async () => {
    const { milestoneId } = await draws().released(200_000n);
    wait(180);
    const answers = await Promise.all(
      ['operator-1', 'operator-2'].map((by) => draws().bySupport(by, { milestoneId })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual(['drawing', 'proposed']);
    expect(await rowsOf(milestoneId)).toHaveLength(1);
  });
});
