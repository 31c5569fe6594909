import { plusDays, plusHours } from '@holdfast/domain';
import { eventually } from '@holdfast/testing';
import { describe, expect, test } from '@jest/globals';
import { RerouteRefund, RerouteRefundHandler } from '../commands/reroute-refund.ts';
import type { RefundAttempt } from '../domain/refund-attempt.ts';
import { useCardProvider } from '../testing/card-provider.ts';
import { config, http, useEscrow } from '../testing/escrow.ts';
import { WebhookReceiver } from '../testing/webhook-receiver.ts';
import { useWorkers } from '../testing/workers.ts';

const escrow = useEscrow();
const provider = useCardProvider(new WebhookReceiver(escrow));
const workers = useWorkers(escrow, provider);
const quiet = () => workers().quiet();

async function pass(instant: Date): Promise<void> {
  await quiet();
  escrow().pass(instant);
  await provider.moveTo(escrow().database.clock.offsetMs);
  await quiet();
}
const passHours = (hours: number) => pass(plusHours(escrow().now(), hours));
const passDays = async (days: number) => {
  for (let day = 0; day < days; day += 1) await pass(plusDays(escrow().now(), 1));
};

/** A refund of 1,050.00 whose card was closed; the cash is at the bank, and one person has proposed to pay it there. */
async function failed(): Promise<{ refundId: string; milestoneId: string }> {
  const { agreementId, clientId, freelancerId, milestoneIds } = await escrow().agreement({
    withMethod: false,
  });
  await escrow().addMethod(clientId);
  await quiet();
  await escrow().addMethod(clientId, http(), 'pm_usBankAccount_success', 'bank');
  await quiet();
  await escrow().fund(clientId, milestoneIds[0]!);
  await quiet();
  await provider.fault('refund.create', 'refund-failed');
  await escrow().giveBack(freelancerId, milestoneIds[0]!);
  const { refund_id } = await until(agreementId, 'failed');
  await escrow().settleCard();
  await passDays(5);
  const known = { refundId: String(refund_id), milestoneId: milestoneIds[0]! };
  await reroute(known.refundId, 'operator-1');
  return known;
}

function reroute(refundId: string, by: string) {
  const command = new RerouteRefund({ message: http(), refundId, by, reason: 'The card is closed' });
  return new RerouteRefundHandler(escrow().database.unitOfWork, config).execute(command);
}

const until = (id: string, status: RefundAttempt['status']) =>
  eventually(
    () => escrow().refundAttemptOf(id),
    (row) => row.status === status,
  );
const sendings = async (refundId: string) => {
  const { id } = await escrow().refundAttemptOf(refundId);
  return provider.requests({ op: 'payout.ach', key: String(id) });
};
const movedAtBank = async (refundId: string) =>
  provider.moved(String((await escrow().refundAttemptOf(refundId)).id));

test('E-23, G-34.5: the bank tells nobody of it: it is asked until it has paid', async () => {
  const { refundId, milestoneId } = await failed();
  const cash = await escrow().cashAt('bank');
  await reroute(refundId, 'operator-2');
  await until(refundId, 'in_transit');
  expect(await escrow().statusOf(milestoneId)).toBe('refunding');
  await passDays(5);
  await until(refundId, 'paid');
  expect(await escrow().statusOf(milestoneId)).toBe('refunded');
  expect(await movedAtBank(refundId)).toEqual(['payout 105000']);
  expect(await escrow().cashAt('bank')).toBe(cash - 105_000n);
  await passDays(8);
  expect((await escrow().refundAttemptOf(refundId)).next_call_at).toBeNull();
  expect(await sendings(refundId)).toHaveLength(1);
});

test('fault 36: sent back days after it was paid, it is owed again', async () => {
  await provider.fault('payout.ach', 'return', { when: 'after-paid', reason: 'R02', days: 2 });
  const { refundId, milestoneId } = await failed();
  const cash = await escrow().cashAt('bank');
  await reroute(refundId, 'operator-2');
  await passDays(10);
  await until(refundId, 'returned');
  expect(await escrow().statusOf(milestoneId)).toBe('refund_failed');
  expect(await movedAtBank(refundId)).toEqual(['payout 105000', 'payout_returned 105000']);
  expect(await escrow().cashAt('bank')).toBe(cash);
});

test('fault 36: returned before it was paid', async () => {
  await provider.fault('payout.ach', 'return', { when: 'before-paid', reason: 'R03' });
  const { refundId, milestoneId } = await failed();
  await reroute(refundId, 'operator-2');
  await passDays(5);
  await until(refundId, 'failed');
  expect(await escrow().statusOf(milestoneId)).toBe('refund_failed');
});

describe('F45, F46: a call without an answer', () => {
  test.each([
    ['error-after-execution', {}],
    ['slow-executed', { seconds: 30 }],
    ['duplicate-key', {}],
    ['malformed-body', { kind: 'truncated-json' }],
  ])('%s %j: what was executed is found by our key, and nothing is sent again', async (fault, params) => {
    const { refundId } = await failed();
    await provider.fault('payout.ach', fault, params);
    await reroute(refundId, 'operator-2');
    await until(refundId, 'in_transit');
    await passDays(5);
    await until(refundId, 'paid');
    expect(await sendings(refundId)).toHaveLength(1);
    expect(await movedAtBank(refundId)).toEqual(['payout 105000']);
  });

  test('not executed: the same key and bytes again after three misses over ten minutes', async () => {
    const { refundId } = await failed();
    await provider.fault('payout.ach', 'error-before-execution');
    await reroute(refundId, 'operator-2');
    await until(refundId, 'unknown');
    for (let misses = 0; misses < 3; misses += 1) await passHours(5 / 60);
    await until(refundId, 'in_transit');
    const calls = await sendings(refundId);
    expect(calls.map(({ bodySha256 }) => bodySha256)).toEqual(Array(2).fill(calls[0]!.bodySha256));
    expect(await movedAtBank(refundId)).toEqual(['payout 105000']);
  });
});
