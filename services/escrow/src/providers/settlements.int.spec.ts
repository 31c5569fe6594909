import { plusHours, usd } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { eventually } from '@holdfast/testing';
import { describe, expect, test } from '@jest/globals';
import type { Settlement } from '../domain/settlement.ts';
import { useCardProvider } from '../testing/card-provider.ts';
import { useEscrow } from '../testing/escrow.ts';
import { WebhookReceiver } from '../testing/webhook-receiver.ts';
import { useWorkers } from '../testing/workers.ts';
import { CardPayout, payoutBodyOf } from './card-payout.ts';

const escrow = useEscrow();
const provider = useCardProvider(new WebhookReceiver(escrow));
const workers = useWorkers(escrow, provider);
const quiet = () => workers().quiet();

/** A card that is charged at the provider, so that it holds what the ledger says it does. */
async function charged(): Promise<void> {
  const { clientId, milestoneIds } = await escrow().agreement({ withMethod: false });
  await escrow().addMethod(clientId);
  await quiet();
  await escrow().fund(clientId, milestoneIds[0]!);
  await quiet();
}

async function settled(): Promise<{ settlementId: string; minor: string }> {
  await charged();
  const { settlementId, amount } = await escrow().settleCard();
  return { settlementId, minor: amount.amountMinor };
}

/** Business time of escrow and of the provider; a payout is at the bank at noon of the next banking day. */
async function passHours(hours: number): Promise<void> {
  await quiet();
  escrow().pass(plusHours(escrow().now(), hours));
  await provider.moveTo(escrow().database.clock.offsetMs);
  await quiet();
}

const rowOf = async (id: string) =>
  (await escrow().rows('select * from settlements where id = $1', [id]))[0]!;
const until = (id: string, status: Settlement['status']) =>
  eventually(
    () => rowOf(id),
    (row) => row.status === status,
  );
const creations = (id: string) => provider.requests({ op: 'settlement.create', key: `${id}.payout` });
/** Five days: a weekend with a holiday lies between at most. */
const untilPaid = async (id: string) => {
  await passHours(120);
  return until(id, 'paid');
};

test('M-23: acknowledged, in transit, at the bank: booked once, as both books at the provider say', async () => {
  const before = { card: await escrow().cashAt('card'), bank: await escrow().cashAt('bank') };
  const { settlementId, minor } = await settled();
  await until(settlementId, 'in_transit');
  expect(await provider.moved(settlementId)).toEqual([`payout ${minor}`]);
  expect(await escrow().cashAt('bank')).toBe(before.bank);
  await untilPaid(settlementId);
  expect(await provider.moved(settlementId)).toEqual([`payout ${minor}`, `deposit ${minor}`]);
  expect(await escrow().cashAt('card')).toBe(before.card);
  expect(await escrow().cashAt('bank')).toBe(before.bank + BigInt(minor));
  expect((await rowOf(settlementId)).next_call_at).toBeNull();
});

describe('F45, F46: a call without an answer', () => {
  test.each([
    ['error-after-execution', {}],
    ['error-after-execution', { status: 424 }],
    ['connection-reset', { when: 'before' }],
    ['connection-reset', { when: 'within' }],
    ['slow-executed', { seconds: 30 }],
    ['duplicate-key', {}],
    ['duplicate-key', { answer: 'idempotency_error' }],
    ['malformed-body', { kind: 'truncated-json' }],
    ['malformed-body', { kind: 'empty' }],
  ])('%s %j: what was executed is found, and nothing is sent again', async (fault, params) => {
    await provider.fault('settlement.create', fault, params);
    const { settlementId, minor } = await settled();
    await until(settlementId, 'in_transit');
    expect(await creations(settlementId)).toHaveLength(1);
    expect(await provider.moved(settlementId)).toEqual([`payout ${minor}`]);
    await untilPaid(settlementId);
    expect(await provider.moved(settlementId)).toEqual([`payout ${minor}`, `deposit ${minor}`]);
  });

  test.each(['slow-not-executed', 'error-before-execution'])(
    '%s: the same key and bytes again after three misses over ten minutes',
    async (fault) => {
      await provider.fault('settlement.create', fault);
      const { settlementId, minor } = await settled();
      await until(settlementId, 'unknown');
      for (let misses = 1; misses < 3; misses += 1) {
        await quiet();
        expect(await rowOf(settlementId)).toMatchObject({ status: 'unknown', misses });
        expect(await creations(settlementId)).toHaveLength(1);
        await passHours(5 / 60);
      }
      await until(settlementId, 'in_transit');
      const calls = await creations(settlementId);
      expect(calls.map(({ bodySha256 }) => bodySha256)).toEqual(Array(2).fill(calls[0]!.bodySha256));
      expect(await provider.moved(settlementId)).toEqual([`payout ${minor}`]);
      await untilPaid(settlementId);
    },
  );

  test('not-found-yet: executed and not to be seen yet, one miss sends nothing again', async () => {
    await provider.fault('settlement.create', 'error-after-execution');
    await provider.fault('settlement.read', 'not-found-yet');
    await provider.fault('webhook', 'lost-webhook', {}, { match: { reference: 'payout.created' } });
    const { settlementId, minor } = await settled();
    await eventually(
      () => rowOf(settlementId),
      (row) => row.misses === 1,
    );
    await passHours(5 / 60);
    await until(settlementId, 'in_transit');
    expect(await creations(settlementId)).toHaveLength(1);
    expect(await provider.moved(settlementId)).toEqual([`payout ${minor}`]);
    await untilPaid(settlementId);
  });

  test('too-many-requests: provably not sent, the same call after a pause', async () => {
    await provider.fault('settlement.create', 'too-many-requests', { retryAfter: 1 });
    const { settlementId, minor } = await settled();
    await until(settlementId, 'in_transit');
    expect((await creations(settlementId)).map(({ status }) => status)).toEqual([429, 200]);
    expect(await provider.moved(settlementId)).toEqual([`payout ${minor}`]);
    await untilPaid(settlementId);
  });
});

describe('F7: the process ends between the provider’s answer and its record', () => {
  /** Asked for, executed at the provider, and nobody recorded it. */
  async function unrecorded(hours: number): Promise<{ settlementId: string; minor: string }> {
    await charged();
    await workers().deadlines.stop();
    const { settlementId, amount } = await escrow().settleCard();
    const minor = amount.amountMinor;
    const body = payoutBodyOf(settlementId, usd(BigInt(minor)));
    await provider.fault('webhook', 'lost-webhook', {}, { match: { reference: 'payout.created' } });
    await new CardPayout(provider.client()).create(settlementId, body);
    escrow().pass(plusHours(escrow().now(), hours));
    await provider.moveTo(escrow().database.clock.offsetMs);
    return { settlementId, minor };
  }

  test.each([
    [1, 2],
    [30, 1],
  ])('back after %i h: one payout, by %i calls under its key', async (hours, calls) => {
    const { settlementId, minor } = await unrecorded(hours);
    workers().start();
    await eventually(
      () => rowOf(settlementId),
      ({ status }) => status === 'in_transit' || status === 'paid',
    );
    expect(await creations(settlementId)).toHaveLength(calls);
    await untilPaid(settlementId);
    expect(await provider.moved(settlementId)).toEqual([`payout ${minor}`, `deposit ${minor}`]);
  });
});

describe('M-23: no money moved', () => {
  test('G-30: the provider holds less than the ledger says: refused, with the reason', async () => {
    await workers().deadlines.stop();
    await escrow().funded(); // Of which the provider knows nothing.
    workers().start();
    const { settlementId } = await escrow().settleCard();
    expect(await until(settlementId, 'failed')).toMatchObject({
      failure: 'balance_insufficient',
      payout_id: null,
    });
    expect(await provider.moved(settlementId)).toEqual([]);
    // Both books level again for the tests that follow.
    await workers().deadlines.stop();
    await escrow().seePayout((await escrow().settleCard()).settlementId, 'paid');
  });

  test('the bank sends it back: failed, nothing booked, and it can be settled again', async () => {
    await provider.fault('settlement.create', 'return', { when: 'before-paid', reason: 'R03' });
    const { settlementId, minor } = await settled();
    const held = await escrow().cashAt('card');
    await passHours(120);
    expect(await until(settlementId, 'failed')).toMatchObject({ failure: 'bank_account_unusable' });
    expect(await provider.moved(settlementId)).toEqual([`payout ${minor}`, `payout_failed ${minor}`]);
    expect(await escrow().cashAt('card')).toBe(held);
    const again = await escrow().settleCard();
    expect(again.amount.amountMinor).toBe(minor);
    await untilPaid(again.settlementId);
  });
});

describe('0.2: notices of the card provider', () => {
  const aboutPaid = { match: { reference: 'payout.paid' } };
  const movements = async (id: string) =>
    (await escrow().published('platform')).filter(
      (event) => 'movementId' in event && event.movementId === id,
    );

  test('F50: one that comes ten times, also at once, books it once', async () => {
    const params = { count: 10, concurrent: true };
    await provider.fault('webhook', 'duplicate-webhook', params, aboutPaid);
    const { settlementId } = await settled();
    await until(settlementId, 'in_transit');
    await untilPaid(settlementId);
    const { payout_id: payoutId } = await rowOf(settlementId);
    const stored = () =>
      escrow().rows(
        `select outcome from provider_notices where object_id = $1 and event_type = 'payout.paid'`,
        [payoutId],
      );
    expect(await eventually(stored, ([notice]) => notice?.outcome === 'matched')).toHaveLength(1);
    expect(await movements(settlementId)).toHaveLength(1);
  });

  test('fault 12: one that is lost: the daily question finds it', async () => {
    await provider.fault('webhook', 'lost-webhook', {}, { ...aboutPaid, times: 5 });
    const { settlementId } = await settled();
    await until(settlementId, 'in_transit');
    await untilPaid(settlementId);
    const { payout_id: payoutId } = await rowOf(settlementId);
    const text = `select event_type from provider_notices where object_id = $1 order by received_at`;
    expect(await escrow().rows(text, [payoutId])).toEqual([{ event_type: 'payout.created' }]);
    expect(await movements(settlementId)).toHaveLength(1);
  });

  test('F51: the payout is told of before the call is answered: adopted, booked once', async () => {
    await provider.fault('settlement.create', 'webhook-before-response');
    const { settlementId, minor } = await settled();
    await until(settlementId, 'in_transit');
    expect(await provider.moved(settlementId)).toEqual([`payout ${minor}`]);
    await untilPaid(settlementId);
    expect(await movements(settlementId)).toHaveLength(1);
  });

  test('about a payout that is none of ours it is kept for an operator', async () => {
    await charged();
    const payouts = new CardPayout(provider.client());
    const { settlementId } = await escrow().settleCard({ amount: usd(100n) });
    await until(settlementId, 'in_transit');
    // One without our mark, one with the mark of nothing of ours, and a second one with a mark of ours.
    const foreign = [`${newId()}`, settlementId].map((id) => payoutBodyOf(id, usd(100n)));
    const outcomes = [];
    for (const body of ['amount=100&currency=usd', ...foreign]) {
      const made = await payouts.create(newId(), body);
      const { id } = (made as { payout: { id: string } }).payout;
      const found = () => escrow().rows('select outcome from provider_notices where object_id = $1', [id]);
      const [notice] = await eventually(found, ([first]) => first?.outcome !== null && first !== undefined);
      outcomes.push(notice!.outcome);
    }
    expect(outcomes).toEqual(['unmatched', 'unmatched', 'unmatched']);
    await untilPaid(settlementId);
    expect(await movements(settlementId)).toHaveLength(1);
  });
});
