import { NotYet, plusDays, plusHours, usd } from '@holdfast/domain';
import { Deadlines, newId } from '@holdfast/messaging';
import { CONFIG } from '@holdfast/service';
import { eventually } from '@holdfast/testing';
import { expect, test } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { payoutsDeadlines } from '../deadlines.ts';
import { usePayouts } from '../testing/payouts.ts';
import { MatureFundsHandler } from './mature-funds.ts';

const payouts = usePayouts();

async function pending() {
  const parties = await payouts().agreement();
  const released = payouts().released(parties);
  await payouts().credit(released);
  return { ...parties, transferId: released.transferId, dueAt: plusDays(released.releasedAt, 5) };
}
const matured = async (agreementId: string) =>
  (await payouts().published(agreementId)).filter(({ type }) => type === 'payouts.funds.matured');

test('G-2.3, M-21: credit, journal and fact are one commit, dated at the end of the hold', async () => {
  const { agreementId, freelancerId, transferId, dueAt } = await pending();
  payouts().pass(plusHours(dueAt, 7));
  await payouts().mature(transferId, dueAt);
  const [credit] = await payouts().rows('select status, matures_at from credits where id = $1', [transferId]);
  expect(credit).toEqual({ status: 'available', matures_at: null });
  const journal = (await payouts().journals(freelancerId)).at(-1)!;
  expect(journal).toMatchObject({ kind: 'maturity', causeId: transferId, valueDate: dueAt });
  expect(journal.postedAt.getTime()).toBeGreaterThanOrEqual(plusHours(dueAt, 7).getTime());
  expect(journal.lines).toEqual([
    { account: `P.freelancer.pending:${freelancerId}`, amountMinor: 90_000n },
    { account: `P.freelancer.available:${freelancerId}`, amountMinor: -90_000n },
  ]);
  expect(await matured(agreementId)).toEqual([
    {
      type: 'payouts.funds.matured',
      agreementId,
      transferId,
      accountId: freelancerId,
      amount: usd(90_000n),
      maturedAt: dueAt,
    },
  ]);
});

test('the timer twice, also at once, matures once', async () => {
  const { agreementId, transferId, dueAt } = await pending();
  await Promise.all([1, 2, 3].map(() => payouts().mature(transferId, dueAt)));
  await payouts().mature(transferId, plusHours(dueAt, 1));
  expect(await matured(agreementId)).toHaveLength(1);
});

test('B-3: a millisecond before the end of the hold nothing happens', async () => {
  const { agreementId, transferId, dueAt } = await pending();
  await payouts().mature(transferId, new Date(dueAt.getTime() - 1));
  expect(await matured(agreementId)).toEqual([]);
  await payouts().mature(transferId, dueAt);
  expect(await matured(agreementId)).toHaveLength(1);
});

test('a credit that is not known waits', async () => {
  await expect(payouts().mature(newId(), payouts().now())).rejects.toThrow(new NotYet('credit.unknown'));
});

test('B-3: the sweep matures what is due, in its order, and then nothing is due', async () => {
  const { pool, orm, clock, unitOfWork } = payouts().database;
  const handler = new MatureFundsHandler(unitOfWork);
  const known = new Map<unknown, unknown>([
    [CommandBus, { execute: (command: never) => handler.execute(command) }],
    [CONFIG, { DEPLOYED_SERVICES: [] }],
  ]);
  const app = { get: (token: unknown) => known.get(token) };
  const deadlines = new Deadlines({ pool, orm, clock }, payoutsDeadlines(app as never));
  const { agreementId, clientId, freelancerId, transferId, dueAt } = await pending();
  expect(await deadlines.list.of(freelancerId)).toMatchObject([{ kind: 'hold.end', id: transferId, dueAt }]);
  expect(await deadlines.list.of(clientId)).toEqual([]);
  payouts().pass(dueAt);
  deadlines.start();
  try {
    await eventually(
      () => deadlines.dueNow(),
      (due) => due.length === 0,
    );
    expect(await matured(agreementId)).toMatchObject([{ maturedAt: dueAt }]);
    expect(await deadlines.list.of(freelancerId)).toEqual([]);
  } finally {
    await deadlines.stop();
  }
});
