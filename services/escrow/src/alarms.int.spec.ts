import { plusMinutes, usd } from '@holdfast/domain';
import { BusinessClock, newId } from '@holdfast/messaging';
import { FinishNotice, FinishNoticeHandler, ReceiveNotice, ReceiveNoticeHandler } from '@holdfast/providers';
import type { AlarmCheck, Finding } from '@holdfast/service';
import { describe, expect, test } from '@jest/globals';
import { MikroORM } from '@mikro-orm/postgresql';
import { escrowAlarms } from './alarms.ts';
import { ReadCosts, ReadCostsHandler } from './commands/read-costs.ts';
import { RecordCosts, RecordCostsHandler } from './commands/record-costs.ts';
import { SettleCard, SettleCardHandler } from './commands/settle-card.ts';
import { useDisputes } from './testing/chargebacks.ts';
import { Dormancies } from './testing/dormancies.ts';
import { Draws } from './testing/draws.ts';
import { Endings } from './testing/endings.ts';
import { http, texts } from './testing/escrow.ts';
import { Verifications } from './testing/small-charges.ts';

const escrow = useDisputes();

function checks(): AlarmCheck[] {
  const { orm, clock } = escrow().database;
  const known = new Map<unknown, unknown>([
    [MikroORM, orm],
    [BusinessClock, clock],
  ]);
  return escrowAlarms({ get: (token: unknown) => known.get(token) } as never);
}

/** What a check finds about one id; other tests of this file leave theirs behind. */
async function found(alarm: string, id: string): Promise<Finding[]> {
  const findings = await checks()
    .find(({ name }) => name === alarm)!
    .find();
  return findings.filter((finding) => finding.id === id);
}

const passMinutes = (minutes: number): void => escrow().pass(plusMinutes(escrow().now(), minutes));

test('before anything has happened nothing is found', async () => {
  for (const { find } of checks()) expect(await find()).toEqual([]);
});

test('M-22: a transfer that payouts does not answer is named after 15 minutes, until it is answered', async () => {
  const { clientId, agreementId, milestoneIds, submissionId } = await escrow().submitted();
  const { transferId } = await escrow().release(clientId, milestoneIds[0]!, { submissionId });
  passMinutes(14);
  expect(await found('transfer.unanswered', transferId)).toEqual([]);
  passMinutes(2);
  expect(await found('transfer.unanswered', transferId)).toMatchObject([
    { since: expect.any(Date), facts: { agreementId } },
  ]);
  await escrow().note(transferId, 'credited', escrow().now());
  expect(await found('transfer.unanswered', transferId)).toEqual([]);
});

test('P-8: a report that is not read to its end is named after six hours, what has no partner at once', async () => {
  const { unitOfWork } = escrow().database;
  const ask = new ReadCosts({ message: http(), provider: 'bank', by: 'operator-1', reason: 'Now' });
  const { reportId } = await new ReadCostsHandler(unitOfWork).execute(ask);
  passMinutes(359);
  expect(await found('cost_report.late', reportId)).toEqual([]);
  passMinutes(2);
  expect(await found('cost_report.late', reportId)).toMatchObject([{ facts: { provider: 'bank' } }]);
  const movementId = newId();
  const told = { category: 'fee', sourceId: null, marks: [], grossMinor: -5n, feeMinor: 5n };
  const line = { ...told, id: 'txn_foreign', currency: 'EUR', createdAt: escrow().now() };
  await new RecordCostsHandler(unitOfWork).execute(
    new RecordCosts({
      message: http(),
      reportId,
      afterLine: null,
      lines: [line],
      next: { breaks: [], unreported: [{ id: movementId, bookedAt: escrow().now() }] },
    }),
  );
  expect(await found('cost_report.late', reportId)).toEqual([]);
  expect(await found('cost_report.break', 'txn_foreign')).toMatchObject([{ facts: { reason: 'currency' } }]);
  expect(await found('cost_report.break', movementId)).toMatchObject([{ facts: { provider: 'bank' } }]);
});

describe('chargebacks', () => {
  const disputed = async () => {
    const { clientId, milestoneIds } = await escrow().funded();
    const fundingId = await escrow().fundingOf(milestoneIds[0]!);
    await escrow().release(clientId, milestoneIds[0]!);
    await escrow().rows('update transfers set protected = false where milestone_id = $1', [milestoneIds[0]]);
    const dispute = await escrow().dispute(fundingId);
    return { fundingId, dispute, chargebackId: await escrow().look(fundingId, dispute) };
  };

  test('P-11: one that waits for our answer is named at once, with its due date', async () => {
    const { chargebackId } = await disputed();
    expect(await found('chargeback.unanswered', chargebackId)).toMatchObject([
      { facts: { dueAt: expect.any(String) } },
    ]);
    await escrow().answer(chargebackId, 'contest');
    expect(await found('chargeback.unanswered', chargebackId)).toEqual([]);
  });

  test('M-22: what payouts does not answer is named after 15 minutes', async () => {
    const { fundingId, dispute, chargebackId } = await disputed();
    const late = () => found('chargeback.transfer_unanswered', chargebackId);
    await escrow().look(fundingId, { ...dispute, status: 'lost' });
    expect(await late()).toEqual([]);
    passMinutes(16);
    expect(await late()).toHaveLength(1);
    await escrow().clawedBack(
      chargebackId,
      String((await escrow().row(chargebackId)).transfer_id),
      90_000n,
      0n,
    );
    expect(await late()).toEqual([]);
    await escrow().look(fundingId, { ...dispute, status: 'won', reinstated: { feeMinor: 0n } });
    expect(await late()).toEqual([]);
    passMinutes(16);
    expect(await late()).toHaveLength(1);
    await escrow().restored(chargebackId, String((await escrow().row(chargebackId)).restore_transfer_id));
    expect(await late()).toEqual([]);
  });
});

test('F47: a charge of another amount is named at once', async () => {
  const { agreementId, milestoneIds } = await escrow().agreement();
  const fundingId = await escrow().fundingOf(milestoneIds[0]!);
  expect(await found('funding.in_review', fundingId)).toEqual([]);
  await escrow().see(fundingId, 'succeeded', { receivedMinor: 1n });
  expect(await found('funding.in_review', fundingId)).toMatchObject([{ facts: { agreementId } }]);
});

describe('a charge whose outcome is not known', () => {
  const arrange = async (): Promise<string> => {
    const { milestoneIds } = await escrow().agreement();
    return escrow().fundingOf(milestoneIds[0]!);
  };

  test('is named when a step is unanswered for 30 minutes, since the step was due', async () => {
    const fundingId = await arrange();
    await escrow().observe(fundingId, { kind: 'unknown' });
    const [row] = await escrow().rows('select next_call_at from fundings where id = $1', [fundingId]);
    passMinutes(29);
    expect(await found('funding.in_doubt', fundingId)).toEqual([]);
    passMinutes(2);
    expect(await found('funding.in_doubt', fundingId)).toMatchObject([
      { since: row!.next_call_at, facts: { step: 'read', misses: 0 } },
    ]);
    await escrow().charge(fundingId);
    expect(await found('funding.in_doubt', fundingId)).toEqual([]);
  });

  test('E-26: is named when queries find nothing for so long, since its key is in use', async () => {
    const fundingId = await arrange();
    const [row] = await escrow().rows('select key_since from fundings where id = $1', [fundingId]);
    passMinutes(31);
    await escrow().observe(fundingId, { kind: 'unknown' });
    expect(await found('funding.in_doubt', fundingId)).toEqual([]);
    await escrow().observe(fundingId, { kind: 'absent' });
    expect(await found('funding.in_doubt', fundingId)).toMatchObject([
      { since: row!.key_since, facts: { step: 'read', misses: 1 } },
    ]);
  });

  test('is not one that the provider processes, however long', async () => {
    const fundingId = await arrange();
    for (let round = 0; round < 4; round += 1) {
      await escrow().see(fundingId, 'processing');
      passMinutes(11);
    }
    expect(await found('funding.in_doubt', fundingId)).toEqual([]);
  });
});

describe('M-23: a settlement', () => {
  const arrange = async (): Promise<string> => {
    await escrow().funded();
    return (await escrow().settleCard()).settlementId;
  };

  test('F47: of another amount is named at once', async () => {
    const settlementId = await arrange();
    expect(await found('settlement.in_review', settlementId)).toEqual([]);
    await escrow().seePayout(settlementId, 'paid', { amountMinor: 1n });
    expect(await found('settlement.in_review', settlementId)).toHaveLength(1);
    expect(await found('settlement.late', settlementId)).toEqual([]);
  });

  test('that failed, or came back, is named until somebody asks again', async () => {
    const settlementId = await arrange();
    expect(await found('settlement.failed', settlementId)).toEqual([]);
    await escrow().seePayout(settlementId, 'failed', { failure: 'bank_account_unusable' });
    const [row] = await escrow().rows('select ended_at from settlements where id = $1', [settlementId]);
    expect(await found('settlement.failed', settlementId)).toMatchObject([
      { since: row!.ended_at, facts: { status: 'failed', failure: 'bank_account_unusable' } },
    ]);
    passMinutes(1);
    const { settlementId: again } = await escrow().settleCard();
    expect(await found('settlement.failed', settlementId)).toEqual([]);
    await escrow().seePayout(again, 'paid');
    await escrow().seePayout(again, 'failed');
    expect(await found('settlement.failed', again)).toMatchObject([{ facts: { status: 'returned' } }]);
  });

  test('that fails while a later one is under way is named all the same', async () => {
    const settlementId = await arrange();
    await arrange();
    passMinutes(1);
    await escrow().observePayout(settlementId, { kind: 'refused', failure: 'refused' });
    expect(await found('settlement.failed', settlementId)).toHaveLength(1);
  });

  test('that the provider has not acknowledged is named after 30 minutes, on its way after 7 days', async () => {
    const settlementId = await arrange();
    passMinutes(29);
    expect(await found('settlement.late', settlementId)).toEqual([]);
    passMinutes(2);
    expect(await found('settlement.late', settlementId)).toMatchObject([{ facts: { status: 'requested' } }]);
    await escrow().seePayout(settlementId, 'in_transit');
    expect(await found('settlement.late', settlementId)).toEqual([]);
    for (let days = 0; days < 6; days += 1) {
      passMinutes(24 * 60);
      await escrow().seePayout(settlementId, 'in_transit');
      expect(await found('settlement.late', settlementId)).toEqual([]);
    }
    passMinutes(24 * 60);
    expect(await found('settlement.late', settlementId)).toMatchObject([{ facts: { status: 'in_transit' } }]);
    await escrow().seePayout(settlementId, 'paid');
    expect(await found('settlement.late', settlementId)).toEqual([]);
  });

  test('on its way whose daily question is not answered is named after 30 minutes', async () => {
    const settlementId = await arrange();
    await escrow().seePayout(settlementId, 'in_transit');
    passMinutes(24 * 60 + 29);
    expect(await found('settlement.late', settlementId)).toEqual([]);
    passMinutes(2);
    expect(await found('settlement.late', settlementId)).toHaveLength(1);
  });
});

test('0.2: a notice that is not worked off is named after 15 minutes', async () => {
  const { unitOfWork } = escrow().database;
  await new ReceiveNoticeHandler(unitOfWork).execute(
    new ReceiveNotice({
      message: { source: 'worker', id: 'evt_alarm' },
      provider: 'card',
      eventType: 'payment_intent.succeeded',
      objectId: 'pi_1',
    }),
  );
  const [row] = await escrow().rows(`select id from provider_notices where event_id = 'evt_alarm'`);
  const noticeId = String(row!.id);
  passMinutes(14);
  expect(await found('notice.unprocessed', noticeId)).toEqual([]);
  passMinutes(2);
  expect(await found('notice.unprocessed', noticeId)).toMatchObject([{ facts: { provider: 'card' } }]);
  await new FinishNoticeHandler(unitOfWork).execute(
    new FinishNotice({ message: { source: 'worker', id: noticeId }, noticeId, outcome: 'unmatched' }),
  );
  expect(await found('notice.unmatched', noticeId)).toMatchObject([{ facts: { provider: 'card' } }]);
  expect(await found('notice.unprocessed', noticeId)).toEqual([]);
});

test('E-23: a refund that did not reach the client is named, by its reason', async () => {
  const { agreementId, freelancerId, milestoneIds } = await escrow().funded();
  await escrow().giveBack(freelancerId, milestoneIds[0]!);
  const refundId = String((await escrow().refundAttemptOf(agreementId)).refund_id);
  expect(await found('refund.failed', refundId)).toEqual([]);
  await escrow().seeRefund(agreementId, 'failed');
  expect(await found('refund.failed', refundId)).toMatchObject([
    { facts: { agreementId, failure: 'failed' } },
  ]);
});

test('F47: a refund of another amount is named, and not booked', async () => {
  const { agreementId, freelancerId, milestoneIds } = await escrow().funded();
  await escrow().giveBack(freelancerId, milestoneIds[0]!);
  const { id, refund_id: refundId } = await escrow().refundAttemptOf(agreementId);
  await escrow().seeRefund(agreementId, 'succeeded', { amountMinor: 1n });
  expect(await found('refund.in_review', String(id))).toMatchObject([
    { facts: { refundId, status: 'in_review' } },
  ]);
});

test('M-15: a draw that payouts does not answer is named after 15 minutes', async () => {
  const paid = await new Draws(escrow()).released(20_000n);
  const answer = await new Draws(escrow()).ask(paid.freelancerId, paid.milestoneId);
  const { refundId } = answer.refunds[0]!;
  passMinutes(14);
  expect(await found('refund.unanswered', refundId)).toEqual([]);
  passMinutes(2);
  expect(await found('refund.unanswered', refundId)).toMatchObject([
    { facts: { agreementId: paid.agreementId } },
  ]);
  await new Draws(escrow()).taken(paid, answer);
  expect(await found('refund.unanswered', refundId)).toEqual([]);
});

test('C-8: a step of dormancy whose notices were not proven is named (E-20)', async () => {
  const dormancies = new Dormancies(escrow());
  const { agreementId } = await dormancies.freelancerAsked();
  expect(await found('dormancy.unproven', agreementId)).toEqual([]);
  await dormancies.fire(agreementId);
  expect(await found('dormancy.unproven', agreementId)).toMatchObject([{ facts: { waits: 'proof' } }]);
});

test('C-8: a request whose notices were not proven, or bounced, is named', async () => {
  const endings = new Endings(escrow());
  const [unproven, stopped] = [await endings.asked(), await endings.asked()];
  expect(await found('refund_request.unproven', unproven.refundRequestId)).toEqual([]);
  await endings.silence(unproven.refundRequestId, unproven.dueAt);
  await endings.notice(stopped, escrow().now(), { outcome: 'bounced' });
  for (const [{ refundRequestId }, status] of [
    [unproven, 'unproven'],
    [stopped, 'stopped'],
  ] as const) {
    expect(await found('refund_request.unproven', refundRequestId)).toMatchObject([{ facts: { status } }]);
  }
});

test('P-2, P-11: a small charge that does not come back, or is disputed, until that is settled', async () => {
  const verifications = new Verifications(escrow().database);
  const { methodId, amounts, accountId } = await verifications.confirming();
  await verifications.confirm(accountId, methodId, amounts);
  await verifications.seeSmallRefunds(methodId, 'failed');
  const [charge] = await verifications.chargesOf(methodId);
  const id = String(charge!.id);
  expect(await found('small_charge.not_returned', id)).toMatchObject([
    { facts: { accountId, failure: 'failed' } },
  ]);
  const view = { id: 'du_alarm', intentId: `pi_${id}`, amountMinor: amounts[0], debited: { feeMinor: 0n } };
  await verifications.seeSmallDispute(id, { ...view, status: 'needs_response' });
  expect(await found('small_charge.disputed', id)).toMatchObject([{ facts: { accountId } }]);
  await verifications.seeSmallDispute(id, { ...view, status: 'lost' });
  expect(await found('small_charge.disputed', id)).toEqual([]);
  expect(await found('small_charge.not_returned', id)).toEqual([]);
});

test('P-2: a small charge whose outcome is not known is named after 30 minutes', async () => {
  const verifications = new Verifications(escrow().database);
  const { methodId } = await verifications.begun();
  const id = String((await verifications.chargesOf(methodId))[0]!.id);
  passMinutes(29);
  expect(await found('small_charge.unsettled', id)).toEqual([]);
  passMinutes(2);
  expect(await found('small_charge.unsettled', id)).toMatchObject([{ facts: { status: 'waiting' } }]);
  await verifications.seeSmall(methodId, 1, 'succeeded');
  expect(await found('small_charge.unsettled', id)).toEqual([]);
});

test('S-11: a proposal is named at once, until another person decides or it lapses', async () => {
  await escrow().funded({ prices: [1_000_000n] });
  const settle = (by: string) =>
    new SettleCardHandler(escrow().database.unitOfWork, texts).execute(
      new SettleCard({ message: http(), by, reason: 'Cash', amount: usd(150_000n) }),
    );
  const propose = async (): Promise<string> => {
    return ((await settle('operator-1')) as { decisionId: string }).decisionId;
  };
  const decided = await propose();
  expect(await found('decision.proposed', decided)).toMatchObject([{ facts: { kind: 'settle_card' } }]);
  await settle('operator-2');
  expect(await found('decision.proposed', decided)).toEqual([]);
  const lapsing = await propose();
  passMinutes(7 * 24 * 60);
  expect(await found('decision.proposed', lapsing)).toEqual([]);
});
