import { describe, expect, it } from '@jest/globals';
import { assertBooksExact } from './invariants.ts';
import { lineUp, mixes, pricedMinor, type Raced, race } from './milestone-race.ts';
import { beatUntil, RaceClock } from './race-clock.ts';
import { judge } from './race-history.ts';
import { type Rig, useRig } from './rig.ts';
import { readFacts } from './topics.ts';

const minuteMs = 60_000;
/** By hand thousands: HOLDFAST_RACE_ROUNDS=5000. */
const rounds = Number(process.env.HOLDFAST_RACE_ROUNDS ?? mixes.length);
/** Every mix once. */
const roundsAtOnce = mixes.length;
const mayWin = ['approve', 'part', 'changes', 'give_back', 'client_ends', 'freelancer_ends', 'auto'];

describe('everybody at once for the money of one milestone (F56, F63)', () => {
  const rig = useRig('race-rounds');

  it(
    `${rounds} races of release, part, changes, refund, end, chargeback and timer: one legal history each`,
    async () => {
      const winners = new Set<string>();
      const clock = new RaceClock(rig());
      for (let done = 0; done < rounds; done += roundsAtOnce) {
        const own = Array.from(
          { length: Math.min(roundsAtOnce, rounds - done) },
          (_, n) => mixes[(done + n) % mixes.length]!,
        );
        const raced = await raceAll(rig(), own, clock);
        for (const winner of await judgeAll(rig(), raced)) winners.add(winner);
        await decideDisputes(rig(), raced);
      }
      // Each one alone decides some of them, the timer too.
      if (rounds >= mixes.length) expect([...winners]).toEqual(expect.arrayContaining(mayWin));
      await assertBooksExact(rig());
    },
    10 * minuteMs + rounds * 5_000,
  );
});

/** The reviews end in real time, one after the other, as they began: only the days between are jumped over. */
async function raceAll(rig: Rig, own: Parameters<typeof lineUp>[1], clock: RaceClock): Promise<Raced[]> {
  const { market, system } = rig;
  const starts = await lineUp(market, own);
  const first = starts[0]!.dueAt.getTime();
  // Their notices have gone when it begins.
  await clock.moveTo(first - 60 * minuteMs);
  await market.settle();
  await clock.moveTo(first - 1_000);
  let over = false;
  const beats = beatUntil(system.controlUrls.contracts, () => over);
  // A third before the review ends, the others while its timer fires: a little later each time.
  const raced = await Promise.all(
    starts.map((start, n) => {
      const afterMs = n % 3 === 0 ? -500 : (n * 37) % 400;
      return race(market, start, new Date(start.dueAt.getTime() + afterMs), clock.now);
    }),
  ).finally(() => {
    over = true;
  });
  await beats;
  await market.settle();
  return raced;
}

async function judgeAll(rig: Rig, raced: readonly Raced[]): Promise<string[]> {
  const facts = await readFacts(rig.system.brokers, ['escrow.events']);
  const ofAgreements = Map.groupBy(facts, ({ key }) => key);
  const rows = await rig.sql<{ id: string; held: bigint; status: string }>(
    'escrow',
    'select id, held_minor as held, status from milestones where id = any($1)',
    [raced.map(({ milestoneId }) => milestoneId)],
  );
  const judged = raced.map(({ agreement, milestoneId, dueAt, told, mix }) => {
    const own = ofAgreements.get(agreement.agreementId) ?? [];
    const row = rows.find(({ id }) => id === milestoneId)!;
    const { wrongs, heldMinor } = judge({ pricedMinor, dueAt, facts: own, told });
    const held = row.held ?? 0n;
    if (heldMinor !== held) wrongs.push(`${heldMinor} by its facts, ${held} by its row`);
    const answers = told.map(({ racer, status, body }) => `${racer} ${status} ${body?.code ?? ''}`);
    const history = own.map(({ type, value }) => `${type} ${value}`);
    return { own, told, seen: { mix, dueAt, answers, history }, wrongs };
  });
  const wrong = judged.filter(({ wrongs }) => wrongs.length > 0);
  expect(wrong.slice(0, 5).map(({ seen, wrongs }) => ({ seen, wrongs }))).toEqual([]);
  return judged.flatMap(({ own: facts, told }) => [
    ...told.filter(({ status }) => status < 300).map(({ racer }) => racer),
    ...facts.filter(({ value }) => JSON.parse(value).cause === 'auto').map(() => 'auto'),
  ]);
}

/** So that a later one finds nothing open; a half of them is lost. */
async function decideDisputes({ market }: Rig, raced: readonly Raced[]): Promise<void> {
  const disputes = raced.flatMap(({ disputeId }) => disputeId ?? []);
  for (const [n, id] of disputes.entries()) await market.decideDispute(id, n % 2 === 0 ? 'won' : 'lost');
  await market.settle();
}
