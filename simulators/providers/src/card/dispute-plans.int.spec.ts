import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Rig, until } from '../testing/rig.ts';

const rig = new Rig();
beforeAll(() => rig.start());
afterEach(() => rig.control('DELETE', '/__sim/faults'));
afterAll(() => rig.stop());

const pay = (token: string) =>
  rig.stripe.paymentIntents.create({ amount: 4000, currency: 'usd', payment_method: token, confirm: true });
const later = (days: number) => rig.control('POST', '/__sim/clock/advance', { seconds: days * 86_400 + 1 });

/** Kinds and amounts of the book, without the charge itself. */
const booked = async (reference: string): Promise<string[]> => {
  const { entries } = await rig.control('GET', `/__sim/ledger?reference=${reference}`);
  return entries
    .filter(({ kind }: { kind: string }) => kind !== 'charge')
    .map(({ kind, amountMinor }: Record<string, string>) => `${kind} ${amountMinor}`);
};

describe('dispute-debit', () => {
  const planted = async (params: object) => {
    await rig.fault('charge.confirm', 'dispute-debit', params, { match: { reference: 'ch-planned' } });
    const metadata = { charge_id: 'ch-planned' };
    const intent = await rig.stripe.paymentIntents.create({
      amount: 4000,
      currency: 'usd',
      payment_method: 'pm_card_visa',
      metadata,
    });
    await pay('pm_card_visa'); // Another charge, of which the rule says nothing.
    await rig.stripe.paymentIntents.confirm(intent.id);
    return intent.id;
  };
  const found = async (payment_intent: string) =>
    (await rig.stripe.disputes.list({ payment_intent })).data.map(({ status }) => status).reverse();

  it.each([
    ['open', ['needs_response'], ['dispute 4000', 'dispute_fee 700']],
    ['reinstated', ['won'], ['dispute 4000', 'dispute_fee 700', 'dispute_reinstated 4000']],
    ['lost', ['lost'], ['dispute 4000', 'dispute_fee 700']],
  ])('%s: days after the charge', async (ends, statuses, entries) => {
    const id = await planted({ days: 2, afterDays: 2, feeMinor: 700, ends });
    await later(1);
    expect(await found(id)).toEqual([]);
    await later(1);
    expect(await found(id)).toEqual(['needs_response']);
    await later(2);
    expect(await found(id)).toEqual(statuses);
    expect(await booked(id)).toEqual(entries);
  });

  it('second-stage: won, disputed again and lost', async () => {
    const id = await planted({ afterDays: 1, ends: 'second-stage' });
    await later(3);
    expect(await found(id)).toEqual(['won', 'lost']);
  });

  it('escalated: only of an inquiry', async () => {
    const id = await planted({ kind: 'inquiry', ends: 'escalated', afterDays: 1 });
    await later(1);
    expect(await found(id)).toEqual(['needs_response']);
    const impossible = await rig.fault('charge.confirm', 'dispute-debit', { ends: 'escalated' });
    expect(impossible.status).toBe(400);
  });

  it('does not happen to a charge that was given back meanwhile', async () => {
    const id = await planted({ days: 1 });
    await rig.stripe.refunds.create({ payment_intent: id });
    await later(1);
    expect(await found(id)).toEqual([]);
  });

  it.each([
    ['pm_card_createDispute', 'needs_response', 'fraudulent'],
    ['pm_card_createDisputeInquiry', 'warning_needs_response', 'fraudulent'],
    ['pm_card_createDisputeProductNotReceived', 'needs_response', 'product_not_received'],
  ])('is what %s asks for', async (token, status, reason) => {
    const { id } = await pay(token);
    await until(async () => (await found(id)).length === 1);
    expect((await rig.stripe.disputes.list({ payment_intent: id })).data[0]).toMatchObject({
      status,
      reason,
    });
  });

  it('survives a restart', async () => {
    const id = await planted({ days: 2, ends: 'lost', afterDays: 1 });
    await rig.restart();
    await later(2);
    expect(await found(id)).toEqual(['needs_response']);
    await rig.restart();
    await later(1);
    expect(await found(id)).toEqual(['lost']);
  });
});
