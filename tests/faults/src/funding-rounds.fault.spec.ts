import { beforeAll, describe, expect, it } from '@jest/globals';
import { type FundingRacer, type FundingVerdict, judgeFunding } from './funding-history.ts';
import {
  type FundingMix,
  type FundingRaced,
  type FundingStart,
  lateFaults,
  lineUpFundings,
  pricedMinor,
  raceForFunding,
  untilEnded,
} from './funding-race.ts';
import { assertBooksExact } from './invariants.ts';
import type { PatientPerson } from './patient-people.ts';
import { RaceClock } from './race-clock.ts';
import { raceRefunds, refundRounds } from './refund-race.ts';
import { type Rig, useRig } from './rig.ts';
import { readFacts } from './topics.ts';

const minuteMs = 60_000;

/** Who edits and who pays: in contracts alone, and across contracts and escrow. */
const editing: readonly (readonly FundingRacer[])[] = [
  ['fund', 'accept'],
  ['accept'],
  ['pay', 'accept'],
  ['fund_changed', 'accept'],
  ['accept', 'withdraw', 'decline'],
  ['fund', 'pay', 'fund_changed', 'accept'],
  ['accept', 'order', 'order'],
  ['fund', 'order', 'propose'],
  ['pay', 'order', 'accept', 'release'],
  ['fund', 'release', 'accept', 'withdraw'],
  ['accept', 'ends'],
  ['fund', 'accept', 'ends', 'propose'],
  ['fund', 'fund', 'pay', 'accept', 'accept', 'withdraw', 'order', 'release'],
];

/** Who meets the end of the payer's minutes. */
const confirming: readonly (readonly FundingRacer[])[] = [
  ['payer'],
  ['payer', 'ends'],
  ['payer', 'fund'],
  ['payer', 'accept'],
  ['ends', 'fund'],
  ['payer', 'fund', 'accept'],
  ['payer', 'ends', 'fund'],
  ['payer', 'release', 'pay', 'order'],
  ['payer', 'payer', 'fund', 'accept', 'ends', 'release'],
];

/** By hand thousands: HOLDFAST_RACE_ROUNDS=1000. */
const roundsOf = (usual: number): number => Number(process.env.HOLDFAST_RACE_ROUNDS ?? usual);
const roundsAtOnce = 36;

describe('everybody at once for money that is on its way in, or back', () => {
  const rig = useRig('funding-rounds');
  let clock: RaceClock;

  beforeAll(() => {
    clock = new RaceClock(rig());
  });

  const editRounds = roundsOf(editing.length);
  it(
    `F61: ${editRounds} races of edits, charges, releases and ends: the stale one is refused`,
    async () => {
      const ends = await batches(editRounds, async (first, count) => {
        const own = Array.from({ length: count }, (_, n): FundingMix => {
          const turn = first + n;
          return { racers: editing[turn % editing.length]!, change: turn % 2 === 0 ? 'change' : 'delete' };
        });
        const starts = await lineUpFundings(rig(), own);
        const raced = await Promise.all(
          starts.map((start, n) =>
            // Edits take a way through the broker: those who pay come at once, or some time later.
            raceForFunding(rig().market, start, (racer) => (isPaying(racer) ? ((n + first) * 37) % 300 : 0)),
          ),
        );
        return judgeAll(rig(), raced);
      });
      const seen = ['funded', 'accept', 'order', 'escrow.milestone.terms_applied'];
      if (editRounds >= editing.length) expect([...ends]).toEqual(expect.arrayContaining(seen));
      await assertBooksExact(rig());
    },
    5 * minuteMs + editRounds * 5_000,
  );

  const lateRounds = roundsOf(2 * confirming.length);
  it(
    `F82: ${lateRounds} races of a late success, cancel, end, edit and another charge: funded or refunded, once`,
    async () => {
      const ends = await batches(lateRounds, async (first, count) => {
        const own = Array.from({ length: count }, (_, n): FundingMix => {
          const turn = first + n;
          const lap = Math.floor(turn / confirming.length);
          const racers = confirming[turn % confirming.length]!;
          const late = lateFaults[(turn + lap) % lateFaults.length]!;
          return { racers, change: 'change', late, isEarly: turn % 2 === 1, waits: lap % 2 === 1 };
        });
        return judgeAll(rig(), await raceLate(rig(), clock, await lineUpFundings(rig(), own)));
      });
      const seen = ['funded', 'orphaned', 'escrow.funding.failed', 'fund'];
      if (lateRounds >= 2 * confirming.length) expect([...ends]).toEqual(expect.arrayContaining(seen));
      await assertBooksExact(rig());
    },
    5 * minuteMs + lateRounds * 5_000,
  );

  const failingRounds = roundsOf(refundRounds.length);
  it(
    `F83: ${failingRounds} refunds that fail at once, after days, after a success or without a word: sent again by two, once`,
    async () => {
      const operators = ['one', 'another'].map(
        (name): PatientPerson => rig().market.newPerson(name, ['operator']),
      );
      const ends = await batches(failingRounds, (first, count) => {
        const own = Array.from({ length: count }, (_, n) => refundRounds[(first + n) % refundRounds.length]!);
        return raceRefunds(rig(), clock, operators, own);
      });
      expect([...ends]).toContain('paid');
      await assertBooksExact(rig());
    },
    5 * minuteMs + failingRounds * 10_000,
  );
});

const isPaying = (racer: FundingRacer): boolean =>
  racer === 'fund' || racer === 'pay' || racer === 'fund_changed' || racer === 'release';

async function batches(
  rounds: number,
  race: (first: number, count: number) => Promise<readonly string[]>,
): Promise<Set<string>> {
  const ends = new Set<string>();
  for (let first = 0; first < rounds; first += roundsAtOnce)
    for (const end of await race(first, Math.min(roundsAtOnce, rounds - first))) ends.add(end);
  return ends;
}

/**
 * The payers' minutes end in real time, one after the other, as they began. Where the mix says so somebody ends or edits
 * long before, while the charge is under way, and the others begin when the charge has ended; else all begin around that
 * instant.
 */
async function raceLate(
  { market }: Rig,
  clock: RaceClock,
  starts: readonly FundingStart[],
): Promise<FundingRaced[]> {
  const isEarly = ({ mix }: FundingStart, racer: FundingRacer): boolean =>
    mix.isEarly === true && (racer === 'ends' || racer === 'accept');
  const early = await Promise.all(
    starts.map((start) =>
      raceForFunding(
        market,
        withRacers(start, (racer) => isEarly(start, racer)),
      ),
    ),
  );
  await market.settle();
  await clock.moveTo(starts[0]!.pending!.dueAt.getTime() - 500);
  const raced = await Promise.all(
    starts.map(async (start, n) => {
      await clock.reaches(start.pending!.dueAt.getTime() - 100 + ((n * 37) % 400));
      if (start.mix.waits) await untilEnded(start);
      const left = withRacers(start, (racer) => !isEarly(start, racer));
      return raceForFunding(market, left, (_, at) => (at * 61 * n) % 200);
    }),
  );
  return raced.map((late, n) => ({ ...starts[n]!, told: [...early[n]!.told, ...late.told] }));
}

const withRacers = (start: FundingStart, race: (racer: FundingRacer) => boolean): FundingStart => ({
  ...start,
  mix: { ...start.mix, racers: start.mix.racers.filter(race) },
});

async function judgeAll(rig: Rig, raced: readonly FundingRaced[]): Promise<string[]> {
  await rig.market.settle();
  const facts = await readFacts(rig.system.brokers, ['contracts.events', 'escrow.events']);
  const byKey = Map.groupBy(facts, ({ topic, key }) => `${topic} ${key}`);
  const { entries } = await rig.market.providerBook();
  const moved = Map.groupBy(entries as Entry[], ({ kind, reference }) => `${kind} ${reference}`);
  const rows = await Promise.all([termsOf(rig, 'contracts'), termsOf(rig, 'escrow')]);
  const judged = raced.map(({ agreement: { agreementId }, milestoneId, told, mix }) => {
    const own = (topic: string) => byKey.get(`${topic}.events ${agreementId}`) ?? [];
    const verdict = judgeFunding({
      ...{ milestoneId, pricedMinor, told, escrow: own('escrow'), contracts: own('contracts') },
      movedMinor: (kind, reference) =>
        (moved.get(`${kind} ${reference}`) ?? []).map(({ amountMinor }) => BigInt(amountMinor)),
    });
    const stands = `version ${verdict.version} of ${verdict.priceMinor}`;
    const [inContracts, inEscrow] = rows.map((terms) => terms.get(milestoneId));
    if (inContracts !== stands || inEscrow !== stands)
      verdict.wrongs.push(`${stands} by its facts, ${inContracts} in contracts, ${inEscrow} in escrow`);
    const answers = told.map(({ racer, status, body }) => `${racer} ${status} ${body?.code ?? ''}`);
    const history = [...own('contracts'), ...own('escrow')].map(({ type, value }) => `${type} ${value}`);
    return { verdict, seen: { mix, answers, history } };
  });
  expect(wrongOnes(judged)).toEqual([]);
  return judged.flatMap(({ verdict }) => verdict.ends);
}

type Entry = { kind: string; reference: string; amountMinor: string };
type Judged = { verdict: FundingVerdict; seen: object };

const wrongOnes = (judged: readonly Judged[]): object[] =>
  judged
    .filter(({ verdict }) => verdict.wrongs.length > 0)
    .map(({ verdict: { wrongs }, seen }) => ({ wrongs, seen }))
    .slice(0, 5);

/** The terms of each milestone by a service's own table; of a deleted one both keep the last price. */
async function termsOf(rig: Rig, service: 'contracts' | 'escrow'): Promise<Map<string, string>> {
  const rows = await rig.sql<{ id: string; version: number; price: string }>(
    service,
    'select id, terms_version as version, price_minor::text as price from milestones',
  );
  return new Map(rows.map(({ id, version, price }) => [id, `version ${version} of ${price}`]));
}
