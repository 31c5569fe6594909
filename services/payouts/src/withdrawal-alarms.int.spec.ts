import { plusMinutes, usd } from '@holdfast/domain';
import { BusinessClock } from '@holdfast/messaging';
import type { AlarmCheck, Finding } from '@holdfast/service';
import { expect, test } from '@jest/globals';
import { MikroORM } from '@mikro-orm/postgresql';
import { payoutsAlarms } from './alarms.ts';
import { UnknownPayouts } from './metrics.ts';
import { useWithdrawals } from './testing/withdrawals.ts';

const payouts = useWithdrawals();

function checks(): AlarmCheck[] {
  const { orm, clock } = payouts().database;
  const known = new Map<unknown, unknown>([
    [MikroORM, orm],
    [BusinessClock, clock],
  ]);
  return payoutsAlarms({ get: (token: unknown) => known.get(token) } as never);
}

/** What a check finds about one id; other tests of this file leave theirs behind. */
async function found(alarm: string, id: string): Promise<Finding[]> {
  const findings = await checks()
    .find(({ name }) => name === alarm)!
    .find();
  return findings.filter((finding) => finding.id === id);
}

const passMinutes = (minutes: number): void => payouts().pass(plusMinutes(payouts().now(), minutes));

test('before anything has happened nothing is found', async () => {
  for (const { find } of checks()) expect(await find()).toEqual([]);
});

test('M-22: a transfer that escrow does not answer is named after 15 minutes, until it is answered', async () => {
  const { accountId, withdrawalId, key } = await payouts().calling();
  await payouts().see(key, 'paid');
  const transferId = String((await payouts().transfers(withdrawalId))[0]!.id);
  passMinutes(14);
  expect(await found('transfer.unanswered', transferId)).toEqual([]);
  passMinutes(2);
  expect(await found('transfer.unanswered', transferId)).toMatchObject([
    { since: expect.any(Date), facts: { withdrawalId, kind: 'withdrawal_paid' } },
  ]);
  await payouts().applied({ accountId, transferId, amount: usd(50_000n), kind: 'withdrawal_paid' });
  expect(await found('transfer.unanswered', transferId)).toEqual([]);
});

test('F47: a sending of another amount is named at once', async () => {
  const { withdrawalId, key } = await payouts().calling();
  await payouts().see(key, 'submitted');
  expect(await found('withdrawal.in_review', key)).toEqual([]);
  await payouts().see(key, 'paid', { amountMinor: 1n });
  expect(await found('withdrawal.in_review', key)).toMatchObject([
    { facts: { withdrawalId, review: 'amount_differs' } },
  ]);
  await payouts().see(key, 'paid');
  expect(await found('withdrawal.in_review', key)).toEqual([]);
});

test('W-15: an outcome that is not known for 30 minutes is named with its age, until it is', async () => {
  const { withdrawalId, key } = await payouts().calling();
  const since = (await payouts().attempts(withdrawalId))[0]!.calling_since;
  await payouts().record(key, { kind: 'unknown' });
  passMinutes(29);
  expect(await found('withdrawal.in_doubt', key)).toEqual([]);
  passMinutes(2);
  expect(await found('withdrawal.in_doubt', key)).toMatchObject([{ since, facts: { withdrawalId } }]);
  const { count, oldestAgeSeconds } = await figures();
  expect(count).toBeGreaterThan(0);
  expect(oldestAgeSeconds).toBeGreaterThan(30 * 60);
  await payouts().see(key, 'processing');
  expect(await found('withdrawal.in_doubt', key)).toEqual([]);
  expect((await figures()).count).toBe(count - 1);
});

/** What the metrics of AD-22 would show. */
const figures = () => new UnknownPayouts(payouts().database.pool, payouts().database.clock).read();

test('W-9: what is past its cut-off, not sent and not held is named after 15 minutes', async () => {
  const { accountId, withdrawalId } = await payouts().due();
  expect(await found('withdrawal.overdue', withdrawalId)).toEqual([]);
  passMinutes(16);
  expect(await found('withdrawal.overdue', withdrawalId)).toMatchObject([{ since: expect.any(Date) }]);
  await payouts().hold(accountId, 'financial');
  expect(await found('withdrawal.overdue', withdrawalId)).toEqual([]);
});

test('I13: alarms name ids and closed words, nobody', async () => {
  const { accountId, key } = await payouts().calling();
  await payouts().see(key, 'paid', { currency: 'EUR' });
  const [finding] = await found('withdrawal.in_review', key);
  expect(JSON.stringify(finding)).not.toContain(accountId);
});
