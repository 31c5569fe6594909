import { createHash } from 'node:crypto';
import { NotYet, plusDays, plusHours, plusMinutes } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { describe, expect, test } from '@jest/globals';
import { bankDetails } from '../testing/payouts.ts';
import { useWithdrawals } from '../testing/withdrawals.ts';

const payouts = useWithdrawals();

/** In doubt, and then proven not executed: to be sent again. */
async function proven() {
  const calling = await payouts().calling();
  await payouts().record(calling.key, { kind: 'unknown' });
  for (const minutes of [0, 5, 5]) {
    payouts().pass(plusMinutes(payouts().now(), minutes));
    await payouts().record(calling.key, { kind: 'absent' });
  }
  expect(await payouts().statusOf(calling.withdrawalId)).toBe('requested');
  return calling;
}

describe('W-15: at the cut-off', () => {
  test('key, exact bytes and the mark of the call are committed before it', async () => {
    const { withdrawalId, methodId } = await payouts().due();
    const { reference, version } = await payouts().row(withdrawalId);
    const key = `po_${reference}-1`;
    expect(await payouts().start(withdrawalId)).toEqual({ step: 'call', key });
    const [attempt] = await payouts().attempts(withdrawalId);
    expect(attempt).toMatchObject({
      key,
      number: 1,
      state: 'created',
      sent_minor: 50_000n,
      calling_since: expect.any(Date),
      key_since: null,
    });
    const body = String(attempt!.body);
    expect(attempt!.body_sha256).toBe(createHash('sha256').update(body).digest('hex'));
    expect(JSON.parse(body)).toEqual({
      type: 'ach',
      subtype: 'PPD',
      amount: 50_000,
      direction: 'credit',
      currency: 'USD',
      originating_account_id: 'ia_holdfast',
      receiving_account_id: `ea_${methodId}`,
      effective_date: payouts().now().toISOString().slice(0, 10),
      statement_descriptor: 'HOLDFAST',
      external_id: key,
      metadata: { withdrawal_id: withdrawalId },
    });
    // Whoever decides about the withdrawal at the same time meets another version.
    expect((await payouts().row(withdrawalId)).version).toBe(Number(version) + 1);
  });

  test('AD-18: the bytes hold ids, and nothing of the account', async () => {
    const { withdrawalId } = await payouts().calling();
    const body = String((await payouts().attempts(withdrawalId))[0]!.body);
    const { accountNumber, routingNumber, holderName } = bankDetails;
    for (const secret of [accountNumber, accountNumber.slice(-4), routingNumber, holderName]) {
      expect(body).not.toContain(secret);
    }
  });

  test('W-9: not before it', async () => {
    const who = await payouts().cleared();
    const { withdrawalId } = await payouts().request(who);
    expect(await payouts().start(withdrawalId)).toBeUndefined();
    expect(await payouts().attempts(withdrawalId)).toEqual([]);
  });

  test('while a call is under way nobody begins another, also not ten at once', async () => {
    const { withdrawalId } = await payouts().due();
    const steps = await Promise.all(Array.from({ length: 10 }, () => payouts().start(withdrawalId)));
    expect(steps.filter(Boolean)).toHaveLength(1);
    expect(await payouts().start(withdrawalId)).toBeUndefined();
    expect(await payouts().attempts(withdrawalId)).toHaveLength(1);
  });

  test('a withdrawal that is not known waits', async () => {
    await expect(payouts().start(newId())).rejects.toThrow(new NotYet('withdrawal.unknown'));
  });
});

describe('0.3: screening', () => {
  test('a clear of another day does not count: the vendor is asked first', async () => {
    const who = await payouts().cleared();
    const { withdrawalId, cutOffAt } = await payouts().request(who);
    await payouts().screen(who.methodId, 'clear');
    payouts().pass(plusDays(new Date(cutOffAt), 1));
    expect(await payouts().start(withdrawalId)).toEqual({ step: 'screen', methodId: who.methodId });
    expect(await payouts().attempts(withdrawalId)).toEqual([]);
    await payouts().screen(who.methodId, 'clear');
    expect(await payouts().start(withdrawalId)).toMatchObject({ step: 'call' });
  });

  test.each(['review', 'blocked', 'no_answer'] as const)(
    'fault 40: %s holds it, and nothing is sent',
    async (answer) => {
      const { accountId, methodId, withdrawalId } = await payouts().due();
      await payouts().screen(methodId, answer);
      expect(await payouts().start(withdrawalId)).toBeUndefined();
      expect(await payouts().row(withdrawalId)).toMatchObject({
        status: 'held',
        hold_causes: ['screening'],
        next_call_at: null,
      });
      expect(await payouts().typesOf(accountId)).toEqual(['withdrawal.held']);
      expect(await payouts().view(accountId, withdrawalId)).toMatchObject({ heldBecause: ['under review'] });
    },
  );

  test('W-17: an operator’s clear lets it go on, that day without another question', async () => {
    const { methodId, withdrawalId } = await payouts().due();
    await payouts().screen(methodId, 'review');
    await payouts().decide(methodId, 'clear');
    expect(await payouts().start(withdrawalId)).toMatchObject({ step: 'call' });
  });
});

describe('F63: what stands in the way is seen', () => {
  test('a hold that was placed meanwhile holds it', async () => {
    const { accountId, withdrawalId } = await payouts().due();
    await payouts().hold(accountId, 'safety');
    expect(await payouts().start(withdrawalId)).toBeUndefined();
    expect(await payouts().row(withdrawalId)).toMatchObject({ hold_causes: ['account_hold'] });
  });

  test('W-18: a stop that is not worked off yet holds it all the same', async () => {
    const { withdrawalId } = await payouts().due();
    const { stopId } = await payouts().stopSending('bank');
    expect(await payouts().statusOf(withdrawalId)).toBe('requested');
    expect(await payouts().start(withdrawalId)).toBeUndefined();
    expect(await payouts().row(withdrawalId)).toMatchObject({ hold_causes: ['sending_stopped'] });
    await payouts().resumeSending(stopId);
  });

  test('a hold and the beginning of the call at once: either it is held, or the call had begun', async () => {
    for (let round = 0; round < 8; round += 1) {
      const { accountId, withdrawalId } = await payouts().due();
      const [started] = await Promise.all([
        payouts().start(withdrawalId),
        payouts().hold(accountId, 'financial'),
      ]);
      const attempts = await payouts().attempts(withdrawalId);
      expect(attempts).toHaveLength(started ? 1 : 0);
      expect(await payouts().statusOf(withdrawalId)).toBe(started ? 'requested' : 'held');
    }
  });

  test('what its owner removed, or was disabled, is not sent to: the money is back', async () => {
    const { accountId, methodId, withdrawalId } = await payouts().due();
    await payouts().removeMethod(accountId, methodId);
    expect(await payouts().start(withdrawalId)).toBeUndefined();
    expect(await payouts().row(withdrawalId)).toMatchObject({ status: 'failed', reason: 'method_disabled' });
    expect(await payouts().money(accountId)).toEqual({ available: 50_000n, inTransit: 0n });
    expect(await payouts().linesOf(accountId, 'withdrawal_failed')).toHaveLength(1);
    expect(await payouts().typesOf(accountId)).toEqual(['method.removed', 'withdrawal.failed']);
  });
});

describe('W-15: again', () => {
  test('F46: what is proven not executed is sent again, under the same key with the same bytes', async () => {
    const { accountId, withdrawalId, key } = await proven();
    const [before] = await payouts().attempts(withdrawalId);
    expect(await payouts().start(withdrawalId)).toEqual({ step: 'call', key });
    const attempts = await payouts().attempts(withdrawalId);
    expect(attempts).toHaveLength(1);
    expect(attempts[0]).toMatchObject({ key, body: before!.body, body_sha256: before!.body_sha256 });
    expect(await payouts().typesOf(accountId)).toEqual(['withdrawal.unconfirmed', 'withdrawal.resumed']);
  });

  test('fault 21: after the key’s window it is not: a person looks', async () => {
    const { accountId, methodId, withdrawalId } = await proven();
    await payouts().hold(accountId, 'financial', { holdId: '0192f0c1-0000-7000-8000-00000000000a' });
    payouts().pass(plusHours(payouts().now(), 24));
    const lifted = { holdId: '0192f0c1-0000-7000-8000-00000000000a', isStanding: false };
    await payouts().hold(accountId, 'financial', lifted);
    const { cut_off_at } = await payouts().row(withdrawalId);
    payouts().pass(cut_off_at as Date);
    await payouts().screen(methodId, 'clear');
    expect(await payouts().start(withdrawalId)).toBeUndefined();
    expect(await payouts().attempts(withdrawalId)).toMatchObject([
      { state: 'created', review: 'window_over' },
    ]);
    expect(await payouts().row(withdrawalId)).toMatchObject({ status: 'requested', next_call_at: null });
  });

  test('a method that ended after a doubt leaves it to a person: the money is not given away', async () => {
    const { accountId, methodId, withdrawalId } = await proven();
    await payouts().removeMethod(accountId, methodId);
    expect(await payouts().start(withdrawalId)).toBeUndefined();
    expect(await payouts().attempts(withdrawalId)).toMatchObject([{ review: 'not_sendable' }]);
    expect(await payouts().money(accountId)).toEqual({ available: 0n, inTransit: 50_000n });
    // And nothing is sent beside what nobody understands.
    expect(await payouts().start(withdrawalId)).toBeUndefined();
  });

  test('a method that ended while the call provably did not reach the bank fails it', async () => {
    const { accountId, methodId, withdrawalId, key } = await payouts().calling();
    await payouts().record(key, { kind: 'not_sent' });
    await payouts().removeMethod(accountId, methodId);
    await payouts().start(withdrawalId);
    expect(await payouts().attempts(withdrawalId)).toMatchObject([
      { state: 'cancelled', failure: 'method_disabled' },
    ]);
    expect(await payouts().money(accountId)).toEqual({ available: 50_000n, inTransit: 0n });
  });
});
