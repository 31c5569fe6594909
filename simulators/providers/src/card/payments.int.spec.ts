import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Rig } from '../testing/rig.ts';

const rig = new Rig();
beforeAll(() => rig.start());
afterAll(() => rig.stop());

const usd = { amount: 4000, currency: 'usd' };
const ledger = (reference: string) => rig.control('GET', `/__sim/ledger?reference=${reference}`);

describe('charging', () => {
  it('creates, then confirms on session; the book has it once', async () => {
    const metadata = { charge_id: 'fd-10' };
    const intent = await rig.stripe.paymentIntents.create({
      ...usd,
      payment_method: 'pm_card_visa',
      metadata,
    });
    expect((await ledger('fd-10')).charges).toEqual([]);
    const paid = await rig.stripe.paymentIntents.confirm(intent.id, {}, { idempotencyKey: 'fd-10-confirm' });
    expect(paid).toMatchObject({
      status: 'succeeded',
      amount_received: 4000,
      latest_charge: expect.stringMatching(/^ch_/),
    });
    expect(await rig.stripe.charges.retrieve(String(paid.latest_charge))).toMatchObject({
      paid: true,
      captured: true,
    });
    expect(await ledger('fd-10')).toMatchObject({
      charges: [
        {
          amountMinor: '4000',
          currency: 'usd',
          intentId: intent.id,
          idempotencyKey: 'fd-10-confirm',
          metadata,
        },
      ],
      totals: [{ currency: 'usd', netMinor: '4000' }],
    });
  });

  it('saves a method with a mandate, and charges it unattended', async () => {
    const saved = await rig.savedMethod();
    const method = await rig.stripe.paymentMethods.retrieve(saved.payment_method);
    expect(method.customer).toBe(saved.customer);
    const paid = await rig.stripe.paymentIntents.create({
      ...usd,
      ...saved,
      confirm: true,
      off_session: true,
    });
    expect(paid.status).toBe('succeeded');
    const { data } = await rig.stripe.paymentIntents.list({ customer: saved.customer, limit: 1 });
    expect(data.map(({ id }) => id)).toEqual([paid.id]);
  });

  it.each([
    ['pm_card_visa_chargeDeclined', 'card_declined', 'generic_decline'],
    ['pm_card_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
    ['pm_card_authenticationRequired', 'authentication_required', 'authentication_required'],
  ])('declines a saved %s unattended', async (token, code, declineCode) => {
    const saved = await rig.savedMethod(token);
    const intent = await rig.stripe.paymentIntents.create({ ...usd, ...saved });
    const refused = rig.stripe.paymentIntents.confirm(intent.id, { off_session: true });
    await expect(refused).rejects.toMatchObject({
      type: 'StripeCardError',
      statusCode: 402,
      code,
      decline_code: declineCode,
      payment_intent: { id: intent.id, status: 'requires_payment_method' },
    });
    const after = await rig.stripe.paymentIntents.retrieve(intent.id);
    expect(after.last_payment_error).toMatchObject({ code, decline_code: declineCode });
    expect((await ledger(intent.id)).charges).toEqual([]);
  });

  it('wants the payer when nothing was mandated', async () => {
    const intent = await rig.stripe.paymentIntents.create({ ...usd, payment_method: 'pm_card_visa' });
    const refused = rig.stripe.paymentIntents.confirm(intent.id, { off_session: true });
    await expect(refused).rejects.toMatchObject({ code: 'authentication_required' });
  });

  it('declines a setup', async () => {
    const setup = await rig.stripe.setupIntents.create({ payment_method: 'pm_card_setupDeclined' });
    await expect(rig.stripe.setupIntents.confirm(setup.id)).rejects.toMatchObject({
      statusCode: 402,
      code: 'card_declined',
    });
    expect(await rig.stripe.setupIntents.retrieve(setup.id)).toMatchObject({
      status: 'requires_payment_method',
      mandate: null,
    });
  });
});

describe('the payer', () => {
  const asked = async () => {
    const intent = await rig.stripe.paymentIntents.create({
      ...usd,
      payment_method: 'pm_card_authenticationRequired',
    });
    return rig.stripe.paymentIntents.confirm(intent.id, { return_url: 'https://example.test/back' });
  };

  it('completes what the bank asked', async () => {
    const intent = await asked();
    expect(intent).toMatchObject({ status: 'requires_action', next_action: { type: 'redirect_to_url' } });
    const answer = await rig.control('POST', `/__sim/payer/${intent.id}`, { action: 'confirm' });
    expect(answer).toEqual({ status: 'succeeded', id: intent.id });
    expect((await ledger(intent.id)).charges).toHaveLength(1);
  });

  it('fails it, and may try again on the same intent', async () => {
    const intent = await asked();
    await rig.control('POST', `/__sim/payer/${intent.id}`, { action: 'fail' });
    const failed = await rig.stripe.paymentIntents.retrieve(intent.id);
    expect(failed.last_payment_error?.code).toBe('payment_intent_authentication_failure');
    const paid = await rig.stripe.paymentIntents.confirm(intent.id, { payment_method: 'pm_card_visa' });
    expect(paid.status).toBe('succeeded');
    expect((await rig.control('POST', `/__sim/payer/${intent.id}`, { action: 'fail' })).error).toMatch(
      /succeeded/,
    );
  });
});

describe('what follows', () => {
  it('cancels only what has not succeeded', async () => {
    const intent = await rig.stripe.paymentIntents.create({ ...usd, payment_method: 'pm_card_visa' });
    expect((await rig.stripe.paymentIntents.cancel(intent.id)).status).toBe('canceled');
    const refused = rig.stripe.paymentIntents.confirm(intent.id);
    await expect(refused).rejects.toMatchObject({ statusCode: 400, code: 'payment_intent_unexpected_state' });
  });

  it('captures less than was authorised, once', async () => {
    const given = {
      ...usd,
      payment_method: 'pm_card_visa',
      confirm: true,
      capture_method: 'manual',
    } as const;
    const intent = await rig.stripe.paymentIntents.create(given);
    expect(intent).toMatchObject({ status: 'requires_capture', amount_capturable: 4000, amount_received: 0 });
    expect((await ledger(intent.id)).charges).toEqual([]);
    const captured = await rig.stripe.paymentIntents.capture(intent.id, { amount_to_capture: 1500 });
    expect(captured).toMatchObject({ status: 'succeeded', amount_received: 1500, amount_capturable: 0 });
    await expect(rig.stripe.paymentIntents.capture(intent.id)).rejects.toMatchObject({ statusCode: 400 });
    await expect(
      rig.stripe.refunds.create({ payment_intent: intent.id, amount: 1501 }),
    ).rejects.toMatchObject({ param: 'amount' });
  });

  it('lets an authorisation expire at its due instant', async () => {
    const given = {
      ...usd,
      payment_method: 'pm_card_visa',
      confirm: true,
      capture_method: 'manual',
    } as const;
    const intent = await rig.stripe.paymentIntents.create(given);
    const { nextDueAt } = await rig.control('GET', '/__sim/next-due');
    const { offsetMs, businessNow } = await rig.control('GET', '/__sim/clock');
    const jumpMs = Date.parse(nextDueAt) - Date.parse(businessNow) + 60_000;
    await rig.control('POST', '/__sim/clock', { offsetMs: offsetMs + jumpMs });
    const expired = await rig.stripe.paymentIntents.retrieve(intent.id);
    expect(expired).toMatchObject({
      status: 'canceled',
      canceled_at: Math.floor(Date.parse(nextDueAt) / 1000),
    });
    expect((await rig.control('POST', '/__sim/clock', { offsetMs })).status).toBe(409);
  });

  it('refunds never above what is left', async () => {
    const intent = await rig.stripe.paymentIntents.create({
      ...usd,
      payment_method: 'pm_card_visa',
      confirm: true,
    });
    const refund = await rig.stripe.refunds.create({
      payment_intent: intent.id,
      amount: 1000,
      metadata: { refund_id: 'rf-1' },
    });
    expect(refund).toMatchObject({ status: 'succeeded', amount: 1000 });
    await expect(
      rig.stripe.refunds.create({ payment_intent: intent.id, amount: 3001 }),
    ).rejects.toMatchObject({ statusCode: 400 });
    await rig.stripe.refunds.create({ payment_intent: intent.id });
    const refused = rig.stripe.refunds.create({ payment_intent: intent.id });
    await expect(refused).rejects.toMatchObject({ code: 'charge_already_refunded' });
    const { totals, refunds } = await ledger(intent.id);
    expect(totals).toEqual([{ currency: 'usd', chargedMinor: '4000', refundedMinor: '4000', netMinor: '0' }]);
    expect(refunds[0]).toMatchObject({ amountMinor: '1000', metadata: { refund_id: 'rf-1' } });
  });

  it('shows one balance on the wire and on the control port', async () => {
    const [available] = (await rig.stripe.balance.retrieve()).available;
    const { balances } = await rig.control('GET', '/__sim/balance?provider=card');
    expect(balances).toEqual([{ currency: 'usd', amountMinor: String(available?.amount) }]);
  });
});
