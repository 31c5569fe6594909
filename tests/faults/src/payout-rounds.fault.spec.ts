import { randomUUID } from 'node:crypto';
import { type Json, usd, withdraw } from '@holdfast/journeys';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { arrangeEarners, availableOf, type Earner } from './earners.ts';
import { assertBooksExact } from './invariants.ts';
import { RaceClock } from './race-clock.ts';
import { type Rig, useRig } from './rig.ts';
import { type PublishedFact, readFacts } from './topics.ts';
import { type HeldWithdrawals, judgeBalance, judgeHeld } from './withdrawal-history.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;
const earnersAtOnce = 6;
/** By hand thousands: HOLDFAST_RACE_ROUNDS=1000. */
const rounds = Number(process.env.HOLDFAST_RACE_ROUNDS ?? 12);
const batches = Math.ceil(rounds / earnersAtOnce);
/** Once a batch each earner withdraws this three or four times. */
const smallMinor = 500n;
const pricedMinor = 50_000n + BigInt(batches) * 4n * 2n * smallMinor;

describe('everybody at once for the balance of a freelancer', () => {
  const rig = useRig('payout-rounds');
  let clock: RaceClock;
  let earners: Earner[];

  beforeAll(async () => {
    clock = new RaceClock(rig());
    earners = await arrangeEarners(rig(), clock, { count: earnersAtOnce, pricedMinor });
  }, 5 * minuteMs);

  it(
    `F57: ${rounds} times eight requests over a balance for one to three, beside a cancel: exactly so many succeed`,
    async () => {
      const opening = await openingOf(earners);
      await Promise.all(
        earners.map(async (earner, n) => {
          for (let batch = 0; batch < batches; batch += 1) await contest(earner, n + batch);
        }),
      );
      await rig().market.settle();
      const facts = await factsOf(rig());
      const wrongs = earners.flatMap(({ freelancer: { id } }) => judgeBalance(opening.get(id)!, facts(id)));
      expect(wrongs).toEqual([]);
      expect(await openingOf(earners)).toEqual(opening);
      await assertBooksExact(rig());
    },
    5 * minuteMs + rounds * 5_000,
  );

  it(
    `F63: ${rounds} times an account is held while its withdrawals are sent: held, or accepted by the bank before`,
    async () => {
      const all: HeldWithdrawals[] = [];
      for (let batch = 0; batch < batches; batch += 1) {
        const raced = await raceHolds(rig(), clock, earners, batch);
        await rig().market.settle();
        all.push(...(await judgeHolds(rig(), raced)));
        await liftAll(rig(), raced);
      }
      // The first hold of a batch comes before all sending, the last one after it.
      expect([...new Set(all.flatMap(({ ends }) => ends))]).toEqual(expect.arrayContaining(['held', 'sent']));
      // What was asked for during the last race is sent in the first week, and paid in the second.
      for (let week = 0; week < 2; week += 1) {
        await clock.moveTo(clock.now() + 7 * dayMs);
        await rig().market.settle();
      }
      expect(await unpaidOf(rig(), all)).toEqual([]);
      await assertBooksExact(rig());
    },
    5 * minuteMs + rounds * 10_000,
  );
});

const openingOf = async (earners: readonly Earner[]): Promise<Map<string, bigint>> =>
  new Map(
    await Promise.all(
      earners.map(
        async ({ freelancer }): Promise<[string, bigint]> => [freelancer.id, await availableOf(freelancer)],
      ),
    ),
  );

/** What payouts has said about each account, in its order. */
async function factsOf({ system }: Rig): Promise<(accountId: string) => PublishedFact[]> {
  const byKey = Map.groupBy(await readFacts(system.brokers, ['payouts.events']), ({ key }) => key);
  return (accountId) => byKey.get(accountId) ?? [];
}

const post = ({ freelancer }: Earner, path: string, body: object = {}) =>
  freelancer.once('payouts', 'POST', path, { key: randomUUID(), body });
const ask = (earner: Earner, amountMinor: bigint) =>
  post(earner, '/v1/withdrawals', { amount: usd(amountMinor), methodId: earner.methodId });
const cancel = (earner: Earner, withdrawalId: string) =>
  post(earner, `/v1/withdrawals/${withdrawalId}/cancel`);

/** Eight at once for a balance that covers one, two or three of them; each second time all of it has been taken before. */
async function contest(earner: Earner, turn: number): Promise<void> {
  const covered = (turn % 3) + 1;
  const amountMinor = (await availableOf(earner.freelancer)) / BigInt(covered);
  const isTaken = turn % 2 === 1;
  const before: string[] = [];
  while (isTaken && before.length < covered)
    before.push((await withdraw(earner.freelancer, earner.methodId, amountMinor)).withdrawalId);
  const asking = Array.from({ length: 8 }, () => ask(earner, amountMinor));
  const [first, ...others] = before;
  if (first) asking.splice(turn % 8, 0, cancel(earner, first));
  const answers = await Promise.all(asking);
  const cancelled = first ? answers.splice(turn % 8, 1) : [];
  expect(cancelled.map(({ status }) => status)).toEqual(first ? [200] : []);
  const won = answers.filter(({ status }) => status === 202);
  const told = answers.filter(({ status }) => status !== 202).map(({ status, body }) => [status, body.code]);
  expect(told).toEqual(told.map(() => [409, 'money.insufficient']));
  // Beside a cancel: the one that comes after it, or none.
  expect(isTaken ? won.length <= 1 : won.length === covered).toBe(true);
  for (const { body } of won) others.push(body.withdrawalId);
  for (const id of others) await cancel(earner, id);
}

interface RacedHold {
  earner: Earner;
  holdId: string;
  withdrawalIds: string[];
  /** What its owner was told who took the first one back, and asked for one more. */
  cancelled: Json;
  asked: Json;
}

/** Withdrawals that are due at the cut-off, and holds of their owners around it: a little later each time. */
async function raceHolds(
  { market }: Rig,
  clock: RaceClock,
  earners: readonly Earner[],
  batch: number,
): Promise<RacedHold[]> {
  const due = await Promise.all(
    earners.map(async ({ freelancer, methodId }) => {
      const made: Json[] = [];
      while (made.length < 3) made.push(await withdraw(freelancer, methodId, smallMinor));
      return made;
    }),
  );
  const cutOff = new Date(due[0]![0].cutOffAt).getTime();
  const [first, ...others] = earners.map((earner, n) => async (): Promise<RacedHold> => {
    const isLast = n === earners.length - 1;
    if (n > 0) await clock.reaches(cutOff + (isLast ? 1_000 : -250 + ((n * 137 + batch * 61) % 500)));
    const [hold, cancelled, asked] = await Promise.all([
      market.operator.post('contracts', `/v1/accounts/${earner.freelancer.id}/holds`, {
        kind: (n + batch) % 2 === 0 ? 'financial' : 'safety',
        reason: 'other',
        note: 'Reported by its owner.',
      }),
      cancel(earner, due[n]![0].withdrawalId),
      ask(earner, smallMinor),
    ]);
    const withdrawalIds = due[n]!.map(({ withdrawalId }) => withdrawalId);
    if (asked.status === 202) withdrawalIds.push(asked.body.withdrawalId);
    return { earner, holdId: hold.holdId, withdrawalIds, cancelled, asked };
  });
  const early = await first!();
  await market.settle();
  await clock.moveTo(cutOff - 500);
  return [early, ...(await Promise.all(others.map((race) => race())))];
}

async function judgeHolds(rig: Rig, raced: readonly RacedHold[]): Promise<HeldWithdrawals[]> {
  const facts = await factsOf(rig);
  const judged = await Promise.all(
    raced.map(async ({ earner, withdrawalIds, cancelled, asked }) => {
      const paid = await Promise.all(withdrawalIds.map((id) => paidByBank(rig, id)));
      const withdrawals = withdrawalIds.map((id, n) => ({ id, paid: paid[n]! }));
      return judgeHeld({ withdrawals, facts: facts(earner.freelancer.id), cancelled, asked });
    }),
  );
  expect(judged.flatMap(({ wrongs }) => wrongs)).toEqual([]);
  return judged;
}

/** How often the bank has really executed it. */
async function paidByBank({ market }: Rig, withdrawalId: string): Promise<number> {
  const { entries } = await market.providerBook(withdrawalId);
  return entries.filter(({ kind }: Json) => kind === 'payout').length;
}

async function liftAll({ market }: Rig, raced: readonly RacedHold[]): Promise<void> {
  await Promise.all(
    raced.map(({ earner, holdId }) =>
      market.operator.post('contracts', `/v1/accounts/${earner.freelancer.id}/holds/${holdId}/lift`, {
        reason: 'appeal',
        note: 'It was a mistake.',
      }),
    ),
  );
  await market.settle();
}

/** What was not taken back is paid in the end, once. */
async function unpaidOf(rig: Rig, all: readonly HeldWithdrawals[]): Promise<string[]> {
  const rows = await rig.sql<{ id: string; status: string }>('payouts', 'select id, status from withdrawals');
  const statuses = new Map(rows.map(({ id, status }) => [id, status]));
  const ids = all.flatMap(({ withdrawals }) => withdrawals.map(({ id }) => id));
  const ends = await Promise.all(
    ids.map(async (id) => `${id} is ${statuses.get(id)}, paid ${await paidByBank(rig, id)} times`),
  );
  return ends.filter((end) => !/ is (paid, paid 1|cancelled, paid 0) times$/.test(end));
}
