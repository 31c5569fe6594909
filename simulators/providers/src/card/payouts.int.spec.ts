import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { BankRig } from '../testing/bank-rig.ts';

// Fixed days; business time only moves forward.
const rig = new BankRig();
beforeAll(() => rig.start());
afterEach(() => rig.control('DELETE', '/__sim/faults'));
afterAll(() => rig.stop());

const charge = (amount: number) =>
  rig.stripe.paymentIntents.create({
    amount,
    currency: 'usd',
    payment_method: 'pm_card_visa',
    confirm: true,
  });
const settle = (amount: number, settlement_id: string) =>
  rig.stripe.payouts.create(
    { amount, currency: 'usd', metadata: { settlement_id } },
    { idempotencyKey: settlement_id },
  );
const entries = async (reference: string) =>
  (await rig.control('GET', `/__sim/ledger?reference=${reference}`)).entries;
const balances = async () => (await rig.control('GET', '/__sim/ledger')).balances;

describe('a payout of the card provider to the bank', () => {
  it('leaves the balance at once and is at the bank at noon of the next banking day', async () => {
    await rig.moveTo('2034-11-22T10:00:00Z'); // The next day is Thanksgiving.
    await charge(5000);
    const payout = await settle(3000, 'st-1');
    expect(payout).toMatchObject({
      id: expect.stringMatching(/^po_/),
      object: 'payout',
      amount: 3000,
      currency: 'usd',
      status: 'pending',
      arrival_date: Date.parse('2034-11-24T12:00:00Z') / 1000,
      metadata: { settlement_id: 'st-1' },
    });
    expect(await balances()).toEqual([
      { provider: 'bank', currency: 'USD', amountMinor: '1000000' },
      { provider: 'card', currency: 'usd', amountMinor: '2000' },
    ]);
    expect((await rig.stripe.balance.retrieve()).available).toMatchObject([{ amount: 2000 }]);
    await rig.moveTo('2034-11-22T11:01:00Z');
    expect((await rig.stripe.payouts.retrieve(payout.id)).status).toBe('in_transit');
    await rig.moveTo('2034-11-24T11:59:00Z');
    expect((await entries('st-1')).map(({ kind }: { kind: string }) => kind)).toEqual(['payout']);
    await rig.quiet();
    await rig.moveTo('2034-11-24T12:01:00Z');
    expect((await rig.stripe.payouts.retrieve(payout.id)).status).toBe('paid');
    expect(await entries('st-1')).toEqual([
      {
        provider: 'card',
        kind: 'payout',
        id: payout.id,
        reference: 'st-1',
        idempotencyKey: 'st-1',
        amountMinor: '3000',
        currency: 'usd',
        created: expect.stringMatching(/^2034-11-22T10:/),
      },
      {
        provider: 'bank',
        kind: 'deposit',
        id: expect.stringMatching(/^dep_/),
        reference: 'st-1',
        idempotencyKey: null,
        amountMinor: '3000',
        currency: 'USD',
        created: '2034-11-24T12:00:00.000Z',
      },
    ]);
    expect(await balances()).toEqual([
      { provider: 'bank', currency: 'USD', amountMinor: '1003000' },
      { provider: 'card', currency: 'usd', amountMinor: '2000' },
    ]);
    await rig.quiet();
    const about = rig.receiver.types.filter((type) => type.startsWith('payout.'));
    expect(about).toEqual(['payout.created', 'payout.paid']);
  });

  it('is never above the balance, nor in a currency that the bank does not hold', async () => {
    await expect(settle(2001, 'st-2')).rejects.toMatchObject({
      statusCode: 400,
      code: 'balance_insufficient',
    });
    const inEuro = rig.stripe.payouts.create({ amount: 100, currency: 'eur' });
    await expect(inEuro).rejects.toMatchObject({ statusCode: 400, param: 'currency' });
    expect(await entries('st-2')).toEqual([]);
  });

  it('is made once under its key, and found in the list, newest first', async () => {
    const first = await settle(100, 'st-3');
    expect((await settle(100, 'st-3')).id).toBe(first.id);
    await expect(settle(101, 'st-3')).rejects.toMatchObject({ type: 'StripeIdempotencyError' });
    const second = await settle(100, 'st-4');
    const page = await rig.stripe.payouts.list({ limit: 1 });
    expect([page.data.map(({ id }) => id), page.has_more]).toEqual([[second.id], true]);
    const next = await rig.stripe.payouts.list({ limit: 1, starting_after: second.id });
    expect(next.data.map(({ id }) => id)).toEqual([first.id]);
    expect(await entries('st-3')).toHaveLength(1);
  });

  it.each([
    ['R03', 'no_account'],
    ['R06', 'could_not_process'],
  ])('return before-paid %s: the bank sends it back, and the balance has it again', async (reason, code) => {
    const [, before] = await balances();
    const params = { when: 'before-paid', reason };
    await rig.control('POST', '/__sim/faults', { op: 'settlement.create', fault: 'return', params });
    const payout = await settle(200, `st-${reason}`);
    await rig.control('POST', '/__sim/clock/advance', { seconds: 6 * 86_400 });
    expect(await rig.stripe.payouts.retrieve(payout.id)).toMatchObject({
      status: 'failed',
      failure_code: code,
    });
    const booked = await entries(`st-${reason}`);
    expect(booked.map(({ kind }: { kind: string }) => kind)).toEqual(['payout', 'payout_failed']);
    expect((await balances())[1]).toEqual(before);
    await rig.quiet();
    const failed = rig.receiver.received.filter(({ event }) => event?.type === 'payout.failed');
    expect(failed.at(-1)?.event?.data.object).toMatchObject({ id: payout.id, failure_code: code });
  });

  it('error-after-execution and not-found-yet: done, and not to be seen yet', async () => {
    const plant = (op: string, fault: string) => rig.control('POST', '/__sim/faults', { op, fault });
    await plant('settlement.create', 'error-after-execution');
    await expect(settle(300, 'st-6')).rejects.toMatchObject({ statusCode: 500 });
    await plant('settlement.read', 'not-found-yet');
    expect((await rig.stripe.payouts.list()).data).toEqual([]);
    const [found] = (await rig.stripe.payouts.list()).data;
    expect(found?.metadata).toEqual({ settlement_id: 'st-6' });
    await plant('settlement.read', 'not-found-yet');
    await expect(rig.stripe.payouts.retrieve(String(found?.id))).rejects.toMatchObject({ statusCode: 404 });
    expect(await entries('st-6')).toHaveLength(1);
  });
});
