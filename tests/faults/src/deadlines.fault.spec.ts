import { setTimeout as pause } from 'node:timers/promises';
import { type Agreement, type Json, submit, until } from '@holdfast/journeys';
import { type ServiceName, serviceNames } from '@holdfast/local';
import { partitionOf } from '@holdfast/messaging';
import { describe, expect, it } from '@jest/globals';
import { beat, catchUp, move, moveTo, parkedOf, releaseOf, standsStill } from './business-time.ts';
import { assertBooksExact } from './invariants.ts';
import { underReview, untilMoney } from './load.ts';
import { type Rig, useRig } from './rig.ts';

const minuteMs = 60_000;

describe('a review that ends while a fact may still be on its way (M-17)', () => {
  const rig = useRig('deadlines');

  it(
    'is not released by silence while contracts has not spoken, and is dated at its due instant when it has',
    async () => {
      const { system, market } = rig();
      const { agreement, dueAt } = await underReview(market);
      await market.settle();
      await system.stopService('contracts');
      const later = new Date(dueAt.getTime() + minuteMs);
      const offsetMs = await moveTo(rig(), later, ['escrow', 'payouts']);
      await standsStill(rig(), agreement);
      // Payouts, which has spoken, is not the one that is waited for.
      expect(await watermarksOf(rig(), agreement, 'contracts.events')).toEqual([false, false, false]);
      expect(await watermarksOf(rig(), agreement, 'payouts.events', dueAt)).toEqual([true, true, true]);

      // Back, but in its own time the review has not ended yet: what it says now is too early.
      await system.startService('contracts');
      await beat(rig(), 'contracts');
      await standsStill(rig(), agreement);

      await move(rig(), 'contracts', offsetMs);
      await beat(rig(), 'contracts');
      await untilMoney(agreement, 'released');
      expect(await releaseOf(rig(), agreement)).toEqual({ cause: 'auto', at: dueAt.toISOString() });
      await catchUp(rig(), later);
      await assertBooksExact(rig());
    },
    2 * minuteMs,
  );

  it(
    'is not released by silence while a message of its agreement is parked, and others are (F84)',
    async () => {
      const { market } = rig();
      const milestones = [{ amountMinor: 100_000n }, { amountMinor: 50_000n }];
      const held = await underReview(market, { milestones });
      const other = await underReview(market, { milestones });
      await market.settle();
      await rig().sql('escrow', planted);
      await submit(held.agreement, 1);
      await until(
        'the submission is parked',
        () => parkedOf(rig(), held.agreement),
        ([message]) => message?.kind === 'failed',
      );
      const later = new Date(Math.max(held.dueAt.getTime(), other.dueAt.getTime()) + minuteMs);
      await moveTo(rig(), later, serviceNames);
      await beat(rig(), 'contracts');
      await untilMoney(other.agreement, 'released');
      expect(await watermarksOf(rig(), held.agreement, 'contracts.events', held.dueAt)).toEqual([
        true,
        true,
        true,
      ]);
      await standsStill(rig(), held.agreement);

      await rig().sql('escrow', 'drop trigger planted on outbox');
      const request = {
        topic: 'contracts.events',
        key: held.agreement.agreementId,
        reason: 'the obstacle is gone',
      };
      const redriven = await market.operator.post('escrow', '/v1/parked-messages/redrive', request);
      expect(redriven).toEqual({ applied: 1, leftOver: 0 });
      await untilMoney(held.agreement, 'released');
      expect(await releaseOf(rig(), held.agreement)).toEqual({ cause: 'auto', at: held.dueAt.toISOString() });
      await catchUp(rig(), later);
      await assertBooksExact(rig());
    },
    2 * minuteMs,
  );

  it.each<[string, (rig: Rig, offsetMs: number) => Promise<Obstacle>]>([
    ['the service', killContractsAtItsRelay],
    ['its relay', stopRelayOfContracts],
    ['the broker', stopBroker],
  ])(
    'AD-14a: with %s away around the deadline, the hold from before it is honoured, the one from after it is not',
    async (_, obstruct) => {
      const { market } = rig();
      const [timely, late] = [await underReview(market), await underReview(market)];
      const dueAt = [timely, late].map((review) => review.dueAt.getTime());
      const before = await moveTo(rig(), new Date(Math.min(...dueAt) - minuteMs), serviceNames);
      await market.settle();
      const obstacle = await obstruct(rig(), before);
      await holdAccount(rig(), timely.agreement);
      await obstacle.standing;
      const later = new Date(Math.max(...dueAt) + minuteMs);
      const offsetMs = later.getTime() - Date.now();
      await Promise.all(obstacle.awake.map((service) => move(rig(), service, offsetMs)));
      // Due, looked at again and again, and what could stop it has not been heard of: both wait.
      for (let look = 0; look < 20; look += 1) {
        await move(rig(), 'escrow', offsetMs);
        expect(await Promise.all([timely, late].map(({ agreement }) => rig().statusOf(agreement)))).toEqual([
          'submitted',
          'submitted',
        ]);
        await pause(50);
      }
      if (obstacle.awake.includes('contracts')) await holdAccount(rig(), late.agreement);
      await obstacle.remove();
      await move(rig(), 'contracts', offsetMs);
      if (!obstacle.awake.includes('contracts')) await holdAccount(rig(), late.agreement);
      await beat(rig(), 'contracts');
      await untilMoney(late.agreement, 'released');
      expect(await releaseOf(rig(), late.agreement)).toEqual({
        cause: 'auto',
        at: late.dueAt.toISOString(),
      });
      await catchUp(rig(), later);
      expect(await rig().statusOf(timely.agreement)).toBe('submitted');
      const [frozen] = await rig().sql<{ since: Date }>(
        'escrow',
        `select f.since from freezes f where f.milestone_id = $1 and f.cause = 'safety_hold'`,
        [timely.agreement.milestones[0]!.milestoneId],
      );
      expect(frozen!.since.getTime()).toBeLessThan(timely.dueAt.getTime());
      await assertBooksExact(rig());
    },
    4 * minuteMs,
  );
});

/** What keeps facts of contracts on their way. */
interface Obstacle {
  /** Services that run meanwhile. */
  awake: readonly ServiceName[];
  /** Settled when it stands in the way. */
  standing: Promise<unknown>;
  remove(): Promise<unknown>;
}

/** Stops a review, if it comes from before its end (E-16, M-16). */
const holdAccount = ({ market }: Rig, { freelancer }: Agreement): Promise<Json> =>
  market.operator.post('contracts', `/v1/accounts/${freelancer.id}/holds`, {
    kind: 'safety',
    reason: 'scam_signals',
    note: 'Asked for money to get the job.',
  });

/** It has committed the hold, and dies before it publishes it. */
async function killContractsAtItsRelay(rig: Rig, offsetMs: number): Promise<Obstacle> {
  await rig.restart('contracts', { CRASH_AT: 'relay.before_publish:1:contracts.account.hold_placed' });
  await move(rig, 'contracts', offsetMs);
  return {
    awake: ['escrow', 'payouts'],
    standing: rig.exitOf('contracts'),
    remove: () => rig.system.startService('contracts'),
  };
}

/** Another session has the relay's lock: as a replica would that hangs. Everything else of contracts goes on. */
async function stopRelayOfContracts(rig: Rig): Promise<Obstacle> {
  const session = await rig.poolOf('contracts').connect();
  const lock = session.query(`select pg_advisory_lock(hashtextextended('holdfast.relay.contracts', 0))`);
  await rig.sql(
    'contracts',
    `select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'holdfast-relay' and datname = current_database()`,
  );
  await lock;
  return {
    awake: serviceNames,
    standing: Promise.resolve(),
    remove: async () => session.release(true),
  };
}

async function stopBroker({ system }: Rig): Promise<Obstacle> {
  system.kafka.pause();
  return {
    awake: serviceNames,
    standing: Promise.resolve(),
    remove: async () => system.kafka.resume(),
  };
}

/** Escrow cannot answer a submission by a refusal: whoever submits unfunded work has their message parked. */
const planted = `
  create or replace function planted() returns trigger language plpgsql as $$
    begin raise exception 'planted'; end $$;
  create trigger planted before insert on outbox for each row
    when (new.type = 'escrow.submission.refused.v1') execute function planted()`;

/** Whether escrow has heard of this instant, or a later one, for the agreement and its two parties. */
async function watermarksOf(
  rig: Rig,
  { agreementId, client, freelancer, milestones }: Agreement,
  topic: string,
  instant?: Date,
): Promise<boolean[]> {
  const [row] = await rig.sql<{ due: Date }>(
    'escrow',
    'select review_due_at as due from milestones where id = $1',
    [milestones[0]!.milestoneId],
  );
  const keys = [agreementId, client.id, freelancer.id];
  return Promise.all(
    keys.map(async (key) => {
      const rows = await rig.sql(
        'escrow',
        'select 1 from watermarks where topic = $1 and partition = $2 and instant >= $3',
        [topic, partitionOf(key), instant ?? row!.due],
      );
      return rows.length === 1;
    }),
  );
}
