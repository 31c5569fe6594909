import { NotYet, plusHours, plusMinutes, usd } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import { plusBusinessDays } from '../domain/business-days.ts';
import { worker } from '../testing/payouts.ts';
import { useWithdrawals } from '../testing/withdrawals.ts';

const payouts = useWithdrawals();
const rejection = (code: string) => expect.objectContaining({ code });

/** With a fee of 200: 49800 are sent. */
async function callingWithFee() {
  await payouts().setting({ 'fee.ach': 200 });
  const calling = await payouts().calling();
  await payouts().setting({ 'fee.ach': 0 });
  return calling;
}

describe('an acknowledged sending', () => {
  test('is sent, and is asked about in case its notice is lost', async () => {
    const { accountId, withdrawalId, key } = await payouts().calling();
    await payouts().see(key, 'submitted');
    expect(await payouts().attempts(withdrawalId)).toMatchObject([
      { state: 'submitted', provider_reference: `bank_${key}`, calling_since: null },
    ]);
    const { status, next_call_at, arrives_by } = await payouts().row(withdrawalId);
    expect(status).toBe('sent');
    const inFourHours = plusHours(payouts().now(), 4).getTime();
    expect(Math.abs((next_call_at as Date).getTime() - inFourHours)).toBeLessThan(10_000);
    expect(await payouts().told(accountId)).toEqual([
      {
        type: 'payouts.withdrawal.sent',
        accountId,
        withdrawalId,
        attemptId: key,
        sent: usd(50_000n),
        arrivesBy: arrives_by,
      },
    ]);
  });

  test('asked about again without news: only the next query moves', async () => {
    const { accountId, withdrawalId, key } = await payouts().calling();
    await payouts().see(key, 'processing');
    payouts().pass(plusHours(payouts().now(), 4));
    await payouts().see(key, 'processing');
    const { next_call_at } = await payouts().row(withdrawalId);
    expect((next_call_at as Date) > plusHours(payouts().now(), 3)).toBe(true);
    expect(await payouts().typesOf(accountId)).toEqual(['withdrawal.sent']);
  });
});

describe('G-21.2: paid', () => {
  test('row, journal, transfer and fact are committed together', async () => {
    const { accountId, withdrawalId, key } = await callingWithFee();
    await payouts().see(key, 'paid');
    const [transfer] = await payouts().transfers(withdrawalId);
    expect(transfer).toMatchObject({ kind: 'withdrawal_paid', amount_minor: 49_800n, status: 'sent' });
    const row = await payouts().row(withdrawalId);
    expect(row).toMatchObject({ status: 'paid', paid_transfer_id: transfer!.id });
    expect(await payouts().told(accountId)).toEqual([
      {
        type: 'payouts.withdrawal.paid',
        accountId,
        withdrawalId,
        attemptId: key,
        sent: usd(49_800n),
        fee: usd(200n),
        subAccount: 'bank',
        transferId: transfer!.id,
        paidAt: row.paid_at,
      },
    ]);
    expect(await payouts().linesOf(accountId, 'withdrawal_paid')).toEqual([
      {
        'P.freelancer.in_transit': 50_000n,
        'P.clearing.escrow': -49_800n,
        'P.revenue.withdrawal_fee': -200n,
      },
    ]);
    const journal = (await payouts().journals(accountId)).find(({ kind }) => kind === 'withdrawal_paid');
    expect(journal).toMatchObject({ transferId: transfer!.id, causeId: withdrawalId });
  });

  test('F50: seen ten times at once, by the worker and by notices, it is booked once', async () => {
    const { accountId, withdrawalId, key } = await payouts().calling();
    await Promise.all(Array.from({ length: 10 }, () => payouts().see(key, 'paid')));
    expect(await payouts().typesOf(accountId)).toEqual(['withdrawal.paid']);
    expect(await payouts().linesOf(accountId, 'withdrawal_paid')).toHaveLength(1);
    expect(await payouts().transfers(withdrawalId)).toHaveLength(1);
  });

  test('F51: paid before processing, and a late cancelled: it stays paid', async () => {
    const { accountId, withdrawalId, key } = await payouts().calling();
    for (const state of ['paid', 'processing', 'cancelled', 'submitted'] as const) {
      await payouts().see(key, state);
    }
    expect(await payouts().statusOf(withdrawalId)).toBe('paid');
    expect(await payouts().typesOf(accountId)).toEqual(['withdrawal.paid']);
  });

  test('the same message twice is one record', async () => {
    const { accountId, key } = await payouts().calling();
    const message = worker();
    await payouts().see(key, 'paid', {}, message);
    await payouts().see(key, 'paid', {}, message);
    expect(await payouts().typesOf(accountId)).toEqual(['withdrawal.paid']);
  });

  test('it is watched daily for five banking days, then only a notice tells', async () => {
    const { withdrawalId, key } = await payouts().calling();
    await payouts().see(key, 'paid');
    const { paid_at } = await payouts().row(withdrawalId);
    for (let day = 1; day <= 5; day += 1) {
      const { next_call_at } = await payouts().row(withdrawalId);
      const expected = plusBusinessDays(paid_at as Date, day).getTime();
      expect(Math.abs((next_call_at as Date).getTime() - expected)).toBeLessThan(60_000);
      payouts().pass(next_call_at as Date);
      await payouts().see(key, 'paid');
    }
    expect(await payouts().row(withdrawalId)).toMatchObject({ status: 'paid', next_call_at: null });
    await payouts().comesBack(key, 50_000n);
    expect(await payouts().statusOf(withdrawalId)).toBe('returned');
  });
});

describe('W-12: what is not paid', () => {
  test.each([
    ['refused', { kind: 'refused' } as const],
    ['denied', 'denied' as const],
    ['cancelled_by_provider', 'cancelled' as const],
  ])('%s: the whole amount is back, without a fee', async (reason, observed) => {
    const { accountId, withdrawalId, key } = await callingWithFee();
    if (typeof observed === 'string') await payouts().see(key, observed);
    else await payouts().record(key, observed);
    expect(await payouts().row(withdrawalId)).toMatchObject({ status: 'failed', reason, next_call_at: null });
    expect(await payouts().money(accountId)).toEqual({ available: 50_000n, inTransit: 0n });
    expect(await payouts().told(accountId)).toEqual([
      {
        type: 'payouts.withdrawal.failed',
        accountId,
        withdrawalId,
        attemptId: key,
        amount: usd(50_000n),
        reason,
      },
    ]);
  });

  test('W-13: a passing fault is tried once more at the next cut-off, under a new key; then it has failed', async () => {
    const { accountId, methodId, withdrawalId, key } = await payouts().calling();
    await payouts().see(key, 'submitted');
    await payouts().see(key, 'failed');
    const { status, next_call_at, cut_off_at } = await payouts().row(withdrawalId);
    expect(status).toBe('requested');
    expect(next_call_at).toEqual(cut_off_at);
    expect(await payouts().start(withdrawalId)).toBeUndefined();
    payouts().pass(cut_off_at as Date);
    await payouts().screen(methodId, 'clear');
    const second = key.replace(/-1$/, '-2');
    expect(await payouts().start(withdrawalId)).toEqual({ step: 'call', key: second });
    // What the first one's notice tells once more does not touch the second.
    await payouts().see(key, 'failed');
    expect((await payouts().attempts(withdrawalId)).map(({ state }) => state)).toEqual(['failed', 'created']);
    await payouts().see(second, 'failed');
    expect(await payouts().row(withdrawalId)).toMatchObject({ status: 'failed', reason: 'provider_failed' });
    expect(await payouts().typesOf(accountId)).toEqual([
      'withdrawal.sent',
      'withdrawal.resumed',
      'withdrawal.failed',
    ]);
    expect(await payouts().money(accountId)).toEqual({ available: 50_000n, inTransit: 0n });
  });

  test('the first attempt is paid after all: nothing is booked, and the second is not begun', async () => {
    const { accountId, methodId, withdrawalId, key } = await payouts().calling();
    await payouts().see(key, 'failed');
    await payouts().see(key, 'paid');
    payouts().pass((await payouts().row(withdrawalId)).cut_off_at as Date);
    await payouts().screen(methodId, 'clear');
    expect(await payouts().start(withdrawalId)).toBeUndefined();
    expect(await payouts().attempts(withdrawalId)).toMatchObject([
      { state: 'failed', review: 'contradicts' },
    ]);
    expect(await payouts().linesOf(accountId, 'withdrawal_paid')).toEqual([]);
  });
});

describe('returned', () => {
  test('G-38.4, W-13: after paid with wrong details: all but the fee is back, and the method is disabled', async () => {
    const { accountId, methodId, withdrawalId, key } = await callingWithFee();
    await payouts().see(key, 'paid');
    await payouts().comesBack(key, 49_800n);
    expect(await payouts().row(withdrawalId)).toMatchObject({
      status: 'returned',
      reason: 'bad_details',
      fee_kept: true,
      back_minor: 49_800n,
    });
    const [paid, back] = await payouts().transfers(withdrawalId);
    expect([paid!.kind, back!.kind]).toEqual(['withdrawal_paid', 'withdrawal_returned']);
    expect(await payouts().told(accountId)).toMatchObject([
      { type: 'payouts.withdrawal.paid', transferId: paid!.id },
      {
        type: 'payouts.withdrawal.returned',
        afterPaid: true,
        amountBack: usd(49_800n),
        bankCharge: usd(0n),
        feeKept: true,
        transferId: back!.id,
      },
      { type: 'payouts.method.disabled', methodId, reason: 'bad_details' },
    ]);
    expect(await payouts().money(accountId)).toEqual({ available: 49_800n, inTransit: 0n });
    await expect(payouts().request({ accountId, methodId }, 49_800n)).rejects.toThrow(
      rejection('method.not_active'),
    );
  });

  test('W-12: after paid for another reason: the fee is back too, the platform bears the bank’s charge', async () => {
    const { accountId, methodId, withdrawalId, key } = await callingWithFee();
    await payouts().see(key, 'paid');
    await payouts().comesBack(key, 49_000n, 'other');
    expect(await payouts().money(accountId)).toEqual({ available: 50_000n, inTransit: 0n });
    expect(await payouts().transfers(withdrawalId)).toMatchObject([
      { amount_minor: 49_800n },
      { kind: 'withdrawal_returned', amount_minor: 49_800n },
    ]);
    expect((await payouts().told(accountId)).at(-1)).toMatchObject({
      amountBack: usd(49_000n),
      bankCharge: usd(800n),
      feeKept: false,
    });
    expect(await payouts().methodRow(methodId)).toMatchObject({ status: 'active' });
  });

  test('F54, G-29.2: before paid: in transit goes back, clearing is untouched', async () => {
    const { accountId, withdrawalId, key } = await callingWithFee();
    await payouts().see(key, 'submitted');
    await payouts().comesBack(key, 49_800n, 'other');
    expect(await payouts().transfers(withdrawalId)).toEqual([]);
    expect(await payouts().linesOf(accountId, 'withdrawal_returned')).toEqual([
      { 'P.freelancer.in_transit': 50_000n, 'P.freelancer.available': -50_000n },
    ]);
    const { transferId, afterPaid } = (await payouts().told(accountId)).at(-1) as never;
    expect([transferId, afterPaid]).toEqual([undefined, false]);
  });

  test('W-12: before paid with a bank charge: only the charge leaves through clearing', async () => {
    const { accountId, withdrawalId, key } = await callingWithFee();
    await payouts().comesBack(key, 49_000n);
    expect(await payouts().transfers(withdrawalId)).toMatchObject([
      { kind: 'withdrawal_returned', amount_minor: 800n },
    ]);
    expect(await payouts().money(accountId)).toEqual({ available: 49_000n, inTransit: 0n });
  });

  test('once, however often and at any age', async () => {
    const { accountId, key } = await payouts().calling();
    await payouts().see(key, 'paid');
    payouts().pass(plusHours(payouts().now(), 24 * 400));
    await Promise.all([1, 2, 3].map(() => payouts().comesBack(key, 50_000n)));
    await payouts().see(key, 'paid');
    expect(await payouts().money(accountId)).toEqual({ available: 50_000n, inTransit: 0n });
    expect(await payouts().linesOf(accountId, 'withdrawal_returned')).toHaveLength(1);
  });
});

describe('F47: what is not believed', () => {
  test.each([
    ['another amount', { amountMinor: 49_999n }],
    ['another currency', { currency: 'EUR' }],
    ['more back than was sent', { returned: { amountMinor: 50_001n, reason: 'other' as const } }],
  ])('%s is not booked: the withdrawal stays', async (_, more) => {
    const { accountId, withdrawalId, key } = await payouts().calling();
    await payouts().see(key, 'submitted');
    await payouts().see(key, 'paid', more);
    expect(await payouts().statusOf(withdrawalId)).toBe('sent');
    expect(await payouts().attempts(withdrawalId)).toMatchObject([
      { state: 'submitted', review: 'amount_differs' },
    ]);
    expect(await payouts().typesOf(accountId)).toEqual(['withdrawal.sent']);
    expect(await payouts().money(accountId)).toEqual({ available: 0n, inTransit: 50_000n });
  });
});

describe('W-15: an outcome that is not known', () => {
  test('is unknown, and is asked about at once', async () => {
    const { accountId, withdrawalId, key } = await payouts().calling();
    await payouts().record(key, { kind: 'unknown' });
    const { status, next_call_at } = await payouts().row(withdrawalId);
    expect(status).toBe('unknown');
    expect((next_call_at as Date) <= payouts().now()).toBe(true);
    expect(await payouts().told(accountId)).toEqual([
      {
        type: 'payouts.withdrawal.unconfirmed',
        accountId,
        withdrawalId,
        attemptId: key,
        sent: usd(50_000n),
      },
    ]);
    await expect(payouts().cancel(accountId, withdrawalId)).rejects.toThrow(
      rejection('withdrawal.sent_already'),
    );
  });

  test('found, it is sent; the money was never anywhere else', async () => {
    const { accountId, withdrawalId, key } = await payouts().calling();
    await payouts().record(key, { kind: 'unknown' });
    await payouts().record(key, { kind: 'absent' });
    await payouts().see(key, 'processing');
    expect(await payouts().statusOf(withdrawalId)).toBe('sent');
    expect(await payouts().money(accountId)).toEqual({ available: 0n, inTransit: 50_000n });
  });

  test('two misses, or three at once, prove nothing', async () => {
    const { withdrawalId, key } = await payouts().calling();
    await payouts().record(key, { kind: 'unknown' });
    for (let miss = 0; miss < 3; miss += 1) await payouts().record(key, { kind: 'absent' });
    expect(await payouts().statusOf(withdrawalId)).toBe('unknown');
    payouts().pass(plusMinutes(payouts().now(), 10));
    await payouts().record(key, { kind: 'absent' });
    expect(await payouts().statusOf(withdrawalId)).toBe('requested');
  });
});

test('an attempt that is not known waits', async () => {
  await expect(payouts().record('po_UNKNOWN12-1', { kind: 'absent' })).rejects.toThrow(
    new NotYet('attempt.unknown'),
  );
});
