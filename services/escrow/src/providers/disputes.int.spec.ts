import { plusDays } from '@holdfast/domain';
import { eventually } from '@holdfast/testing';
import { describe, expect, test } from '@jest/globals';
import type { ChargebackStatus } from '../domain/chargeback.ts';
import { useCardProvider } from '../testing/card-provider.ts';
import { useDisputes } from '../testing/chargebacks.ts';
import { http } from '../testing/escrow.ts';
import { WebhookReceiver } from '../testing/webhook-receiver.ts';
import { useWorkers } from '../testing/workers.ts';

const escrow = useDisputes();
const provider = useCardProvider(new WebhookReceiver(escrow));
const workers = useWorkers(escrow, provider);
const quiet = () => workers().quiet();

/** 1,000.00 with its fees, charged at the provider. */
async function charged() {
  const { agreementId, clientId, milestoneIds } = await escrow().agreement({ withMethod: false });
  await escrow().addMethod(clientId, http());
  await quiet();
  const { fundingId } = await escrow().fund(clientId, milestoneIds[0]!);
  await quiet();
  return { agreementId, milestoneId: milestoneIds[0]!, fundingId };
}

async function until(disputeId: string, status: ChargebackStatus): Promise<string> {
  const found = 'select id, status from chargebacks where dispute_id = $1';
  const [row] = await eventually(
    () => escrow().rows(found, [disputeId]),
    ([known]) => known?.status === status,
  );
  return String(row!.id);
}

async function passDays(days: number): Promise<void> {
  await quiet();
  escrow().pass(plusDays(escrow().now(), days));
  await provider.moveTo(escrow().database.clock.offsetMs);
  await quiet();
}

const answers = async () =>
  (await provider.requests({ op: 'dispute.answer' })).concat(
    await provider.requests({ op: 'dispute.close' }),
  );
const unmatched = () => escrow().rows("select from provider_notices where outcome = 'unmatched'");

describe('P-9, P-11: a chargeback whose notices are all lost', () => {
  test('is found in the list of the provider, once, and others around it are not touched', async () => {
    const [first, second] = [await charged(), await charged()];
    await provider.fault('webhook', 'lost-webhook', {}, { times: 100 });
    const disputeId = await provider.dispute(first.fundingId);
    expect(await escrow().rows('select from chargebacks where dispute_id = $1', [disputeId])).toEqual([]);
    await passDays(1);
    await until(disputeId, 'received');
    await passDays(1);
    const about = 'select funding_id from chargebacks where funding_id = any($1)';
    expect(await escrow().rows(about, [[first.fundingId, second.fundingId]])).toEqual([
      { funding_id: first.fundingId },
    ]);
    await provider.decides(disputeId, 'lost');
    await passDays(1);
    await until(disputeId, 'lost');
    expect(await escrow().statusOf(first.milestoneId)).toBe('charged_back');
  });

  test('a list without an answer is asked for again, and searched from where the last one ended', async () => {
    const { fundingId } = await charged();
    await provider.fault('webhook', 'lost-webhook', {}, { times: 100 });
    await provider.fault('dispute.read', 'error-before-execution');
    const disputeId = await provider.dispute(fundingId);
    const [before] = await escrow().rows('select searched_to from dispute_searches');
    escrow().pass(plusDays(escrow().now(), 1));
    await provider.moveTo(escrow().database.clock.offsetMs);
    await until(disputeId, 'received');
    await quiet();
    const [after] = await escrow().rows('select searched_to from dispute_searches');
    expect((after!.searched_to as Date) > (before!.searched_to as Date)).toBe(true);
  });
});

describe('P-11: what the card provider says of a dispute is booked', () => {
  test('taken with its fee, contested with our records, and won', async () => {
    const { agreementId, milestoneId, fundingId } = await charged();
    const cash = await escrow().cashAt('card');
    const disputeId = await provider.dispute(fundingId);
    const chargebackId = await until(disputeId, 'received');
    expect(await escrow().cashAt('card')).toBe(cash - 105_499n - 1_500n);
    expect(await provider.moved(disputeId)).toEqual(['dispute 105499', 'dispute_fee 1500']);
    const before = (await answers()).length;
    await escrow().answer(chargebackId, 'contest');
    await until(disputeId, 'contested');
    expect(await answers()).toHaveLength(before + 1);
    await provider.decides(disputeId, 'won', true);
    await until(disputeId, 'won');
    expect(await escrow().cashAt('card')).toBe(cash);
    expect(await escrow().statusOf(milestoneId)).toBe('funded');
    expect(await escrow().typesOf(agreementId)).toEqual(
      expect.arrayContaining(['escrow.chargeback.contested', 'escrow.milestone.unfrozen']),
    );
    await quiet();
    expect(await unmatched()).toEqual([]);
  });

  test('unanswered by the due date it is accepted, and lost with the provider’s word', async () => {
    const { milestoneId, fundingId } = await charged();
    const disputeId = await provider.dispute(fundingId, { dueInDays: 3 });
    await until(disputeId, 'received');
    await passDays(4);
    await until(disputeId, 'lost');
    expect(await escrow().statusOf(milestoneId)).toBe('charged_back');
  });

  test('an inquiry that is escalated; accepted by us', async () => {
    const { fundingId } = await charged();
    const disputeId = await provider.dispute(fundingId, { kind: 'inquiry' });
    const chargebackId = await until(disputeId, 'inquiry');
    await provider.decides(disputeId, 'escalate');
    await until(disputeId, 'received');
    await escrow().answer(chargebackId, 'accept');
    await until(disputeId, 'lost');
  });

  test('G-35: won after it was lost', async () => {
    const { milestoneId, fundingId } = await charged();
    const disputeId = await provider.dispute(fundingId);
    await until(disputeId, 'received');
    await provider.decides(disputeId, 'lost');
    await until(disputeId, 'lost');
    await provider.decides(disputeId, 'reinstated_later');
    await until(disputeId, 'won');
    expect(await escrow().statusOf(milestoneId)).toBe('funded');
  });

  test('F50: every notice lost after the first one: the daily look sees it', async () => {
    const { fundingId } = await charged();
    const disputeId = await provider.dispute(fundingId);
    await until(disputeId, 'received');
    await quiet();
    await provider.fault('webhook', 'lost-webhook', {}, { times: 100 });
    await provider.decides(disputeId, 'lost');
    await passDays(2);
    await until(disputeId, 'lost');
  });
});

describe('0.1: our answer is given once', () => {
  test.each([
    ['error-after-execution', {}],
    ['connection-reset', { when: 'within' }],
    ['too-many-requests', { retryAfter: 0 }],
  ])('%s %j', async (fault, params) => {
    const { fundingId } = await charged();
    const disputeId = await provider.dispute(fundingId);
    const chargebackId = await until(disputeId, 'received');
    await provider.fault('dispute.answer', fault, params);
    await escrow().answer(chargebackId, 'contest');
    await until(disputeId, 'contested');
  });
});

test('0.2: a dispute of a charge that is none of ours is kept visibly', async () => {
  await workers().notice('charge.dispute.created', 'du_unknown');
  await eventually(unmatched, (rows) => rows.length === 1);
});
