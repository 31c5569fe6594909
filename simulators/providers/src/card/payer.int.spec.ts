import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type Stripe from 'stripe';
import { Rig, until } from '../testing/rig.ts';

const rig = new Rig();
beforeAll(() => rig.start());
beforeEach(() => {
  rig.receiver.received.length = 0;
});
afterEach(() => rig.control('DELETE', '/__sim/faults'));
afterAll(() => rig.stop());

const create = (given: Partial<Stripe.PaymentIntentCreateParams>) =>
  rig.stripe.paymentIntents.create({ amount: 4000, currency: 'usd', ...given });
const confirm = (id: string, given: Stripe.PaymentIntentConfirmParams = {}) =>
  rig.stripe.paymentIntents.confirm(id, given);
const read = (id: string) => rig.stripe.paymentIntents.retrieve(id);
const booked = async (reference: string): Promise<string[]> => {
  const { entries } = await rig.control('GET', `/__sim/ledger?reference=${reference}`);
  return entries.map(({ kind, amountMinor }: Record<string, string>) => `${kind} ${amountMinor}`);
};
const told = (type: string, id: string) =>
  until(() =>
    rig.receiver.received.some(
      ({ event }) => event?.type === type && (event.data.object as { id: string }).id === id,
    ),
  );

describe('late-charge-success', () => {
  const asking = async () => {
    const { id } = await create({ payment_method: 'pm_card_authenticationRequired' });
    return (await confirm(id, { return_url: 'https://example.test/back' })).id;
  };
  const declined = async () => {
    const { id } = await create({ payment_method: 'pm_card_visa_chargeDeclined' });
    await confirm(id).catch(() => undefined);
    return id;
  };
  const ready = async () => (await create({ payment_method: 'pm_card_visa' })).id;
  const held = async () => {
    const given = { payment_method: 'pm_card_visa', confirm: true, capture_method: 'manual' } as const;
    return (await create(given)).id;
  };

  it.each([
    ['asks the payer', asking],
    ['was declined', declined],
    ['awaits a confirmation', ready],
    ['awaits a capture', held],
  ])('the payer is faster than the cancel of an intent that %s', async (_which, intent) => {
    const id = await intent();
    await rig.fault('charge.cancel', 'late-charge-success');
    const refused = {
      statusCode: 400,
      code: 'payment_intent_unexpected_state',
      message: expect.stringContaining('already succeeded'),
      payment_intent: { id, status: 'succeeded', amount_received: 4000 },
    };
    await expect(rig.stripe.paymentIntents.cancel(id)).rejects.toMatchObject(refused);
    await expect(rig.stripe.paymentIntents.cancel(id)).rejects.toMatchObject({ statusCode: 400 });
    expect((await read(id)).status).toBe('succeeded');
    expect(await booked(id)).toEqual(['charge 4000']);
    await told('payment_intent.succeeded', id);
    expect((await rig.stripe.refunds.create({ payment_intent: id })).amount).toBe(4000);
  });

  it('of a bank account is a debit on its way, which cannot be canceled either', async () => {
    const { id } = await create({ payment_method: 'pm_usBankAccount_success' });
    await rig.fault('charge.cancel', 'late-charge-success');
    const refused = { statusCode: 400, payment_intent: { id, status: 'processing' } };
    await expect(rig.stripe.paymentIntents.cancel(id)).rejects.toMatchObject(refused);
    expect(await booked(id)).toEqual([]);
  });

  it('needs no fault where nobody cancels: the payer may take days', async () => {
    const id = await asking();
    await rig.control('POST', '/__sim/clock/advance', { seconds: 30 * 86_400 });
    expect((await rig.control('POST', `/__sim/payer/${id}`, { action: 'confirm' })).status).toBe('succeeded');
    await expect(rig.stripe.paymentIntents.cancel(id)).rejects.toMatchObject({ statusCode: 400 });
  });
});

describe('payer-needed', () => {
  const declined = { statusCode: 402, code: 'authentication_required' };

  it('unattended: 402, the same answer again, and the payer may confirm the same intent', async () => {
    const { id } = await create(await rig.savedMethod());
    const payment_method = String((await read(id)).payment_method);
    await rig.fault('charge.confirm', 'payer-needed');
    await expect(confirm(id, { off_session: true })).rejects.toMatchObject(declined);
    expect((await read(id)).status).toBe('requires_payment_method');
    await told('payment_intent.payment_failed', id);
    await expect(confirm(id, { payment_method, off_session: true })).rejects.toMatchObject(declined);
    expect(await booked(id)).toEqual([]);
    expect((await confirm(id, { payment_method })).status).toBe('succeeded');
    expect(await booked(id)).toEqual(['charge 4000']);
  });

  it('does not hold for another intent, nor for another method', async () => {
    const saved = await rig.savedMethod();
    const { id } = await create(saved);
    await rig.fault('charge.confirm', 'payer-needed');
    await expect(confirm(id, { off_session: true })).rejects.toMatchObject(declined);
    const other = await create({ ...saved, confirm: true, off_session: true });
    expect(other.status).toBe('succeeded');
    const setup = await rig.stripe.setupIntents.create({
      customer: saved.customer,
      payment_method: 'pm_card_visa',
      confirm: true,
    });
    const backup = { payment_method: String(setup.payment_method), off_session: true };
    expect((await confirm(id, backup)).status).toBe('succeeded');
  });

  it('on session: the bank asks the payer', async () => {
    const { id } = await create(await rig.savedMethod());
    await rig.fault('charge.confirm', 'payer-needed');
    expect((await confirm(id)).status).toBe('requires_action');
    await told('payment_intent.requires_action', id);
  });

  it.each([
    ['charge.confirm', false],
    ['charge.create', true],
  ])(
    'mandate withdrawn on %s: nothing is charged unattended until there is a new one',
    async (op, atOnce) => {
      const saved = await rig.savedMethod();
      await rig.fault(op, 'payer-needed', { mandate: 'withdrawn' });
      const unattended = async () => {
        if (atOnce) return create({ ...saved, confirm: true, off_session: true });
        return confirm((await create(saved)).id, { off_session: true });
      };
      await expect(unattended()).rejects.toMatchObject(declined);
      await expect(unattended()).rejects.toMatchObject(declined);
      await until(() => rig.receiver.types.includes('mandate.updated'));
      const setup = await rig.stripe.setupIntents.create({ ...saved, confirm: true });
      expect(setup.status).toBe('succeeded');
      expect((await unattended()).status).toBe('succeeded');
    },
  );

  it('a mandate that is named and withdrawn is refused as such', async () => {
    const saved = await rig.savedMethod();
    const setup = await rig.stripe.setupIntents.create({ ...saved, confirm: true });
    const mandate = String(setup.mandate);
    await rig.fault('charge.confirm', 'payer-needed', { mandate: 'withdrawn' });
    const { id } = await create(saved);
    const refused = { statusCode: 400, code: 'payment_intent_mandate_invalid' };
    await expect(confirm(id, { off_session: true, mandate })).rejects.toMatchObject(refused);
    expect((await rig.stripe.mandates.retrieve(mandate)).status).toBe('inactive');
    await expect(confirm(id, { off_session: true, mandate })).rejects.toMatchObject(refused);
  });

  it('of a bank account: its mandate no longer holds', async () => {
    const accepted = { mandate_data: { customer_acceptance: { type: 'offline' as const } } };
    const customer = (await rig.stripe.customers.create({})).id;
    const setup = await rig.stripe.setupIntents.create({
      customer,
      payment_method: 'pm_usBankAccount_success',
      confirm: true,
      ...accepted,
    });
    const { id } = await create({ customer, payment_method: String(setup.payment_method) });
    await rig.fault('charge.confirm', 'payer-needed');
    const refused = { statusCode: 400, code: 'payment_intent_mandate_invalid' };
    await expect(confirm(id, { off_session: true })).rejects.toMatchObject(refused);
    await expect(confirm(id, { off_session: true })).rejects.toMatchObject(refused);
    expect((await confirm(id, accepted)).status).toBe('processing');
  });
});
