import { plusDays, plusMinutes, usd } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { describe, expect, jest, test } from '@jest/globals';
import { AgreementMoney } from '../queries/agreement-money.ts';
import { Draws } from '../testing/draws.ts';
import { http, useEscrow } from '../testing/escrow.ts';

jest.setTimeout(30_000);

const escrow = useEscrow();
const draws = () => new Draws(escrow());
const openOf = async ({ agreementId, clientId }: { agreementId: string; clientId: string }) => {
  const view = await new AgreementMoney(escrow().database.unitOfWork).of(agreementId, clientId);
  return (view as { paidRefundRequests: object[] }).paidRefundRequests;
};
const statusOf = async (id: string) => {
  const [row] = await escrow().rows('select status from paid_refund_requests where id = $1', [id]);
  return row!.status;
};

describe('E-18: the client asks for paid money', () => {
  test('both see it, nothing moves, and nothing happens by silence', async () => {
    const paid = await draws().released(20_000n);
    const { agreementId, clientId, freelancerId, milestoneId } = paid;
    const journals = (await escrow().journals(agreementId)).length;
    const openUntil = plusDays(escrow().now(), 180);
    const message = http();
    const answer = await draws().request(clientId, { milestoneId }, 5_000n, message);
    const { paidRefundRequestId } = answer;
    expect(answer).toMatchObject({ status: 'open', amount: { amountMinor: '5000', currency: 'USD' } });
    expect(await draws().request(clientId, { milestoneId }, 5_000n, message)).toEqual(answer);
    const asked = { agreementId, paidRefundRequestId, milestoneId, clientId, freelancerId };
    expect((await escrow().published(agreementId)).at(-1)).toEqual({
      type: 'escrow.refund.asked',
      ...asked,
      amount: usd(5_000n),
      openUntil: new Date(answer.openUntil),
    });
    expect(new Date(answer.openUntil).getTime()).toBeLessThanOrEqual(openUntil.getTime());
    for (const party of [clientId, freelancerId]) {
      expect(await openOf({ agreementId, clientId: party })).toMatchObject([
        { paidRefundRequestId, milestoneId, amount: { amountMinor: '5000' }, openUntil: answer.openUntil },
      ]);
    }
    escrow().pass(plusDays(escrow().now(), 400));
    expect(await statusOf(paidRefundRequestId)).toBe('open');
    expect(await escrow().journals(agreementId)).toHaveLength(journals);
  });

  test('what the freelancer gives answers it; refused by the balance it waits again (E-25)', async () => {
    const paid = await draws().released(20_000n);
    const { clientId, freelancerId, milestoneId } = paid;
    const { paidRefundRequestId } = await draws().request(clientId, { milestoneId });
    const refused = await draws().ask(freelancerId, milestoneId);
    expect(await statusOf(paidRefundRequestId)).toBe('given');
    await draws().refused(paid, refused);
    expect(await statusOf(paidRefundRequestId)).toBe('open');
    expect(await openOf(paid)).toHaveLength(1);
    await draws().taken(paid, await draws().ask(freelancerId, milestoneId, 3_000n));
    expect(await statusOf(paidRefundRequestId)).toBe('given');
    expect(await openOf(paid)).toEqual([]);
    // Part was given; the client may ask for the rest, and not for more.
    await expect(draws().request(clientId, { milestoneId }, 17_001n)).rejects.toMatchObject({
      code: 'refund.exceeds_paid',
    });
    await draws().request(clientId, { milestoneId }, 17_000n);
  });

  test('a refusal does not wake it where the client has asked anew', async () => {
    const paid = await draws().released(20_000n);
    const { clientId, freelancerId, milestoneId } = paid;
    const first = await draws().request(clientId, { milestoneId }, 10_000n);
    const answer = await draws().ask(freelancerId, milestoneId, 10_000n);
    const second = await draws().request(clientId, { milestoneId }, 4_000n);
    await draws().refused(paid, answer);
    expect(await statusOf(first.paidRefundRequestId)).toBe('given');
    expect(await statusOf(second.paidRefundRequestId)).toBe('open');
  });

  test('the freelancer declines once; then it may be asked again', async () => {
    const paid = await draws().released(20_000n);
    const { agreementId, clientId, freelancerId, milestoneId } = paid;
    const { paidRefundRequestId } = await draws().request(clientId, { milestoneId }, 5_000n);
    const unknown = { code: 'paid_refund_request.unknown' };
    await expect(draws().decline(clientId, paidRefundRequestId)).rejects.toMatchObject(unknown);
    await expect(draws().decline(freelancerId, newId())).rejects.toMatchObject(unknown);
    expect(await draws().decline(freelancerId, paidRefundRequestId)).toEqual({
      paidRefundRequestId,
      status: 'declined',
    });
    expect((await escrow().published(agreementId)).at(-1)).toEqual({
      type: 'escrow.refund.declined',
      agreementId,
      paidRefundRequestId,
      milestoneId,
      amount: usd(5_000n),
    });
    await expect(draws().decline(freelancerId, paidRefundRequestId)).rejects.toMatchObject({
      code: 'paid_refund_request.closed',
    });
    await draws().request(clientId, { milestoneId });
  });

  test('only the client, only what was paid, one at a time, and only for `refund.days`', async () => {
    const paid = await draws().released(20_000n);
    const { clientId, freelancerId, milestoneId } = paid;
    const asking = (who: string, amountMinor?: bigint) => draws().request(who, { milestoneId }, amountMinor);
    await expect(asking(freelancerId)).rejects.toMatchObject({ code: 'milestone.unknown' });
    await expect(asking(clientId, 20_001n)).rejects.toMatchObject({ code: 'refund.exceeds_paid' });
    await asking(clientId, 5_000n);
    await expect(asking(clientId, 6_000n)).rejects.toMatchObject({ code: 'paid_refund_request.open' });
    escrow().pass(plusDays(escrow().now(), 180));
    await expect(asking(clientId)).rejects.toMatchObject({ code: 'refund.too_late' });
    const held = await escrow().funded();
    await expect(
      draws().request(held.clientId, { milestoneId: held.milestoneIds[0]! }),
    ).rejects.toMatchObject({ code: 'refund.exceeds_paid' });
  });

  test('one whose time is over gives way to another', async () => {
    const agreed = await escrow().funded({ prices: [20_000n] });
    const { clientId } = agreed;
    const milestoneId = agreed.milestoneIds[0]!;
    await escrow().release(clientId, milestoneId, { amountMinor: 12_000n });
    const first = await draws().request(clientId, { milestoneId });
    escrow().pass(plusDays(escrow().now(), 10));
    await escrow().release(clientId, milestoneId);
    escrow().pass(plusMinutes(new Date(first.openUntil), 1));
    const second = await draws().request(clientId, { milestoneId });
    expect(second.amount.amountMinor).toBe('8000');
    expect(await statusOf(first.paidRefundRequestId)).toBe('lapsed');
    expect(await openOf(agreed)).toMatchObject([{ paidRefundRequestId: second.paidRefundRequestId }]);
  });

  test('I12: of two who ask at once one does', async () => {
    const { clientId, milestoneId } = await draws().released(20_000n);
    const asked = await Promise.allSettled([
      draws().request(clientId, { milestoneId }, 1_000n),
      draws().request(clientId, { milestoneId }, 2_000n),
    ]);
    expect(asked.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(asked.find((one) => one.status === 'rejected')!.reason).toMatchObject({
      code: 'paid_refund_request.open',
    });
  });

  test('a bonus as a milestone', async () => {
    const paid = await draws().paidBonus(10_000n);
    const { bonusId, clientId, freelancerId } = paid;
    const { paidRefundRequestId } = await draws().request(clientId, { bonusId });
    expect(await openOf(paid)).toMatchObject([{ paidRefundRequestId, bonusId }]);
    await draws().askOfBonus(freelancerId, bonusId);
    expect(await statusOf(paidRefundRequestId)).toBe('given');
    await expect(draws().request(freelancerId, { bonusId })).rejects.toMatchObject({ code: 'bonus.unknown' });
  });
});
