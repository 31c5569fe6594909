import { NotYet, plusHours, plusMinutes } from '@holdfast/domain';
import { StaffDecisionsController } from '@holdfast/service';
import { expect, test } from '@jest/globals';
import { Attention } from '../queries/attention.ts';
import { http, texts } from '../testing/payouts.ts';
import { useWithdrawals } from '../testing/withdrawals.ts';

const payouts = useWithdrawals();
const rejection = (code: string) => expect.objectContaining({ code });
const attention = () => new Attention(payouts().database.orm, payouts().database.clock);

/** In doubt until its key ran out. */
async function outOfWindow(amountMinor = 50_000n) {
  const cleared = await payouts().cleared(amountMinor);
  const { withdrawalId, cutOffAt } = await payouts().request(cleared, amountMinor);
  payouts().pass(new Date(cutOffAt));
  await payouts().screen(cleared.methodId, 'clear');
  const step = (await payouts().start(withdrawalId)) as { key: string };
  const calling = { ...cleared, withdrawalId, key: step.key };
  await payouts().record(calling.key, { kind: 'unknown' });
  payouts().pass(plusHours(payouts().now(), 23));
  for (const minutes of [0, 5, 5]) {
    payouts().pass(plusMinutes(payouts().now(), minutes));
    await payouts().record(calling.key, { kind: 'absent' });
  }
  return calling;
}

test('W-15: person, finding, state and journal are committed together; the money is back', async () => {
  const { accountId, withdrawalId, key } = await outOfWindow();
  expect(await payouts().attempts(withdrawalId)).toMatchObject([{ state: 'unknown', review: 'window_over' }]);
  const message = http();
  const resolved = { attemptId: key, withdrawalId, status: 'failed' };
  expect(await payouts().resolve(key, message)).toEqual(resolved);
  expect(await payouts().resolve(key, message)).toEqual(resolved);
  expect(await payouts().attempts(withdrawalId)).toMatchObject([
    {
      state: 'failed',
      failure: 'not_executed',
      review: null,
      resolved_by: 'operator-1',
      resolution: 'Not on the statement',
    },
  ]);
  expect(await payouts().row(withdrawalId)).toMatchObject({
    status: 'failed',
    reason: 'provider_failed',
    next_call_at: null,
  });
  expect(await payouts().money(accountId)).toEqual({ available: 50_000n, inTransit: 0n });
  expect(await payouts().typesOf(accountId)).toEqual(['withdrawal.unconfirmed', 'withdrawal.failed']);
});

test('W-15: nothing else is for a finding: the bank is asked, or has answered', async () => {
  const { key } = await payouts().calling();
  await expect(payouts().resolve(key)).rejects.toThrow(rejection('attempt.not_resolvable'));
  await payouts().record(key, { kind: 'unknown' });
  await expect(payouts().resolve(key)).rejects.toThrow(rejection('attempt.not_resolvable'));
  await payouts().see(key, 'paid', { amountMinor: 1n });
  await expect(payouts().resolve(key)).rejects.toThrow(rejection('attempt.not_resolvable'));
  await expect(payouts().resolve('po_UNKNOWN12-1')).rejects.toThrow(new NotYet('attempt.unknown'));
});

test('S-11: above `staff.dual_control` two persons find it; nobody does both', async () => {
  const { accountId, withdrawalId, key } = await outOfWindow(100_001n);
  const [message, amount] = [http(), { amountMinor: '100001', currency: 'USD' }];
  const proposed = await payouts().resolve(key, message);
  expect(proposed).toMatchObject({ attemptId: key, withdrawalId, status: 'proposed', amount });
  expect(await payouts().resolve(key, message)).toEqual(proposed);
  await expect(payouts().resolve(key)).rejects.toThrow(rejection('decision.second_person_needed'));
  expect(await payouts().attempts(withdrawalId)).toMatchObject([{ state: 'unknown', resolved_by: null }]);
  expect(await payouts().money(accountId)).toEqual({ available: 0n, inTransit: 100_001n });
  const { orm, clock } = payouts().database;
  const view = await new StaffDecisionsController(orm, texts, clock).list();
  // What waits stands first.
  expect((view as { staffDecisions: object[] }).staffDecisions[0]).toMatchObject({
    ...{ kind: 'resolve_attempt', subject: key, status: 'proposed', amount },
    ...{ proposedBy: 'operator-1', reason: 'Not on the statement' },
  });
  expect(await payouts().resolve(key, http(), 'operator-2')).toMatchObject({ status: 'failed' });
  expect(await payouts().attempts(withdrawalId)).toMatchObject([
    { state: 'failed', failure: 'not_executed', resolved_by: 'operator-2' },
  ]);
  expect(await payouts().money(accountId)).toEqual({ available: 100_001n, inTransit: 0n });
});

test('what was found not executed and is paid after all is seen at once, and not booked twice', async () => {
  const { accountId, withdrawalId, key } = await outOfWindow();
  await payouts().resolve(key);
  await payouts().see(key, 'paid');
  expect(await payouts().linesOf(accountId, 'withdrawal_paid')).toEqual([]);
  const found = (await attention().inReview()).find((one) => one.withdrawalId === withdrawalId);
  expect(found).toMatchObject({ attemptId: key, review: 'contradicts' });
});

test('an operator sees what waits, why, and how old it is', async () => {
  const { withdrawalId, key } = await outOfWindow();
  const { inReview, unknown } = (await attention().list()) as Record<string, object[]>;
  const line = expect.objectContaining({ withdrawalId, attemptId: key, review: 'window_over' });
  expect(inReview).toContainEqual(line);
  expect(unknown).toContainEqual(line);
  const { ageSeconds } = unknown!.find((one) => 'attemptId' in one && one.attemptId === key) as {
    ageSeconds: number;
  };
  expect(ageSeconds).toBeGreaterThan(23 * 3_600);
});
