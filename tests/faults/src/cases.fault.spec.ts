import { setTimeout as pause } from 'node:timers/promises';
import { type Agreement, type Json, until } from '@holdfast/journeys';
import { serviceNames } from '@holdfast/local';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { beat, catchUp, move, moveTo, parkedOf, releaseOf, standsStill } from './business-time.ts';
import { type Committed, DisputesPlayer, withDisputes } from './disputes-player.ts';
import { assertBooksExact } from './invariants.ts';
import { underReview, untilMoney } from './load.ts';
import { lineUp, pricedMinor, race, type Start } from './milestone-race.ts';
import { judge } from './race-history.ts';
import { type Rig, useRig } from './rig.ts';
import { type PublishedFact, readFacts } from './topics.ts';

const minuteMs = 60_000;
/** By hand thousands: HOLDFAST_RACE_ROUNDS=2000. */
const rounds = Number(process.env.HOLDFAST_RACE_ROUNDS ?? 24);
const claimedMinor = 80_000n;
const nobodys = '01a2037a-c202-74f7-a5ab-50ccbccd1460';
const unreadable = 'UnreadableMessage: data of disputes.case.opened.v1: claim';

describe('a case that is opened while its money may move (M-17, D-19)', () => {
  const rig = useRig('cases', withDisputes);
  let disputes: DisputesPlayer;

  beforeAll(() => {
    disputes = new DisputesPlayer(rig());
  });
  afterAll(() => disputes?.close());

  it.each<[string, (rig: Rig) => Promise<Obstacle>]>([
    ['disputes or its relay', disputesIsAway],
    ['escrow', escrowIsAway],
    ['the broker', brokerIsAway],
  ])(
    'AD-14a: with %s away around the deadline, the case from before it is honoured, the one from after it is refused',
    async (_, obstruct) => {
      const { market } = rig();
      const [timely, late] = [await underReview(market), await underReview(market)];
      const dueAt = [timely, late].map((review) => review.dueAt.getTime());
      const before = new Date(Math.min(...dueAt) - minuteMs);
      await moveTo(rig(), before, serviceNames);
      await disputes.beat(before);
      await market.settle();
      const first = disputes.opened(timely.agreement, { at: before });
      const obstacle = await obstruct(rig());
      // Published on its way, or not at all.
      const onItsWay = obstacle.publishes ? disputes.publish(first) : undefined;
      const later = new Date(Math.max(...dueAt) + minuteMs);
      const offsetMs = later.getTime() - Date.now();
      await Promise.all(obstacle.awake.map((service) => move(rig(), service, offsetMs)));
      if (!obstacle.publishes) await beat(rig(), 'contracts');
      if (obstacle.awake.includes('escrow')) await neitherMoves([timely.agreement, late.agreement], offsetMs);
      await obstacle.remove();
      await Promise.all(serviceNames.map((service) => move(rig(), service, offsetMs)));
      await beat(rig(), 'contracts');
      await onItsWay;
      if (!obstacle.publishes) await disputes.publish(first);
      const second = disputes.opened(late.agreement, { at: new Date(late.dueAt) });
      await disputes.publish(second);
      await disputes.beat(later);

      await untilMoney(late.agreement, 'released');
      expect(await releaseOf(rig(), late.agreement)).toEqual({ cause: 'auto', at: late.dueAt.toISOString() });
      expect(await answersOf(late.agreement)).toMatchObject([
        { type: 'escrow.milestone.freeze_refused', data: { causeId: second.caseId, reason: 'too_late' } },
      ]);
      expect(await answersOf(timely.agreement)).toMatchObject([
        { type: 'escrow.milestone.frozen', data: { causeId: first.caseId, frozenAt: before.toISOString() } },
      ]);
      expect(await rig().statusOf(timely.agreement)).toBe('submitted');
      await disputes.publish(disputes.withdrawn(timely.agreement, first.caseId, later));
      await disputes.beat(new Date(later.getTime() + 10 * minuteMs));
      await untilReviewed(timely.agreement);
      await catchUp(rig(), later);
      await assertBooksExact(rig());
    },
    4 * minuteMs,
  );

  /** Due, looked at again and again, and what could stop it has not been heard of. */
  async function neitherMoves(agreements: readonly Agreement[], offsetMs: number): Promise<void> {
    for (let look = 0; look < 20; look += 1) {
      await move(rig(), 'escrow', offsetMs);
      const statuses = await Promise.all(agreements.map((agreement) => rig().statusOf(agreement)));
      expect(statuses).toEqual(agreements.map(() => 'submitted'));
      await pause(50);
    }
  }

  it.each<[string, Ailment]>([
    ['that fails', { sick: 'escrow.milestone.frozen.v1', kind: 'failed', cause: 'planted' }],
    ['that fits no schema', { malformed: true, kind: 'failed', cause: unreadable }],
    ['that waits for another fact', { unknownMilestone: true, kind: 'waiting', cause: 'milestone.unknown' }],
  ])(
    'F84: while a case %s is parked its review is not released by silence, and others are',
    async (_, ailment) => {
      const { market } = rig();
      const [held, other] = [await underReview(market), await underReview(market)];
      const now = new Date((await market.settle()).now);
      if (ailment.sick) await rig().sql('escrow', planted);
      const sent = sickOf(held.agreement, ailment, now);
      await disputes.publish(sent);
      const [message] = await until(
        'the case is parked',
        () => parkedOf(rig(), held.agreement),
        (messages) => messages.length === 1,
      );
      expect(message).toMatchObject({ topic: 'disputes.events', kind: ailment.kind });
      expect(message.cause).toContain(ailment.cause);

      const later = new Date(Math.max(held.dueAt.getTime(), other.dueAt.getTime()) + minuteMs);
      await moveTo(rig(), later, serviceNames);
      await disputes.beat(later);
      await untilMoney(other.agreement, 'released');
      await standsStill(rig(), held.agreement);

      if (ailment.sick) {
        await rig().sql('escrow', 'drop trigger planted on outbox');
        expect(await redrive(held.agreement)).toEqual({ applied: 1, leftOver: 0 });
        expect(await answersOf(held.agreement)).toMatchObject([{ type: 'escrow.milestone.frozen' }]);
        expect(await rig().statusOf(held.agreement)).toBe('submitted');
        await disputes.publish(disputes.withdrawn(held.agreement, sent.caseId, later));
        await untilReviewed(held.agreement);
      } else {
        // An operator who knows what it was takes it away by hand.
        await rig().sql('escrow', 'delete from parked_messages where message_id = $1', [sent.id]);
        await untilMoney(held.agreement, 'released');
        expect(await releaseOf(rig(), held.agreement)).toMatchObject({ at: held.dueAt.toISOString() });
      }
      await catchUp(rig(), later);
      await assertBooksExact(rig());
    },
    4 * minuteMs,
  );

  it(
    `F81: ${rounds} cases against releases, whole and in part: one answer each, and no case over nothing`,
    async () => {
      const starts = await lineUp(
        rig().market,
        Array.from({ length: rounds }, (_, n) => [n % 2 === 0 ? 'approve' : 'part'] as const),
      );
      const at = new Date((await rig().market.settle()).now);
      const raced = await Promise.all(starts.map((start, n) => claimAndPay(start, n, at)));
      await rig().market.settle();
      const facts = await readFacts(rig().system.brokers, ['escrow.events']);
      const seen = new Set(raced.map((one) => judged(one, facts)));
      // In either order, each at least once.
      expect([...seen]).toEqual(
        expect.arrayContaining([
          'approve freeze_refused',
          'approve frozen',
          'part frozen',
          'part frozen less',
        ]),
      );
      for (const { agreement, committed } of raced)
        await disputes.publish(disputes.withdrawn(agreement, committed.caseId, at));
      await assertBooksExact(rig());
    },
    4 * minuteMs + rounds * 5_000,
  );

  /** A quarter one way round, a quarter the other way, all others at once. */
  async function claimAndPay(start: Start, n: number, at: Date) {
    const { agreement } = start;
    const committed = disputes.opened(agreement, { at, claimMinor: claimedMinor });
    const claim = () => disputes.publish(committed);
    const answered = () =>
      until(
        'the case is answered',
        () => answersOf(agreement),
        ([answer]) => !!answer,
      );
    const pay = () => race(rig().market, start, new Date(), Date.now);
    const order = Math.floor(n / 2) % 4;
    if (order === 0) {
      await claim();
      await answered();
      return { ...(await pay()), committed };
    }
    if (order === 1) {
      const paid = await pay();
      await claim();
      return { ...paid, committed };
    }
    const delayed = async () => {
      await pause(((n * 7) % 12) * 5);
      return pay();
    };
    const [paid] = await Promise.all([delayed(), claim()]);
    return { ...paid, committed };
  }

  /** @returns who raced, and how the case was answered */
  function judged(
    { agreement, dueAt, told, mix, committed }: Awaited<ReturnType<typeof claimAndPay>>,
    facts: readonly PublishedFact[],
  ): string {
    const own = facts.filter(({ key }) => key === agreement.agreementId);
    const { wrongs, heldMinor } = judge({ pricedMinor, dueAt, facts: own, told });
    expect({ wrongs, told: told.map(({ status, body }) => `${status} ${body.code ?? ''}`) }).toMatchObject({
      wrongs: [],
    });
    const answers = own.filter(
      ({ type, value }) => isAnswer(type) && JSON.parse(value).causeId === committed.caseId,
    );
    expect(answers).toHaveLength(1);
    const { amount, balance } = JSON.parse(answers[0]!.value);
    const how = answers[0]!.type.replace('escrow.milestone.', '');
    if (how === 'freeze_refused') {
      expect(heldMinor).toBe(0n);
      return `${mix[0]} ${how}`;
    }
    expect(BigInt(amount.amountMinor)).toBeLessThanOrEqual(BigInt(balance.amountMinor));
    // What it froze is there still.
    expect(heldMinor).toBeGreaterThanOrEqual(BigInt(amount.amountMinor));
    return `${mix[0]} ${how}${BigInt(amount.amountMinor) < claimedMinor ? ' less' : ''}`;
  }

  function sickOf(agreement: Agreement, { malformed, unknownMilestone }: Ailment, at: Date): Committed {
    const committed = disputes.opened(agreement, {
      at,
      ...(unknownMilestone ? { milestoneId: nobodys } : {}),
    });
    return malformed ? disputes.malformed(committed) : committed;
  }

  const redrive = ({ agreementId: key }: Agreement): Promise<Json> =>
    rig().market.operator.post('escrow', '/v1/parked-messages/redrive', {
      topic: 'disputes.events',
      key,
      reason: 'the obstacle is gone',
    });

  async function answersOf({ agreementId }: Agreement): Promise<{ type: string; data: Json }[]> {
    const facts = await readFacts(rig().system.brokers, ['escrow.events']);
    return facts
      .filter(({ key, type }) => key === agreementId && isAnswer(type))
      .map(({ type, value }) => ({ type, data: JSON.parse(value) as Json }));
  }

  /** Its review runs again. */
  const untilReviewed = ({ milestones }: Agreement): Promise<unknown> =>
    until(
      'the review goes on',
      () =>
        rig().sql('escrow', 'select 1 from milestones where id = $1 and review_due_at is not null', [
          milestones[0]!.milestoneId,
        ]),
      (rows) => rows.length === 1,
    );
});

const isAnswer = (type: string): boolean =>
  type === 'escrow.milestone.frozen' || type === 'escrow.milestone.freeze_refused';

interface Ailment {
  kind: 'failed' | 'waiting';
  cause: string;
  /** The answer that cannot be written. */
  sick?: string;
  malformed?: boolean;
  unknownMilestone?: boolean;
}

/** Escrow cannot answer that something is frozen: the case is parked. */
const planted = `
  create or replace function planted() returns trigger language plpgsql as $$
    begin raise exception 'planted'; end $$;
  create trigger planted before insert on outbox for each row
    when (new.type = 'escrow.milestone.frozen.v1') execute function planted()`;

/** What keeps the facts of disputes from escrow. */
interface Obstacle {
  /** Services that run meanwhile. */
  awake: readonly (typeof serviceNames)[number][];
  /** Whether disputes sends it meanwhile. */
  publishes: boolean;
  remove(): Promise<unknown>;
}

/** It has committed the case, and neither it nor a watermark comes out. */
async function disputesIsAway(): Promise<Obstacle> {
  return { awake: serviceNames, publishes: false, remove: async () => undefined };
}

async function escrowIsAway({ system }: Rig): Promise<Obstacle> {
  await system.stopService('escrow', 'SIGKILL');
  return {
    awake: ['contracts', 'payouts'],
    publishes: true,
    remove: () => system.startService('escrow'),
  };
}

async function brokerIsAway({ system }: Rig): Promise<Obstacle> {
  system.kafka.pause();
  return { awake: serviceNames, publishes: true, remove: async () => system.kafka.resume() };
}
