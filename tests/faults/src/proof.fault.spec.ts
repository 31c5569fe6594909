import {
  accept,
  approveRefund,
  arrangeFunded,
  arrangeOffer,
  endAgreement,
  giveBack,
  moneyOf,
  refund,
  release,
  until,
} from '@holdfast/journeys';
import { type ProofResult, proveSystem } from '@holdfast/local';
import { createPool } from '@holdfast/messaging';
import { describe, expect, it } from '@jest/globals';
import { milestonesAddUp } from './exact-money.ts';
import { assertBooksExact, faultsOf } from './invariants.ts';
import { type Load, startLoad, underReview, untilMoney } from './load.ts';
import { type Rig, useRig } from './rig.ts';

const minuteMs = 60_000;

describe('the proof of a busy system (AD-17)', () => {
  const rig = useRig('proof', { all: { SEAL_HEAD_SECONDS: '1' } });

  const prove = (): Promise<ProofResult> => proveSystem(rig().system.urls, rig().system.brokers);

  it(
    'gives no false alarm while money moves, however often it is made',
    async () => {
      const load = startLoad(rig().market, 6);
      const seen: ProofResult[] = [];
      for (let round = 0; round < 12; round += 1) {
        await moves(load);
        const proof = await prove();
        expect(faultsOf(proof)).toEqual([]);
        seen.push(proof);
      }
      await load.finish();
      // Else it was not busy: what is under way at a look was seen, and explained.
      expect(seen.filter(({ underWayTotal }) => underWayTotal > 0).length).toBeGreaterThan(0);
      await assertBooksExact(rig());
      expect((await prove()).underWay).toEqual([]);
    },
    5 * minuteMs,
  );

  it(
    'lists by id what waits in an outbox, and finds nothing wrong',
    async () => {
      const { agreement, submissionId } = await underReview(rig().market);
      await rig().market.settle();
      const lock = await stopRelay(rig());
      const releasing = agreement.client.post(
        'escrow',
        `/v1/milestones/${agreement.milestones[0]!.milestoneId}/release`,
        { submissionId },
      );
      const { transferId } = await releasing;
      const proof = await prove();
      await lock.end();
      expect(faultsOf(proof)).toEqual([]);
      expect(proof.underWay).toContainEqual({
        id: transferId,
        what: expect.stringMatching(/^transfer: escrow.milestone.released \S+ is in the outbox of escrow$/),
      });
      await assertBooksExact(rig());
    },
    minuteMs,
  );

  it(
    'lists by id what a service has not read yet, and finds nothing wrong',
    async () => {
      const { agreement, submissionId } = await underReview(rig().market);
      await rig().market.settle();
      const lock = createPool(superuserUrl(rig(), 'payouts'), 1);
      const session = await lock.connect();
      await session.query('begin');
      await session.query('lock table credits in access exclusive mode');
      const { transferId } = await agreement.client.post(
        'escrow',
        `/v1/milestones/${agreement.milestones[0]!.milestoneId}/release`,
        { submissionId },
      );
      await until(
        'the release is on its topic',
        () => rig().factsOf('escrow', 'escrow.milestone.released'),
        (facts) => facts.some(({ value }) => value.includes(transferId)),
      );
      const proof = await prove();
      await session.query('rollback');
      session.release();
      await lock.end();
      expect(faultsOf(proof)).toEqual([]);
      expect(proof.underWay).toContainEqual({
        id: transferId,
        what: expect.stringMatching(/^transfer: escrow.milestone.released \S+ is not read yet by payouts$/),
      });
      await assertBooksExact(rig());
    },
    minuteMs,
  );

  it(
    'lists by id what is parked, and finds nothing wrong; once it is redriven nothing is under way',
    async () => {
      const { agreement, submissionId } = await underReview(rig().market);
      const { agreementId } = agreement;
      await rig().sql('payouts', failFor(agreementId));
      const { transferId } = await agreement.client.post(
        'escrow',
        `/v1/milestones/${agreement.milestones[0]!.milestoneId}/release`,
        { submissionId },
      );
      await until(
        'the release is parked',
        () => rig().sql('payouts', 'select kind from parked_messages where message_key = $1', [agreementId]),
        ([row]) => row?.kind === 'failed',
      );
      const proof = await prove();
      expect(faultsOf(proof)).toEqual([]);
      expect(proof.underWay).toContainEqual({
        id: transferId,
        what: expect.stringMatching(
          /^transfer: escrow.milestone.released \S+ is parked at payouts \(failed\)$/,
        ),
      });
      await rig().sql('payouts', 'drop trigger planted on outbox');
      await rig().market.operator.post('payouts', '/v1/parked-messages/redrive', {
        topic: 'escrow.events',
        key: agreementId,
        reason: 'the obstacle is gone',
      });
      await untilMoney(agreement, 'released');
      await assertBooksExact(rig());
      expect((await prove()).underWay).toEqual([]);
    },
    minuteMs,
  );

  it(
    'lists by id a charge that the provider has executed and nobody has booked yet',
    async () => {
      const { market } = rig();
      const draft = await arrangeOffer(market, { milestones: [{ amountMinor: 100_000n }] });
      const match = { reference: draft.agreementId };
      // Executed, and the answer and the notice do not come.
      await market.fault({ op: 'charge.confirm', fault: 'slow-executed', match });
      await market.fault({ op: 'webhook', fault: 'lost-webhook', match });
      const agreement = await accept(draft);
      const charges = async () => (await market.providerBook(draft.agreementId)).charges;
      const [charge] = await until('the charge is executed', charges, ({ length }) => length > 0);
      const proof = await prove();
      expect(faultsOf(proof)).toEqual([]);
      expect(proof.underWay).toEqual([
        {
          id: charge.metadata.funding_id,
          what: 'card: under way by its own row: executed $1,054.99, booked $0.00, on the cash account $0.00',
        },
      ]);
      await market.advance({ by: 'PT30M' });
      await untilMoney(agreement, 'funded');
      await assertBooksExact(rig());
      expect((await prove()).underWay).toEqual([]);
    },
    3 * minuteMs,
  );

  it(
    'E-14, E-23, E-25: holds when money has gone back in every way, asked, unasked, and after it was paid',
    async () => {
      const { market } = rig();
      const milestones = [{ amountMinor: 40_000n }];
      const [asked, unasked, paid] = [
        await arrangeFunded(market, { milestones }),
        await arrangeFunded(market, { milestones }),
        await arrangeFunded(market, { milestones }),
      ];
      const { milestoneId } = asked.milestones[0]!;
      const { refundRequest } = await endAgreement(asked, [{ milestoneId, payMinor: 15_000n }]);
      await approveRefund(asked, refundRequest.refundRequestId);
      await giveBack(unasked, 0);
      await release(paid, 0);
      await market.settle();
      await refund(paid, 0, 10_000n);
      await market.settle();
      for (const [agreement, status] of [
        [asked, 'split'],
        [unasked, 'refunded'],
        [paid, 'released'],
      ] as const) {
        const money = await moneyOf(agreement);
        expect(money.milestones).toMatchObject([{ status }]);
        expect(money.refunds).toMatchObject([{ status: 'refunded' }]);
      }
      const proof = await prove();
      expect(faultsOf(proof)).toEqual([]);
      expect(proof.underWay).toEqual([]);
      expect(await milestonesAddUp(rig())).toEqual([]);
    },
    3 * minuteMs,
  );
});

const moves = (load: Load): Promise<void> => load.acknowledged(1);

function superuserUrl({ system }: Rig, service: 'escrow' | 'payouts'): string {
  return Object.assign(new URL(system.postgres.url), { pathname: `/holdfast_${service}` }).href;
}

/** Nobody publishes while somebody else has the relay's lock. */
async function stopRelay(rig: Rig): Promise<{ end(): Promise<void> }> {
  const pool = createPool(superuserUrl(rig, 'escrow'), 1);
  const session = await pool.connect();
  const lock = `hashtextextended('holdfast.relay.escrow', 0)`;
  await until(
    'the lock of the relay is ours',
    async () => {
      await session.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where application_name = 'holdfast-relay' and datname = 'holdfast_escrow'`,
      );
      const { rows } = await session.query(`select pg_try_advisory_lock(${lock}) as mine`);
      return rows[0].mine as boolean;
    },
    (mine) => mine,
  );
  return {
    end: async () => {
      await session.query(`select pg_advisory_unlock(${lock})`);
      session.release();
      await pool.end();
    },
  };
}

/** Payouts cannot publish anything about this agreement: its handlers fail each time they try. */
const failFor = (agreementId: string): string => `
  create or replace function planted() returns trigger language plpgsql as $$
    begin raise exception 'planted'; end $$;
  create trigger planted before insert on outbox for each row
    when (new.aggregateid = '${agreementId}') execute function planted()`;
