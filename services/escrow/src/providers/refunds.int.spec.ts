import { plusDays, plusHours } from '@holdfast/domain';
import { eventually } from '@holdfast/testing';
import { describe, expect, test } from '@jest/globals';
import type { RefundAttempt } from '../domain/refund-attempt.ts';
import { useCardProvider } from '../testing/card-provider.ts';
import { Disputes } from '../testing/chargebacks.ts';
import { http, useEscrow } from '../testing/escrow.ts';
import { WebhookReceiver } from '../testing/webhook-receiver.ts';
import { useWorkers } from '../testing/workers.ts';

const escrow = useEscrow();
const provider = useCardProvider(new WebhookReceiver(escrow));
const workers = useWorkers(escrow, provider);
const quiet = () => workers().quiet();

type Known = { agreementId: string; milestoneId: string; fundingId: string; refundId: string };

async function charged(token = 'pm_card_visa') {
  const { agreementId, clientId, freelancerId, milestoneIds } = await escrow().agreement({
    withMethod: false,
  });
  await escrow().addMethod(clientId, http(), token);
  await quiet();
  const { fundingId } = await escrow().fund(clientId, milestoneIds[0]!);
  await quiet();
  return { agreementId, freelancerId, milestoneId: milestoneIds[0]!, fundingId };
}

/** 1,000.00 with its fee, charged at the provider and given back by the freelancer (E-12). */
async function givenBack(token?: string): Promise<Known> {
  const { freelancerId, ...known } = await charged(token);
  await escrow().giveBack(freelancerId, known.milestoneId);
  return { ...known, refundId: await refundIdOf(known.agreementId) };
}

async function refundIdOf(agreementId: string): Promise<string> {
  const [row] = await escrow().rows('select id from refunds where agreement_id = $1', [agreementId]);
  return String(row!.id);
}

async function pass(instant: Date): Promise<void> {
  await quiet();
  escrow().pass(instant);
  await provider.moveTo(escrow().database.clock.offsetMs);
  await quiet();
}
const passHours = (hours: number) => pass(plusHours(escrow().now(), hours));
const passDays = (days: number) => pass(plusDays(escrow().now(), days));

const until = (refundId: string, status: RefundAttempt['status']) =>
  eventually(
    () => escrow().refundAttemptOf(refundId),
    (row) => row.status === status,
  );
const creations = async (refundId: string) => {
  const { id } = await escrow().refundAttemptOf(refundId);
  return provider.requests({ op: 'refund.create', key: `${id}.refund` });
};
const last = async (agreementId: string) => (await escrow().published(agreementId)).at(-1);

test('E-15, E-23: paid by the provider: booked once, the milestone is refunded', async () => {
  const cash = await escrow().cashAt('card');
  const { agreementId, milestoneId, fundingId, refundId } = await givenBack();
  await until(refundId, 'paid');
  expect(await provider.moved(refundId)).toEqual(['refund 105000']);
  expect(await provider.moved(fundingId)).toEqual(['charge 105499', 'refund 105000']);
  expect(await escrow().cashAt('card')).toBe(cash + 499n);
  expect(await escrow().statusOf(milestoneId)).toBe('refunded');
  await quiet();
  expect(
    await escrow().rows('select from provider_notices where outcome is distinct from $1', ['matched']),
  ).toEqual([]);
  expect(await last(agreementId)).toMatchObject({ type: 'escrow.milestone.refunded', refundId });
});

describe('fault 36, F83: the client does not get it', () => {
  test('at once: the money stays owed', async () => {
    await provider.fault('refund.create', 'refund-failed');
    const { agreementId, milestoneId, refundId } = await givenBack();
    await until(refundId, 'failed');
    expect(await escrow().statusOf(milestoneId)).toBe('refund_failed');
    expect(await last(agreementId)).toMatchObject({ type: 'escrow.refund.failed', reason: 'failed' });
    expect(await provider.moved(refundId)).toEqual(['refund 105000', 'refund_failed 105000']);
  });

  test('after days on its way', async () => {
    await provider.fault('refund.create', 'refund-failed', { when: 'later' });
    const { milestoneId, refundId } = await givenBack();
    await until(refundId, 'in_transit');
    expect(await escrow().statusOf(milestoneId)).toBe('refunding');
    await passDays(4);
    await until(refundId, 'failed');
    expect(await escrow().statusOf(milestoneId)).toBe('refund_failed');
  });

  test('G-34.3: after it had arrived: never left as refunded', async () => {
    const cash = await escrow().cashAt('card');
    await provider.fault('refund.create', 'refund-failed', { when: 'after-succeeded' });
    const { agreementId, milestoneId, refundId } = await givenBack();
    await until(refundId, 'paid');
    expect(await escrow().statusOf(milestoneId)).toBe('refunded');
    await passDays(4);
    await until(refundId, 'returned');
    expect(await escrow().statusOf(milestoneId)).toBe('refund_failed');
    expect(await escrow().cashAt('card')).toBe(cash + 105_499n);
    expect(await last(agreementId)).toMatchObject({ type: 'escrow.refund.failed', refundId });
  });

  test('no answer at all: it is asked about, and stays under way', async () => {
    await provider.fault('refund.create', 'refund-failed', { when: 'never' });
    const { milestoneId, refundId } = await givenBack();
    await until(refundId, 'in_transit');
    await passDays(10);
    expect(await escrow().statusOf(milestoneId)).toBe('refunding');
    expect(await creations(refundId)).toHaveLength(1);
  });

  test('a lost notice: it is asked about daily', async () => {
    await provider.fault('webhook', 'lost-webhook', {}, { times: 100 });
    const { refundId } = await givenBack('pm_card_pendingRefund');
    await until(refundId, 'in_transit');
    await passDays(2);
    expect((await escrow().refundAttemptOf(refundId)).status).toBe('in_transit');
    await passDays(2);
    await until(refundId, 'paid');
  });
});

describe('F45, F46: a call without an answer', () => {
  test.each([
    ['error-after-execution', {}],
    ['connection-reset', { when: 'within' }],
    ['slow-executed', { seconds: 30 }],
    ['duplicate-key', {}],
    ['malformed-body', { kind: 'truncated-json' }],
  ])('%s %j: what was executed is found, and nothing is sent again', async (fault, params) => {
    await provider.fault('refund.create', fault, params);
    const { refundId } = await givenBack();
    await until(refundId, 'paid');
    expect(await creations(refundId)).toHaveLength(1);
    expect(await provider.moved(refundId)).toEqual(['refund 105000']);
  });

  test.each(['slow-not-executed', 'error-before-execution'])(
    '%s: the same key and bytes again after three misses over ten minutes',
    async (fault) => {
      await provider.fault('refund.create', fault);
      const { refundId } = await givenBack();
      await until(refundId, 'unknown');
      for (let misses = 1; misses < 3; misses += 1) {
        await quiet();
        expect(await escrow().refundAttemptOf(refundId)).toMatchObject({ status: 'unknown', misses });
        expect(await creations(refundId)).toHaveLength(1);
        await passHours(5 / 60);
      }
      await until(refundId, 'paid');
      const calls = await creations(refundId);
      expect(calls.map(({ bodySha256 }) => bodySha256)).toEqual(Array(2).fill(calls[0]!.bodySha256));
      expect(await provider.moved(refundId)).toEqual(['refund 105000']);
    },
  );
});

describe('E-23: while a chargeback is open on the charge', () => {
  test('what was decided before is called when it is over, under a key whose time begins then', async () => {
    const { freelancerId, fundingId, milestoneId, agreementId } = await charged();
    workers().deadlines.stop();
    await escrow().giveBack(freelancerId, milestoneId);
    const disputeId = await provider.dispute(fundingId);
    const disputes = new Disputes(escrow().database);
    await disputes.look(fundingId, await disputes.dispute(fundingId, { id: disputeId }));
    workers().start();
    for (let misses = 0; misses < 3; misses += 1) await passHours(5 / 60);
    await until(agreementId, 'waiting');
    await passDays(5);
    expect(await creations(agreementId)).toHaveLength(0);
    await provider.decides(disputeId, 'won');
    await until(agreementId, 'paid');
    expect(await creations(agreementId)).toHaveLength(1);
  });

  test('the provider knows of it before us: another key waits for its end', async () => {
    await provider.fault('webhook', 'lost-webhook', {}, { times: 100 });
    const { freelancerId, agreementId, milestoneId, fundingId } = await charged('pm_card_createDispute');
    await eventually(
      () => provider.moved(fundingId),
      (movements) => movements.length > 1,
    );
    await escrow().giveBack(freelancerId, milestoneId);
    const refundId = await refundIdOf(agreementId);
    await until(refundId, 'waiting');
    expect(await escrow().statusOf(milestoneId)).toBe('refunding');
    const attempts = await escrow().rows(
      'select status from refund_attempts where refund_id = $1 order by number',
      [refundId],
    );
    expect(attempts).toEqual([{ status: 'failed' }, { status: 'waiting' }]);
  });
});

test('E-26: an orphaned charge goes back by itself, whole', async () => {
  const { agreementId, clientId, milestoneIds } = await escrow().agreement({ withMethod: false });
  await escrow().addMethod(clientId);
  await quiet();
  const { fundingId } = await escrow().fund(clientId, milestoneIds[0]!);
  await escrow().rows(
    `update milestones set terms_version = 2, status = 'agreed', funding_id = null where id = $1`,
    [milestoneIds[0]],
  );
  await quiet();
  await until(agreementId, 'paid');
  expect(await provider.moved(fundingId)).toEqual(['charge 105499', 'refund 105499']);
  expect(await escrow().typesOf(agreementId)).toEqual(
    expect.arrayContaining(['escrow.funding.orphaned', 'escrow.refund.decided', 'escrow.refund.paid']),
  );
  expect(await escrow().statusOf(milestoneIds[0]!)).toBe('agreed');
});
