import { Rejection, usd } from '@holdfast/domain';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Settlements } from '../queries/settlements.ts';
import { http, useEscrow } from '../testing/escrow.ts';

const escrow = useEscrow();
const nothing = new Rejection('treasury.nothing_to_settle');
const insufficient = new Rejection('treasury.insufficient');

/** Charges of 1,054.99 until the card provider holds something, and nothing of it is under way. */
async function cash(): Promise<bigint> {
  await escrow().funded();
  const [row] = await escrow().rows('select held_minor - under_way_minor as left from card_cash');
  return row!.left as bigint;
}
const rowOf = async (id: string) =>
  (await escrow().rows('select * from settlements where id = $1', [id]))[0]!;
const underWay = async () => {
  const [row] = await escrow().rows('select under_way_minor as minor from card_cash');
  return row!.minor as bigint;
};

/** What two persons decide is told in staff-decisions.int.spec.ts. */
beforeAll(() => escrow().limitStaff(1_000_000_000));

test('before anything was charged there is nothing to settle', async () => {
  await expect(escrow().settleCard()).rejects.toThrow(nothing);
  await expect(escrow().settleCard({ amount: usd(1n) })).rejects.toThrow(nothing);
});

test('M-23, AD-4: all that is held; bytes, person and reason are committed before the call is due', async () => {
  const leftMinor = await cash();
  const { settlementId, amount, status } = await escrow().settleCard({ by: 'operator-2', reason: 'Friday' });
  expect({ amount, status }).toEqual({
    amount: { amountMinor: String(leftMinor), currency: 'USD' },
    status: 'requested',
  });
  const row = await rowOf(settlementId);
  expect(row).toMatchObject({
    status: 'requested',
    amount_minor: leftMinor,
    create_body: `amount=${leftMinor}&currency=usd&metadata%5Bsettlement_id%5D=${settlementId}`,
    payout_id: null,
    requested_by: 'operator-2',
    reason: 'Friday',
    ended_at: null,
  });
  expect(row.next_call_at).toEqual(row.requested_at);
  expect(row.key_since).toEqual(row.requested_at);
  // Nothing moved yet, and nobody is told that it had.
  expect(await escrow().published('platform')).toEqual([]);
  await expect(escrow().settleCard()).rejects.toThrow(nothing);
});

test('M-23: an amount, and what is left beside it; more is refused', async () => {
  const leftMinor = await cash();
  await escrow().settleCard({ amount: usd(42_000n) });
  await expect(escrow().settleCard({ amount: usd(leftMinor - 42_000n + 1n) })).rejects.toThrow(insufficient);
  const { amount } = await escrow().settleCard();
  expect(amount.amountMinor).toBe(String(leftMinor - 42_000n));
});

describe('AD-9: the same request', () => {
  test('twice is one settlement; with another amount it is refused', async () => {
    await cash();
    const message = http();
    const first = await escrow().settleCard({ amount: usd(100n), message });
    expect(await escrow().settleCard({ amount: usd(100n), message })).toEqual(first);
    const reused = new Rejection('idempotency.key_reused');
    await expect(escrow().settleCard({ amount: usd(101n), message })).rejects.toThrow(reused);
    await escrow().settleCard();
  });

  test('that was refused stays refused, also when there is money again', async () => {
    const message = http();
    await expect(escrow().settleCard({ message })).rejects.toThrow(nothing);
    await cash();
    await expect(escrow().settleCard({ message })).rejects.toThrow(nothing);
    await escrow().settleCard();
  });
});

describe('M-23: two at once never promise the same money', () => {
  test('of everything one gets it', async () => {
    const leftMinor = await cash();
    const before = await underWay();
    const asked = await Promise.allSettled(Array.from({ length: 8 }, () => escrow().settleCard()));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const one of asked) if (one.status === 'rejected') expect(one.reason).toEqual(nothing);
    expect((await underWay()) - before).toBe(leftMinor);
  });

  test('of amounts as many as fit', async () => {
    const leftMinor = await cash();
    const before = await underWay();
    const amount = usd(leftMinor / 3n);
    const asked = await Promise.allSettled(Array.from({ length: 10 }, () => escrow().settleCard({ amount })));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    expect((await underWay()) - before).toBe(amount.amountMinor * 3n);
  });

  test('while others are paid, what was held and is booked now counts once', async () => {
    await cash();
    const { settlementId } = await escrow().settleCard();
    const moreMinor = await cash();
    const [next] = await Promise.all([escrow().settleCard(), escrow().seePayout(settlementId, 'paid')]);
    expect(next.amount.amountMinor).toBe(String(moreMinor));
    await expect(escrow().settleCard()).rejects.toThrow(nothing);
  });
});

test('M-23: what failed can be settled again, what a person must look at cannot', async () => {
  await cash();
  const { settlementId, amount } = await escrow().settleCard();
  await escrow().observePayout(settlementId, { kind: 'refused', failure: 'balance_insufficient' });
  const again = await escrow().settleCard();
  expect(again.amount).toEqual(amount);
  await escrow().seePayout(again.settlementId, 'paid', { amountMinor: 1n });
  expect(await rowOf(again.settlementId)).toMatchObject({ status: 'in_review' });
  await expect(escrow().settleCard()).rejects.toThrow(nothing);
});

test('AD-21: operators see what is under way, who asked for it and why', async () => {
  await cash();
  const { settlementId, amount } = await escrow().settleCard({ by: 'operator-3', reason: 'For Monday' });
  const listed = async () => {
    const { settlements } = await new Settlements(escrow().database.orm).list();
    return settlements[0];
  };
  const at = (await rowOf(settlementId)).requested_at as Date;
  expect(await listed()).toEqual({
    settlementId,
    amount,
    status: 'requested',
    requestedBy: 'operator-3',
    reason: 'For Monday',
    requestedAt: at.toISOString(),
    nextCallAt: at.toISOString(),
  });
  await escrow().seePayout(settlementId, 'failed', { failure: 'bank_account_unusable' });
  expect(await listed()).toMatchObject({ settlementId, status: 'failed', failure: 'bank_account_unusable' });
});
