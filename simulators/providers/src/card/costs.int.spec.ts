import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { BankRig } from '../testing/bank-rig.ts';

const rig = new BankRig();
beforeAll(() => rig.start());
afterEach(async () => {
  await rig.control('DELETE', '/__sim/faults');
  await rig.control('POST', '/__sim/costs', { bps: 0 });
});
afterAll(() => rig.stop());

const daySeconds = 86_400;
let charges = 0;

const pay = (amount = 10_000, currency = 'usd') => {
  charges += 1;
  const metadata = { funding_id: `cost-${charges}` };
  return rig.stripe.paymentIntents.create({
    amount,
    currency,
    payment_method: 'pm_card_visa',
    confirm: true,
    metadata,
  });
};
const cost = (tariff: object) => rig.control('POST', '/__sim/costs', tariff);
const report = (source?: string) =>
  rig.stripe.balanceTransactions.list({ limit: 100, ...(source === undefined ? {} : { source }) });
const lines = async (source: string) =>
  (await report(source)).data.map(({ amount, fee, net }) => [amount, fee, net]);
const later = (seconds: number) => rig.control('POST', '/__sim/clock/advance', { seconds });
const balance = async (): Promise<number> => (await rig.stripe.balance.retrieve()).available[0]?.amount ?? 0;

describe('the report', () => {
  it('has a line for each movement, newest first, and adds up to the balance', async () => {
    const { id, latest_charge } = await pay();
    const back = await rig.stripe.refunds.create({ payment_intent: id, amount: 1000 });
    const params = { when: 'after-succeeded', seconds: 60 };
    await rig.fault('refund.create', 'refund-failed', params);
    const failing = await rig.stripe.refunds.create({ payment_intent: id, amount: 500 });
    const dispute = await rig.control('POST', '/__sim/disputes', { payment_intent: id, amount: 2000 });
    const decided = { outcome: 'won', feeReturned: true };
    await rig.control('POST', `/__sim/disputes/${dispute.id}`, decided);
    const payout = await rig.stripe.payouts.create({ amount: 3000, currency: 'usd' });
    await rig.control('POST', '/__sim/faults', {
      op: 'settlement.create',
      fault: 'return',
      params: { when: 'before-paid' },
    });
    const lost = await rig.stripe.payouts.create({ amount: 100, currency: 'usd' });
    await later(7 * daySeconds);
    const { data } = await report();
    const told = data.map(({ reporting_category, source, amount, fee }) => [
      reporting_category,
      source,
      amount,
      fee,
    ]);
    expect(told.reverse()).toEqual([
      ['charge', latest_charge, 10_000, 0],
      ['refund', back.id, -1000, 0],
      ['refund', failing.id, -500, 0],
      ['dispute', dispute.id, -2000, 1500],
      ['dispute_reversal', dispute.id, 2000, -1500],
      ['payout', payout.id, -3000, 0],
      ['payout', lost.id, -100, 0],
      ['refund_failure', failing.id, 500, 0],
      ['payout_reversal', lost.id, 100, 0],
    ]);
    expect(data.reduce((sum, { net }) => sum + net, 0)).toBe(await balance());
    const charge = await rig.stripe.charges.retrieve(String(latest_charge));
    const line = await rig.stripe.balanceTransactions.retrieve(String(charge.balance_transaction));
    expect(line).toMatchObject({ source: latest_charge, net: 10_000, fee_details: [], currency: 'usd' });
    expect((await rig.wire('/v1/balance_transactions/txn_none')).status).toBe(404);
  });

  it('gives what each line tells of whole, where it is asked to', async () => {
    const { latest_charge, metadata } = await pay();
    const dispute = await rig.control('POST', '/__sim/disputes', {
      reference: metadata.funding_id,
      amount: 100,
    });
    const payout = await rig.stripe.payouts.create({
      amount: 3000,
      currency: 'usd',
      metadata: { settlement_id: 'settlement-1' },
    });
    const { data } = await rig.stripe.balanceTransactions.list({ limit: 3, expand: ['data.source'] });
    expect(data.map(({ source }) => source)).toMatchObject([
      { id: payout.id, metadata: { settlement_id: 'settlement-1' } },
      { id: dispute.id },
      { id: latest_charge, metadata },
    ]);
  });

  it('is read page by page and by time', async () => {
    await later(daySeconds);
    const first = await pay();
    await later(10);
    const second = await pay();
    const [older] = (await report(String(first.latest_charge))).data;
    const since = Number(older?.created);
    const page = await rig.stripe.balanceTransactions.list({ created: { gte: since }, limit: 1 });
    expect([page.data[0]?.source, page.has_more]).toEqual([second.latest_charge, true]);
    const next = await rig.stripe.balanceTransactions.list({
      created: { gte: since },
      limit: 1,
      starting_after: String(page.data[0]?.id),
    });
    expect([next.data[0]?.source, next.has_more]).toEqual([first.latest_charge, false]);
    const after = await rig.stripe.balanceTransactions.list({ created: { gt: since, lte: since + 60 } });
    expect(after.data.map(({ source }) => source)).toEqual([second.latest_charge]);
    const before = await rig.stripe.balanceTransactions.list({ created: { lt: since }, type: 'charge' });
    expect(before.data.map(({ source }) => source)).not.toContain(first.latest_charge);
    expect((await rig.wire('/v1/balance_transactions?created[gte]=soon')).status).toBe(400);
    expect((await rig.wire('/v1/balance_transactions?starting_after=txn_none')).status).toBe(400);
  });
});

describe('costs', () => {
  it('are none unless they are played; then each leaves the book as an entry of its own', async () => {
    const free = await pay();
    expect(await rig.booked(free.id)).toEqual(['charge 10000']);
    await cost({ bps: 290, fixedMinor: 30 });
    const before = await balance();
    const paid = await pay(10_005);
    expect(await lines(String(paid.latest_charge))).toEqual([[10_005, 320, 9685]]);
    expect(await balance()).toBe(before + 9685);
    const { entries } = await rig.control('GET', `/__sim/ledger?reference=${paid.id}`);
    const [line] = (await report(String(paid.latest_charge))).data;
    expect(entries).toMatchObject([
      { kind: 'charge', reference: paid.metadata.funding_id, amountMinor: '10005' },
      {
        kind: 'processing_fee',
        id: line?.id,
        reference: line?.id,
        idempotencyKey: null,
        amountMinor: '320',
        currency: 'usd',
      },
    ]);
    expect(line?.fee_details).toMatchObject([{ amount: 320, type: 'stripe_fee' }]);
  });

  it('are taken of what they are set on, by the tariff of the moment, also after a restart', async () => {
    await cost({ bps: 0, fixedMinor: '25', on: ['payout', 'refund'] });
    await rig.restart();
    const { id, latest_charge } = await pay();
    const refund = await rig.stripe.refunds.create({ payment_intent: id, amount: 1000 });
    const payout = await rig.stripe.payouts.create({ amount: 2000, currency: 'usd' });
    expect(await lines(String(latest_charge))).toEqual([[10_000, 0, 10_000]]);
    expect(await lines(refund.id)).toEqual([[-1000, 25, -1025]]);
    expect(await lines(payout.id)).toEqual([[-2000, 25, -2025]]);
  });

  it.each([
    { bps: -1 },
    { bps: 10_001 },
    { bps: 1.5 },
    { fixedMinor: 1 },
    { bps: 1, on: ['dispute'] },
    { bps: 1, provider: 'bank' },
    { bps: 1, provider: 'paypal', on: ['refund'] },
  ])('are refused where they make no sense: %o', async (tariff) => {
    expect((await cost(tariff)).status).toBe(400);
  });
});

describe('cost-report', () => {
  const planted = async (params: object) => {
    await cost({ bps: 100 });
    const reference = `cost-${charges + 2}`;
    await rig.fault('charge.create', 'cost-report', params, { match: { reference } });
    await pay(); // Another charge, of which the rule says nothing.
    const { id, latest_charge, metadata } = await pay();
    expect(metadata.funding_id).toBe(reference);
    expect(await rig.booked(id)).toEqual(['charge 10000', 'processing_fee 100']);
    return String(latest_charge);
  };

  it('late: the money has moved, the line comes by the clock, under its true time', async () => {
    const source = await planted({ kind: 'late', seconds: 3600 });
    expect(await lines(source)).toEqual([]);
    const charge = await rig.stripe.charges.retrieve(source);
    const path = `/v1/balance_transactions/${charge.balance_transaction}`;
    expect((await rig.wire(path)).status).toBe(404);
    await rig.restart();
    await later(3601);
    const [line] = (await report(source)).data;
    expect([line?.fee, line?.created]).toEqual([100, charge.created]);
  });

  it('doubled: the same line twice', async () => {
    const source = await planted({ kind: 'doubled' });
    const { data } = await report(source);
    expect(data).toHaveLength(2);
    expect(new Set(data.map(({ id }) => id)).size).toBe(1);
  });

  it.each([
    [{ kind: 'other-fee' }, 101],
    [{ kind: 'other-fee', feeMinor: 250 }, 250],
    [{ kind: 'other-fee', feeMinor: 0 }, 0],
  ])('%o: not what was taken', async (params, fee) => {
    const source = await planted(params);
    expect(await lines(source)).toEqual([[10_000, fee, 10_000 - fee]]);
  });

  it('does not stand in the way of what becomes of a payout', async () => {
    await rig.fault('settlement.create', 'cost-report', { kind: 'late' });
    const params = { when: 'before-paid' };
    await rig.fault('settlement.create', 'return', params);
    const { id } = await rig.stripe.payouts.create({ amount: 100, currency: 'usd' });
    expect(await lines(id)).toEqual([]);
    await later(7 * daySeconds);
    expect((await rig.stripe.payouts.retrieve(id)).status).toBe('failed');
    expect(await lines(id)).toEqual([
      [100, 0, 100],
      [-100, 0, -100],
    ]);
  });
});
