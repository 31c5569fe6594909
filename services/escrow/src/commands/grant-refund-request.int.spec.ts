import { plusDays, plusHours, usd } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { describe, expect, jest, test } from '@jest/globals';
import { Disputes } from '../testing/chargebacks.ts';
import { Endings } from '../testing/endings.ts';
import { http, linesOf, useEscrow } from '../testing/escrow.ts';

jest.setTimeout(30_000);

const escrow = useEscrow();
const endings = () => new Endings(escrow());
const last = async (agreementId: string) => (await escrow().published(agreementId)).at(-1);
const statusOfRequest = async (id: string) => (await endings().requestRow(id)).status;

test('G-8.3a: the freelancer agrees; principal and fee go back, nothing of the initiation fee', async () => {
  const { agreementId, freelancerId, milestoneId, refundRequestId } = await endings().asked(15_000n);
  expect(await endings().approve(freelancerId, refundRequestId)).toEqual({
    refundRequestId,
    status: 'approved',
  });
  const refund = (await escrow().journals(agreementId)).at(-1)!;
  expect(linesOf(refund)).toEqual({
    'E.escrow.milestone': 25_000n,
    'E.fee.client_held': 1_250n,
    'E.refund.payable': -26_250n,
  });
  expect(await last(agreementId)).toMatchObject({
    type: 'escrow.refund.decided',
    refundRequestId,
    cause: 'consent',
    amount: usd(26_250n),
  });
  await escrow().seeRefund(agreementId, 'succeeded');
  expect(await escrow().statusOf(milestoneId)).toBe('split');
  expect((await escrow().typesOf(agreementId)).slice(-3)).toEqual([
    'escrow.refund.paid',
    'escrow.milestone.refunded',
    'escrow.contract.cleared',
  ]);
});

test('G-7.2a: silence, after two proven notices; dated at the end, and the initiation fee goes back too', async () => {
  const asked = await endings().asked();
  const { agreementId, refundRequestId, dueAt } = asked;
  await endings().notice(asked, plusDays(dueAt, -7));
  await endings().notice(asked, plusDays(dueAt, -2));
  escrow().pass(plusDays(dueAt, 1));
  await endings().silence(refundRequestId, dueAt);
  const refund = (await escrow().journals(agreementId)).at(-1)!;
  expect(linesOf(refund)).toEqual({
    'E.escrow.milestone': 40_000n,
    'E.fee.client_held': 2_000n,
    'E.fee.initiation_held': 499n,
    'E.refund.payable': -42_499n,
  });
  expect(refund.valueDate).toEqual(dueAt);
  expect(await last(agreementId)).toMatchObject({ cause: 'silence', amount: usd(42_499n) });
  expect(await statusOfRequest(refundRequestId)).toBe('silent');
  await escrow().seeRefund(agreementId, 'succeeded');
  expect(await last(agreementId)).toMatchObject({ type: 'escrow.contract.cleared' });
});

describe('C-8: silence without proof', () => {
  test('takes nothing; the second notice that is proven later starts the deadline anew', async () => {
    const asked = await endings().asked();
    const { agreementId, refundRequestId, milestoneId, dueAt } = asked;
    await endings().notice(asked, plusDays(dueAt, -7));
    escrow().pass(plusDays(dueAt, 3));
    await endings().silence(refundRequestId, dueAt);
    expect(await statusOfRequest(refundRequestId)).toBe('unproven');
    expect(await escrow().statusOf(milestoneId)).toBe('refund_pending');
    expect(await last(agreementId)).toMatchObject({
      ...{ type: 'escrow.deadline.suspended', leftMs: 0, reason: 'notice_not_proven' },
    });
    const second = plusDays(dueAt, 2);
    await endings().notice(asked, second);
    const movedTo = plusHours(second, 24);
    expect(await last(agreementId)).toEqual({
      type: 'escrow.deadline.moved',
      agreementId,
      deadlineKind: 'refund.silence',
      deadlineId: refundRequestId,
      dueAt: movedTo,
      reason: 'notice_not_proven',
    });
    await endings().silence(refundRequestId, movedTo);
    expect(await escrow().statusOf(milestoneId)).toBe('refunding');
  });

  test('a notice to the client, or the same one twice, proves nothing', async () => {
    const asked = await endings().asked();
    const { refundRequestId, clientId, dueAt } = asked;
    const noticeId = newId();
    await endings().notice(asked, plusDays(dueAt, -7), { noticeId });
    await endings().notice(asked, plusDays(dueAt, -7), { noticeId });
    await endings().notice({ refundRequestId, freelancerId: clientId }, plusDays(dueAt, -5));
    await endings().silence(refundRequestId, dueAt);
    expect(await statusOfRequest(refundRequestId)).toBe('unproven');
  });

  test('a bounced one stops it, for an operator', async () => {
    const asked = await endings().asked();
    const { refundRequestId, dueAt } = asked;
    for (const days of [-7, -2]) await endings().notice(asked, plusDays(dueAt, days));
    await endings().notice(asked, plusDays(dueAt, -1), { outcome: 'bounced' });
    await endings().silence(refundRequestId, dueAt);
    expect(await endings().requestRow(refundRequestId)).toMatchObject({ status: 'stopped', due_at: null });
  });
});

describe('E-16: a safety hold on a party', () => {
  test('stands the deadline still, and it goes on with the time left', async () => {
    const asked = await endings().asked();
    const { agreementId, refundRequestId, clientId, freelancerId, milestoneId, dueAt } = asked;
    for (const days of [-7, -6]) await endings().notice(asked, plusDays(dueAt, days));
    const [holdId, at] = [newId(), plusDays(dueAt, -3)];
    await escrow().hold(clientId, { holdId, at });
    expect(await endings().requestRow(refundRequestId)).toMatchObject({
      status: 'suspended',
      left_ms: BigInt(3 * 24 * 3_600_000),
    });
    expect(await last(agreementId)).toMatchObject({
      ...{ type: 'escrow.deadline.suspended', deadlineId: refundRequestId, reason: 'frozen' },
      leftMs: 3 * 24 * 3_600_000,
    });
    await endings().silence(refundRequestId, dueAt);
    expect(await escrow().statusOf(milestoneId)).toBe('refund_pending');
    await expect(endings().approve(freelancerId, refundRequestId)).rejects.toMatchObject({
      code: 'milestone.frozen',
    });
    await escrow().hold(clientId, { holdId, isStanding: false });
    const moved = (await escrow().published(agreementId)).at(-1) as { type: string; dueAt: Date };
    expect(moved).toMatchObject({ type: 'escrow.deadline.moved', reason: 'unfrozen' });
    await endings().silence(refundRequestId, moved.dueAt);
    expect(await escrow().statusOf(milestoneId)).toBe('refunding');
  });

  test('M-16: one placed at the end, and heard of before the timer ran, is too late', async () => {
    const asked = await endings().asked();
    const { refundRequestId, clientId, milestoneId, dueAt } = asked;
    for (const days of [-7, -2]) await endings().notice(asked, plusDays(dueAt, days));
    escrow().pass(plusDays(dueAt, 1));
    await escrow().hold(clientId, { at: dueAt });
    await endings().silence(refundRequestId, dueAt);
    expect(await escrow().statusOf(milestoneId)).toBe('refunding');
    expect(await escrow().rows('select ended from freezes where milestone_id = $1', [milestoneId])).toEqual([
      { ended: true },
    ]);
  });
});

test('M-16, E-23: a chargeback at the end does not stop the silence; its refund waits for the bank', async () => {
  const disputes = new Disputes(escrow().database);
  const asked = await endings().asked();
  const { agreementId, refundRequestId, milestoneId, dueAt } = asked;
  for (const days of [-7, -2]) await endings().notice(asked, plusDays(dueAt, days));
  escrow().pass(plusDays(dueAt, 1));
  const fundingId = await escrow().fundingOf(milestoneId);
  await disputes.look(fundingId, await disputes.dispute(fundingId));
  await endings().silence(refundRequestId, dueAt);
  expect(await escrow().statusOf(milestoneId)).toBe('refunding');
  expect(await escrow().refundAttemptOf(agreementId)).toMatchObject({ status: 'waiting' });
});

test('E-16, M-16, C-8: a hold that came too late stands before the instant that a late proof moves it to', async () => {
  const asked = await endings().asked();
  const { agreementId, freelancerId, milestoneId, refundRequestId, dueAt } = asked;
  await endings().notice(asked, plusDays(dueAt, -6));
  const holdId = newId();
  escrow().pass(plusHours(dueAt, -2));
  await escrow().hold(freelancerId, { holdId });
  await endings().notice(asked, escrow().now());
  await escrow().hold(freelancerId, { holdId, isStanding: false });
  const due = (await endings().requestRow(refundRequestId)).due_at as Date;
  escrow().pass(plusHours(due, 1));
  await escrow().hold(freelancerId, { holdId: newId() });
  await endings().silence(refundRequestId, due);
  expect(await statusOfRequest(refundRequestId)).toBe('suspended');
  expect(await escrow().statusOf(milestoneId)).toBe('refund_pending');
  expect((await escrow().typesOf(agreementId)).at(-1)).not.toBe('escrow.refund.decided');
});

test('E-14: an answer at the end is refused, and of a stranger it is unknown', async () => {
  const { freelancerId, clientId, refundRequestId, dueAt } = await endings().asked();
  await expect(endings().approve(clientId, refundRequestId)).rejects.toMatchObject({
    code: 'refund_request.unknown',
  });
  escrow().pass(dueAt);
  await expect(endings().approve(freelancerId, refundRequestId)).rejects.toMatchObject({
    code: 'refund_request.over',
  });
});

test('E-7: paid in full in the meantime, the request is settled and the contract cleared', async () => {
  const { agreementId, clientId, freelancerId, milestoneId, refundRequestId } = await endings().asked();
  await escrow().release(clientId, milestoneId);
  expect(await statusOfRequest(refundRequestId)).toBe('settled');
  expect(await last(agreementId)).toMatchObject({ type: 'escrow.contract.cleared' });
  await expect(endings().approve(freelancerId, refundRequestId)).rejects.toMatchObject({
    code: 'refund_request.closed',
  });
});

test('the same answer twice decides once', async () => {
  const { agreementId, freelancerId, refundRequestId } = await endings().asked();
  const message = http();
  for (let times = 0; times < 2; times += 1) {
    await endings().approve(freelancerId, refundRequestId, message);
  }
  const refunds = await escrow().rows('select from refunds where agreement_id = $1', [agreementId]);
  expect(refunds).toHaveLength(1);
});

describe('I12: an answer against silence, and against a release', () => {
  test('consent and silence at once: one refund', async () => {
    for (let round = 0; round < 5; round += 1) {
      const asked = await endings().asked();
      const { agreementId, freelancerId, refundRequestId, dueAt } = asked;
      for (const days of [-7, -2]) await endings().notice(asked, plusDays(dueAt, days));
      await Promise.allSettled([
        endings().approve(freelancerId, refundRequestId),
        endings().silence(refundRequestId, dueAt),
      ]);
      const refunds = await escrow().rows('select from refunds where agreement_id = $1', [agreementId]);
      expect(refunds).toHaveLength(1);
    }
  });

  test('consent and release at once: the money goes one way', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { agreementId, clientId, freelancerId, milestoneId, refundRequestId } = await endings().asked();
      await Promise.allSettled([
        endings().approve(freelancerId, refundRequestId),
        escrow().release(clientId, milestoneId),
      ]);
      const kinds = (await escrow().journals(agreementId)).map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === 'refund' || kind === 'release')).toHaveLength(1);
    }
  });
});
