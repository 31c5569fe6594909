import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BankRig } from '../testing/bank-rig.ts';
import { until } from '../testing/rig.ts';

// Fixed days; business time only moves forward.
const rig = new BankRig();
beforeAll(() => rig.start());
beforeEach(() => {
  rig.receiver.received.length = 0;
});
afterEach(() => rig.control('DELETE', '/__sim/faults'));
afterAll(() => rig.stop());

const daySeconds = 86_400;
const acceptance = { mandate_data: { customer_acceptance: { type: 'offline' as const } } };
const success = 'pm_usBankAccount_success';
let debits = 0;

/** A customer whose account may be debited unattended. */
const saved = async (token = success) => {
  const customer = await rig.stripe.customers.create({ name: 'A Client' });
  const setup = await rig.stripe.setupIntents.create({ customer: customer.id, payment_method: token });
  const settled = await rig.stripe.setupIntents.confirm(setup.id, acceptance);
  expect(settled.status).toBe('succeeded');
  return {
    mandate: String(settled.mandate),
    account: { customer: customer.id, payment_method: String(settled.payment_method) },
  };
};
type Account = Awaited<ReturnType<typeof saved>>['account'];

const create = (account: Account | { payment_method: string }) => {
  debits += 1;
  const metadata = { funding_id: `ach-${debits}` };
  return rig.stripe.paymentIntents.create({ amount: 4000, currency: 'usd', ...account, metadata });
};
const debit = async (account: Account) => {
  const { id } = await create(account);
  return rig.stripe.paymentIntents.confirm(id, { off_session: true }, { idempotencyKey: `${id}-confirm` });
};
const read = (id: string) => rig.stripe.paymentIntents.retrieve(id);
const later = (days: number) =>
  rig.control('POST', '/__sim/clock/advance', { seconds: days * daySeconds + 1 });
const told = async (type: string, id: string): Promise<void> => {
  const isTold = () =>
    rig.receiver.received.some(
      ({ event }) => event?.type === type && (event.data.object as { id: string }).id === id,
    );
  await until(isTold);
};

describe('a bank account', () => {
  it('is set up with the words of its owner, who is present', async () => {
    const setup = await rig.stripe.setupIntents.create({ payment_method: success });
    await expect(rig.stripe.setupIntents.confirm(setup.id)).rejects.toMatchObject({
      statusCode: 400,
      param: 'mandate_data',
    });
    const { mandate, account } = await saved();
    const method = await rig.stripe.paymentMethods.retrieve(account.payment_method);
    expect(method).toMatchObject({ type: 'us_bank_account', us_bank_account: { last4: '6789' } });
    expect(await rig.stripe.mandates.retrieve(mandate)).toMatchObject({
      status: 'active',
      payment_method: account.payment_method,
    });
    expect((await rig.wire('/v1/mandates/mandate_none')).status).toBe(404);
  });

  it('is never taken by its number', async () => {
    const body = 'type=us_bank_account&us_bank_account[account_number]=000123456789';
    const response = await rig.form('/v1/payment_methods', body);
    expect([response.status, await response.text()]).toEqual([
      400,
      expect.stringContaining('us_bank_account[account_number]'),
    ]);
  });
});

describe('a bank debit', () => {
  it('is in process until the fourth banking day, and only then moves money', async () => {
    await rig.moveTo('2034-11-21T10:00:00Z'); // Thanksgiving is on the 23rd, a Thursday.
    const { account } = await saved();
    const intent = await debit(account);
    expect(intent).toMatchObject({ status: 'processing', amount_received: 0 });
    const charge = await rig.stripe.charges.retrieve(String(intent.latest_charge));
    expect(charge).toMatchObject({ status: 'pending', paid: false });
    await told('payment_intent.processing', intent.id);
    await expect(rig.stripe.paymentIntents.cancel(intent.id)).rejects.toMatchObject({
      code: 'payment_intent_unexpected_state',
    });
    await expect(rig.stripe.refunds.create({ payment_intent: intent.id })).rejects.toMatchObject({
      statusCode: 400,
    });
    await rig.moveTo('2034-11-28T14:59:00Z');
    expect((await read(intent.id)).status).toBe('processing');
    expect(await rig.booked(intent.id)).toEqual([]);
    await rig.restart();
    await rig.moveTo('2034-11-28T15:01:00Z');
    expect(await read(intent.id)).toMatchObject({ status: 'succeeded', amount_received: 4000 });
    expect(await rig.stripe.charges.retrieve(charge.id)).toMatchObject({ status: 'succeeded', paid: true });
    expect(await rig.booked(intent.id)).toEqual(['charge 4000']);
    await told('payment_intent.succeeded', intent.id);
  });

  it.each([
    ['pm_usBankAccount_insufficientFunds', 'R01', 'insufficient_funds', 'insufficient_funds'],
    ['pm_usBankAccount_accountClosed', 'R02', 'account_closed', 'bank_account_closed'],
    ['pm_usBankAccount_noAccount', 'R03', 'no_account', 'bank_account_invalid_details'],
    ['pm_usBankAccount_debitNotAuthorized', 'R29', 'debit_not_authorized', 'debit_not_authorized'],
  ])('of %s comes back with %s, and may be tried again', async (token, returnCode, code, declineCode) => {
    const { account } = await saved(token);
    const { id, latest_charge } = await debit(account);
    await later(7);
    const error = { code, decline_code: declineCode, network_decline_code: returnCode };
    expect(await read(id)).toMatchObject({ status: 'requires_payment_method', last_payment_error: error });
    const charge = await rig.stripe.charges.retrieve(String(latest_charge));
    expect(charge).toMatchObject({
      status: 'failed',
      failure_code: code,
      outcome: { network_decline_code: returnCode },
    });
    await told('payment_intent.payment_failed', id);
    const again = { payment_method: account.payment_method, off_session: true };
    expect((await rig.stripe.paymentIntents.confirm(id, again)).status).toBe('processing');
    expect(await rig.booked(id)).toEqual([]);
  });

  it('may stay in process for ever', async () => {
    const { id } = await debit((await saved('pm_usBankAccount_processing')).account);
    await later(60);
    expect((await read(id)).status).toBe('processing');
  });

  it('needs a mandate, or the words of the owner with the call', async () => {
    const { id } = await create({ payment_method: success });
    const unattended = rig.stripe.paymentIntents.confirm(id, { off_session: true, ...acceptance });
    await expect(unattended).rejects.toMatchObject({ code: 'payment_intent_mandate_invalid' });
    await expect(rig.stripe.paymentIntents.confirm(id)).rejects.toMatchObject({ statusCode: 400 });
    expect((await rig.stripe.paymentIntents.confirm(id, acceptance)).status).toBe('processing');
  });

  it('is in US dollars and never captured later', async () => {
    const given = { amount: 4000, payment_method: success, confirm: true, ...acceptance };
    const euros = rig.stripe.paymentIntents.create({ ...given, currency: 'eur' });
    await expect(euros).rejects.toMatchObject({ param: 'currency' });
    const held = rig.stripe.paymentIntents.create({ ...given, currency: 'usd', capture_method: 'manual' });
    await expect(held).rejects.toMatchObject({ param: 'capture_method' });
  });

  it('is refunded in days: pending, arrived, and perhaps sent back', async () => {
    const { account } = await saved();
    const first = await debit(account);
    const second = await debit(account);
    await later(7);
    const refund = await rig.stripe.refunds.create({ payment_intent: first.id });
    expect(refund.status).toBe('pending');
    const params = { when: 'after-succeeded', seconds: 2 * daySeconds };
    await rig.fault('refund.create', 'refund-failed', params);
    const failing = await rig.stripe.refunds.create({ payment_intent: second.id });
    expect(failing.status).toBe('pending');
    const states = async () =>
      Promise.all([refund.id, failing.id].map(async (id) => (await rig.stripe.refunds.retrieve(id)).status));
    await later(3);
    expect(await states()).toEqual(['succeeded', 'succeeded']);
    await later(2);
    expect(await states()).toEqual(['succeeded', 'failed']);
    expect(await rig.booked(second.id)).toEqual(['charge 4000', 'refund 4000', 'refund_failed 4000']);
  });
});

describe('a bank debit that fails after it has succeeded', () => {
  it('is a dispute without appeal, which ends the mandate', async () => {
    const { account, mandate } = await saved('pm_usBankAccount_dispute');
    const { id } = await debit(account);
    const disputes = async () => (await rig.stripe.disputes.list({ payment_intent: id })).data;
    await later(7);
    expect((await read(id)).status).toBe('succeeded');
    await later(2);
    const [dispute] = await disputes();
    expect(dispute).toMatchObject({
      id: expect.stringMatching(/^dp_/),
      status: 'lost',
      reason: 'debit_not_authorized',
      is_charge_refundable: false,
      evidence_details: { due_by: null },
    });
    expect((await read(id)).status).toBe('succeeded');
    expect(await rig.booked(id)).toEqual(['charge 4000', 'dispute 4000', 'dispute_fee 1500']);
    expect((await rig.stripe.mandates.retrieve(mandate)).status).toBe('inactive');
    await told('mandate.updated', mandate);
    await told('charge.dispute.closed', String(dispute?.id));
    await expect(debit(account)).rejects.toMatchObject({ code: 'payment_intent_mandate_invalid' });
    const refund = rig.stripe.refunds.create({ payment_intent: id });
    await expect(refund).rejects.toMatchObject({ code: 'charge_disputed' });
    const answer = rig.stripe.disputes.update(String(dispute?.id), { evidence: { uncategorized_text: 'x' } });
    await expect(answer).rejects.toMatchObject({ statusCode: 400 });
    const appeal = { outcome: 'reinstated_later' };
    expect((await rig.control('POST', `/__sim/disputes/${dispute?.id}`, appeal)).error).toContain('lost');
  });

  it('may be played at any age, never as an inquiry', async () => {
    const { account } = await saved();
    const { id: payment_intent } = await debit(account);
    expect((await rig.control('POST', '/__sim/disputes', { payment_intent })).error).toContain('succeeded');
    await later(50);
    const inquiry = await rig.control('POST', '/__sim/disputes', { payment_intent, kind: 'inquiry' });
    expect(inquiry.error).toContain('inquire');
    expect((await rig.control('POST', '/__sim/disputes', { payment_intent })).status).toBe('lost');
  });
});
