import { NotYet, plusDays, usd } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { describe, expect, test } from '@jest/globals';
import { escrowMovements } from '../queries/movements.ts';
import { useEscrow } from '../testing/escrow.ts';

const escrow = useEscrow();

/** A settlement of everything that a charge of 1,054.99 has brought to the card provider. */
async function settling(): Promise<string> {
  await escrow().funded();
  return (await escrow().settleCard()).settlementId;
}
const rowOf = async (id: string) =>
  (await escrow().rows('select * from settlements where id = $1', [id]))[0]!;
const movementsOf = async (movementId: string) =>
  (await escrow().published('platform')).filter(
    (event) => 'movementId' in event && event.movementId === movementId,
  );
const journalsOf = (id: string) =>
  escrow().rows(
    `select j.kind, e.account || ':' || e.sub_account as account, e.amount_minor from journals j
      join entries e on e.journal_id = j.id where j.cause_id = $1 order by j.position, e.line`,
    [id],
  );
const cash = async () => ({ card: await escrow().cashAt('card'), bank: await escrow().cashAt('bank') });

describe('G-30.4: the bank has the money', () => {
  test('row, journal and fact are committed together', async () => {
    const settlementId = await settling();
    const before = await cash();
    await escrow().seePayout(settlementId, 'in_transit');
    expect(await cash()).toEqual(before);
    expect(await rowOf(settlementId)).toMatchObject({ status: 'in_transit', ended_at: null });
    await escrow().seePayout(settlementId, 'paid');
    const row = await rowOf(settlementId);
    const amountMinor = row.amount_minor as bigint;
    expect(row).toMatchObject({ status: 'paid', next_call_at: null });
    expect(await journalsOf(settlementId)).toEqual([
      { kind: 'treasury', account: 'E.cash.trust:bank', amount_minor: amountMinor },
      { kind: 'treasury', account: 'E.cash.trust:card', amount_minor: -amountMinor },
    ]);
    expect(await movementsOf(settlementId)).toEqual([
      {
        type: 'escrow.treasury.moved',
        movementId: settlementId,
        kind: 'transfer',
        from: 'trust_card',
        to: 'trust_bank',
        amount: usd(amountMinor),
        movedAt: row.ended_at,
      },
    ]);
    expect(await cash()).toEqual({ card: before.card - amountMinor, bank: before.bank + amountMinor });
  });

  test('F50: ten at once, by the worker and by notices, book it once', async () => {
    const settlementId = await settling();
    await Promise.all(Array.from({ length: 10 }, () => escrow().seePayout(settlementId, 'paid')));
    await escrow().seePayout(settlementId, 'in_transit');
    expect(await journalsOf(settlementId)).toHaveLength(2);
    expect(await movementsOf(settlementId)).toHaveLength(1);
  });
});

describe('M-23: it has not', () => {
  test.each(['failed', 'canceled'] as const)('%s: nothing is posted and nothing told', async (status) => {
    const settlementId = await settling();
    const before = await cash();
    await escrow().seePayout(settlementId, 'in_transit');
    await escrow().seePayout(settlementId, status);
    expect(await rowOf(settlementId)).toMatchObject({ status: 'failed', ended_at: expect.any(Date) });
    expect(await cash()).toEqual(before);
    expect(await journalsOf(settlementId)).toEqual([]);
    expect(await movementsOf(settlementId)).toEqual([]);
  });

  test('a refused call leaves its reason', async () => {
    const settlementId = await settling();
    await escrow().observePayout(settlementId, { kind: 'refused', failure: 'balance_insufficient' });
    const failure = 'balance_insufficient';
    expect(await rowOf(settlementId)).toMatchObject({ status: 'failed', failure, payout_id: null });
  });

  test('F47: another amount is in review, nothing is booked, and nothing is due any more', async () => {
    const settlementId = await settling();
    await escrow().seePayout(settlementId, 'paid', { amountMinor: 1n });
    expect(await rowOf(settlementId)).toMatchObject({ status: 'in_review', next_call_at: null });
    expect(await journalsOf(settlementId)).toEqual([]);
  });
});

test('W-16: sent back after it was paid, the cash lies at the card provider again, told as a movement', async () => {
  const settlementId = await settling();
  const before = await cash();
  await escrow().seePayout(settlementId, 'paid');
  escrow().pass(plusDays(escrow().now(), 3));
  await escrow().seePayout(settlementId, 'failed', { failure: 'bank_account_unusable' });
  await escrow().seePayout(settlementId, 'failed');
  await escrow().seePayout(settlementId, 'paid');
  expect(await rowOf(settlementId)).toMatchObject({ status: 'returned', failure: 'bank_account_unusable' });
  expect(await cash()).toEqual(before);
  expect((await journalsOf(settlementId)).map(({ kind }) => kind)).toEqual([
    'treasury',
    'treasury',
    'treasury_return',
    'treasury_return',
  ]);
  expect(await movementsOf(settlementId)).toMatchObject([
    { from: 'trust_card', to: 'trust_bank' },
    { from: 'trust_bank', to: 'trust_card' },
  ]);
});

test('a settlement that is not known waits', async () => {
  await expect(escrow().observePayout(newId(), { kind: 'absent' })).rejects.toThrow(NotYet);
});

describe('M-3: what the proof is told of a settlement', () => {
  /** Sums of what is told, and of what is booked on the cash accounts, by provider; what is open explains a difference. */
  async function told(id: string) {
    const { text } = escrowMovements.find(({ name }) => name === 'settlements')!;
    const rows = await escrow().rows(`select * from (${text}) as movement where reference = $1`, [id]);
    const sumOf = (provider: string) =>
      rows
        .filter((row) => row.provider === provider)
        .reduce((sum, row) => sum + BigInt(row.amount_minor as bigint), 0n);
    const booked = (provider: string) =>
      escrow().rows(
        `select coalesce(sum(amount_minor), 0)::bigint as minor from entries join journals j on j.id = journal_id
          where account = 'E.cash.trust' and sub_account = $1 and cause_id = any($2)`,
        [provider, rows.map((row) => row.cause_id)],
      );
    const cashOf = async (provider: string) => (await booked(provider))[0]!.minor as bigint;
    return {
      states: [...new Set(rows.map((row) => row.state))],
      card: [sumOf('card'), await cashOf('card')],
      bank: [sumOf('bank'), await cashOf('bank')],
    };
  }
  const amountOf = async (id: string) => (await rowOf(id)).amount_minor as bigint;

  test('under way and in review it is open', async () => {
    const settlementId = await settling();
    const amount = await amountOf(settlementId);
    const open = { states: ['open'], card: [-amount, 0n], bank: [amount, 0n] };
    expect(await told(settlementId)).toEqual(open);
    await escrow().seePayout(settlementId, 'in_transit');
    expect(await told(settlementId)).toEqual(open);
    await escrow().seePayout(settlementId, 'paid', { amountMinor: 1n });
    expect(await told(settlementId)).toEqual(open);
  });

  test('paid, it is as booked; sent back, nothing is left of it', async () => {
    const settlementId = await settling();
    const amount = await amountOf(settlementId);
    await escrow().seePayout(settlementId, 'paid');
    const there = { states: ['booked'], card: [-amount, -amount], bank: [amount, amount] };
    expect(await told(settlementId)).toEqual(there);
    await escrow().seePayout(settlementId, 'failed');
    expect(await told(settlementId)).toEqual({ states: ['booked'], card: [0n, 0n], bank: [0n, 0n] });
  });

  test('refused, or failed on its way, nothing came of it', async () => {
    const [refused, failed] = [await settling(), await settling()];
    await escrow().observePayout(refused, { kind: 'refused', failure: 'balance_insufficient' });
    await escrow().seePayout(failed, 'failed');
    for (const id of [refused, failed]) {
      expect(await told(id)).toEqual({ states: ['booked'], card: [0n, 0n], bank: [0n, 0n] });
    }
  });
});
