import { NotYet, usd } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { describe, expect, test } from '@jest/globals';
import { arrivalOf, cutOffAfter } from '../domain/business-days.ts';
import { http } from '../testing/payouts.ts';
import { useWithdrawals } from '../testing/withdrawals.ts';

const payouts = useWithdrawals();
const rejection = (code: string) => expect.objectContaining({ code });

test('G-21.1: row, journal, fact and answer are committed together', async () => {
  const who = await payouts().cleared();
  const answer = await payouts().request(who);
  const { accountId, methodId } = who;
  const [requested] = (await payouts().published(accountId)).slice(-1);
  const cutOffAt = cutOffAfter(payouts().now(), '12:00');
  expect(answer).toEqual({
    withdrawalId: expect.any(String),
    status: 'requested',
    amount: { amountMinor: '50000', currency: 'USD' },
    fee: { amountMinor: '0', currency: 'USD' },
    sent: { amountMinor: '50000', currency: 'USD' },
    cutOffAt: cutOffAt.toISOString(),
    arrivesBy: arrivalOf(cutOffAt).toISOString(),
  });
  const { withdrawalId } = answer;
  expect(requested).toEqual({
    type: 'payouts.withdrawal.requested',
    accountId,
    withdrawalId,
    methodId,
    amount: usd(50_000n),
    fee: usd(0n),
    dueAt: cutOffAt,
  });
  expect(await payouts().row(withdrawalId)).toMatchObject({
    account_id: accountId,
    status: 'requested',
    hold_causes: [],
    reference: expect.stringMatching(/^[A-Z0-9]{13}$/),
    cut_off_at: cutOffAt,
    next_call_at: cutOffAt,
    correlation_id: expect.any(String),
  });
  expect(await payouts().linesOf(accountId, 'withdrawal')).toEqual([
    { 'P.freelancer.available': 50_000n, 'P.freelancer.in_transit': -50_000n },
  ]);
  expect(await payouts().money(accountId)).toEqual({ available: 0n, inTransit: 50_000n });
});

test('W-5: the fee in force comes out of the amount', async () => {
  await payouts().setting({ 'fee.ach': 250 });
  const answer = await payouts().request(await payouts().cleared());
  expect(answer).toMatchObject({ fee: { amountMinor: '250' }, sent: { amountMinor: '49750' } });
  await payouts().setting({ 'fee.ach': 0 });
});

describe('W-4: it is refused, and nothing moves,', () => {
  test('above the available balance', async () => {
    const who = await payouts().cleared();
    await expect(payouts().request(who, 50_001n)).rejects.toThrow(rejection('money.insufficient'));
    expect(await payouts().money(who.accountId)).toEqual({ available: 50_000n, inTransit: 0n });
  });

  test('below the minimum, or with nothing left after the fee', async () => {
    const who = await payouts().cleared();
    await expect(payouts().request(who, 499n)).rejects.toThrow(rejection('withdrawal.below_minimum'));
    await payouts().setting({ 'fee.ach': 700 });
    await expect(payouts().request(who, 700n)).rejects.toThrow(rejection('withdrawal.not_above_fee'));
    await payouts().setting({ 'fee.ach': 0 });
  });

  test('without identity, tax form, or with a hold', async () => {
    const accountId = await payouts().openAccount();
    const methodId = (await payouts().addMethod(accountId)).methodId;
    const who = { accountId, methodId };
    await expect(payouts().request(who)).rejects.toThrow(rejection('identity.not_verified'));
    await payouts().verify(accountId);
    await expect(payouts().request(who)).rejects.toThrow(rejection('tax_form.missing'));
    await payouts().taxForm(accountId);
    await payouts().hold(accountId, 'financial');
    await expect(payouts().request(who)).rejects.toThrow(rejection('account.on_hold'));
  });

  test('W-1: while the method cools off, which says from when on it can be used', async () => {
    const accountId = await payouts().clearedPerson();
    const { methodId, usableAt } = await payouts().addMethod(accountId);
    await expect(payouts().request({ accountId, methodId })).rejects.toThrow(
      expect.objectContaining({ code: 'method.cooling_off', details: { usableAt } }),
    );
  });

  test('W-3: by a method that was removed', async () => {
    const who = await payouts().cleared();
    await payouts().removeMethod(who.accountId, who.methodId);
    await expect(payouts().request(who)).rejects.toThrow(rejection('method.not_active'));
  });

  test('by the method of somebody else, as by one that does not exist', async () => {
    const [mine, other] = [await payouts().cleared(), await payouts().cleared()];
    for (const methodId of [other.methodId, newId()]) {
      await expect(payouts().request({ ...mine, methodId })).rejects.toThrow(NotYet);
    }
  });
});

test('M-8: the same key twice is one withdrawal, also of a refusal', async () => {
  const who = await payouts().cleared();
  const message = http();
  const [first, second] = [
    await payouts().request(who, 50_000n, message),
    await payouts().request(who, 50_000n, message),
  ];
  expect(second).toEqual(first);
  const refused = http();
  await expect(payouts().request(who, 50_000n, refused)).rejects.toThrow(rejection('money.insufficient'));
  await payouts().earned(who.accountId, 90_000n);
  await expect(payouts().request(who, 50_000n, refused)).rejects.toThrow(rejection('money.insufficient'));
  expect(await payouts().money(who.accountId)).toEqual({ available: 90_000n, inTransit: 50_000n });
});

test('F57: of many at once with balance for one, one succeeds; the balance is never below zero', async () => {
  const who = await payouts().cleared();
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => payouts().request(who)));
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'money.insufficient' });
  }
  expect(await payouts().money(who.accountId)).toEqual({ available: 0n, inTransit: 50_000n });
  expect(await payouts().linesOf(who.accountId, 'withdrawal')).toHaveLength(1);
});

test('F57: of many at once with balance for three, three succeed', async () => {
  const who = await payouts().cleared(150_001n);
  const outcomes = await Promise.allSettled(Array.from({ length: 12 }, () => payouts().request(who)));
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  expect(await payouts().money(who.accountId)).toEqual({ available: 1n, inTransit: 150_000n });
});

test('W-18: asked for while sending is stopped it is held from the start', async () => {
  const { stopId } = await payouts().stopSending('all');
  const who = await payouts().cleared();
  const { withdrawalId, status } = await payouts().request(who);
  expect(status).toBe('held');
  expect(await payouts().row(withdrawalId)).toMatchObject({
    hold_causes: ['sending_stopped'],
    next_call_at: null,
  });
  expect(await payouts().told(who.accountId)).toMatchObject([
    { type: 'payouts.withdrawal.held', reason: 'sending_stopped' },
  ]);
  await payouts().resumeSending(stopId);
});

test('W-9: what is asked for at the cut-off is sent a business day later', async () => {
  const cutOffAt = cutOffAfter(payouts().now(), '12:00');
  const who = await payouts().cleared();
  payouts().pass(cutOffAt);
  const answer = await payouts().request(who);
  expect(answer.cutOffAt).toBe(cutOffAfter(cutOffAt, '12:00').toISOString());
});
