import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Rig, until } from '../testing/rig.ts';

const rig = new Rig();
beforeAll(() => rig.start());
beforeEach(() => {
  rig.receiver.received.length = 0;
});
afterAll(() => rig.stop());

const daySeconds = 86_400;
let charges = 0;

const pay = (token = 'pm_card_visa', amount = 4000) => {
  charges += 1;
  const metadata = { funding_id: `fd-${charges}` };
  return rig.stripe.paymentIntents.create({
    amount,
    currency: 'usd',
    payment_method: token,
    confirm: true,
    metadata,
  });
};
const open = (payment_intent: string, more: object = {}) =>
  rig.control('POST', '/__sim/disputes', { payment_intent, ...more });
const decide = (id: string, outcome: string, more: object = {}) =>
  rig.control('POST', `/__sim/disputes/${id}`, { outcome, ...more });
const read = (id: string) => rig.stripe.disputes.retrieve(id);
const later = (days: number) =>
  rig.control('POST', '/__sim/clock/advance', { seconds: days * daySeconds + 1 });
const answer = (id: string) =>
  rig.stripe.disputes.update(id, { evidence: { uncategorized_text: 'It was delivered.' }, submit: true });
const refund = (payment_intent: string, amount?: number) =>
  rig.stripe.refunds.create({ payment_intent, ...(amount === undefined ? {} : { amount }) });

/** Kinds and amounts of the book, without the charge itself. */
const booked = async (reference: string): Promise<string[]> => {
  const { entries } = await rig.control('GET', `/__sim/ledger?reference=${reference}`);
  return entries
    .filter(({ kind }: { kind: string }) => kind !== 'charge')
    .map(({ kind, amountMinor }: Record<string, string>) => `${kind} ${amountMinor}`);
};
const balance = async () => {
  const { balances } = await rig.control('GET', '/__sim/balance?provider=card');
  return BigInt(balances[0].amountMinor);
};
const told = async (id: string, count: number): Promise<string[]> => {
  const about = () =>
    rig.receiver.received.flatMap(({ event }) =>
      event && (event.data.object as { id: string }).id === id
        ? [event.type.replace('charge.dispute.', '')]
        : [],
    );
  await until(() => about().length >= count);
  await rig.quiet();
  return about().sort();
};

describe('a chargeback', () => {
  it('takes amount and fee when it is created', async () => {
    const intent = await pay();
    const before = await balance();
    const { id } = await open(intent.id, { amount: 2500, feeMinor: 1500, dueInDays: 10 });
    const dispute = await read(id);
    expect(dispute).toMatchObject({
      id: expect.stringMatching(/^du_/),
      object: 'dispute',
      status: 'needs_response',
      charge: intent.latest_charge,
      payment_intent: intent.id,
      amount: 2500,
      currency: 'usd',
      reason: 'fraudulent',
      is_charge_refundable: false,
      evidence_details: { due_by: dispute.created + 10 * daySeconds, submission_count: 0, past_due: false },
      balance_transactions: [
        { amount: -2500, fee: 1500, net: -4000, reporting_category: 'dispute', source: id, currency: 'usd' },
      ],
    });
    expect(await balance()).toBe(before - 4000n);
    expect(await booked(id)).toEqual(['dispute 2500', 'dispute_fee 1500']);
    expect((await rig.stripe.charges.retrieve(String(intent.latest_charge))).disputed).toBe(true);
    expect(await told(id, 2)).toEqual(['created', 'funds_withdrawn']);
    const { data } = await rig.stripe.disputes.list({ payment_intent: intent.id });
    expect(data.map((found) => found.id)).toEqual([id]);
  });

  it('is known in the book by its own id, and found by the mark of its charge', async () => {
    const intent = await pay();
    const mark = String(intent.metadata.funding_id);
    const { id } = await rig.control('POST', '/__sim/disputes', { reference: mark });
    const { entries } = await rig.control('GET', `/__sim/ledger?reference=${mark}`);
    const named = entries.map(({ kind, reference }: Record<string, string>) => [kind, reference]);
    expect(named).toEqual([
      ['charge', mark],
      ['dispute', id],
      ['dispute_fee', id],
    ]);
  });

  it.each([
    [
      true,
      ['dispute 4000', 'dispute_fee 1500', 'dispute_reinstated 4000', 'dispute_fee_returned 1500'],
      -1500,
    ],
    [false, ['dispute 4000', 'dispute_fee 1500', 'dispute_reinstated 4000'], 0],
  ])('that is won gives the amount back; the fee: %s', async (feeReturned, entries, fee) => {
    const intent = await pay();
    const { id } = await open(intent.id);
    expect((await answer(id)).status).toBe('under_review');
    await decide(id, 'won', { feeReturned });
    const won = await read(id);
    expect(won).toMatchObject({ status: 'won', is_charge_refundable: true });
    expect(won.balance_transactions).toHaveLength(2);
    expect(won.balance_transactions[1]).toMatchObject({ amount: 4000, fee, net: 4000 - fee });
    expect(won.balance_transactions[1]?.reporting_category).toBe('dispute_reversal');
    expect(await booked(id)).toEqual(entries);
    const events = ['closed', 'created', 'funds_reinstated', 'funds_withdrawn', 'updated'];
    expect(await told(id, 5)).toEqual(events);
    expect((await refund(intent.id)).status).toBe('succeeded');
  });

  it('that is lost keeps the money, and moves nothing more', async () => {
    const { id: intentId } = await pay();
    const { id } = await open(intentId);
    await answer(id);
    expect((await decide(id, 'lost')).status).toBe('lost');
    expect(await booked(id)).toEqual(['dispute 4000', 'dispute_fee 1500']);
    expect(await told(id, 4)).toEqual(['closed', 'created', 'funds_withdrawn', 'updated']);
    await expect(refund(intentId)).rejects.toMatchObject({ statusCode: 400, code: 'charge_disputed' });
    expect((await decide(id, 'won')).error).toContain('lost');
  });

  it('may be won long after it was lost', async () => {
    const { id } = await open((await pay()).id);
    await decide(id, 'lost');
    expect((await decide(id, 'reinstated_later', { feeReturned: true })).status).toBe('won');
    expect(await booked(id)).toContain('dispute_reinstated 4000');
    expect(await told(id, 5)).toContain('funds_reinstated');
    expect((await decide(id, 'reinstated_later')).error).toContain('won');
  });

  it('that nobody answers is lost at its due instant, not before', async () => {
    const { id } = await open((await pay()).id, { dueInDays: 3 });
    await later(2);
    expect((await read(id)).status).toBe('needs_response');
    await later(1);
    expect((await read(id)).status).toBe('lost');
    await expect(answer(id)).rejects.toMatchObject({ statusCode: 400 });
    expect(await told(id, 3)).toEqual(['closed', 'created', 'funds_withdrawn']);
  });

  it('is answered once: staged evidence is none, and a submitted one stays open past the due date', async () => {
    const { id } = await open((await pay()).id, { dueInDays: 3 });
    const evidence = { uncategorized_text: 'It was delivered.' };
    const staged = await rig.stripe.disputes.update(id, { evidence, submit: false });
    expect(staged).toMatchObject({
      status: 'needs_response',
      evidence,
      evidence_details: { has_evidence: true },
    });
    const submitted = await rig.stripe.disputes.update(id, { submit: true });
    expect(submitted).toMatchObject({ status: 'under_review', evidence_details: { submission_count: 1 } });
    await expect(answer(id)).rejects.toMatchObject({ statusCode: 400 });
    await later(4);
    expect((await read(id)).status).toBe('under_review');
  });

  it('survives a restart', async () => {
    const { id } = await open((await pay()).id, { dueInDays: 2 });
    await rig.restart();
    expect((await read(id)).status).toBe('needs_response');
    await later(2);
    await rig.restart();
    expect((await read(id)).status).toBe('lost');
    expect(await booked(id)).toEqual(['dispute 4000', 'dispute_fee 1500']);
  });

  it('takes no evidence that says nothing, nor a field that it does not know', async () => {
    const { id } = await open((await pay()).id);
    await expect(rig.stripe.disputes.update(id, { submit: true })).rejects.toMatchObject({
      param: 'evidence',
    });
    const unknown = await rig.form(`/v1/disputes/${id}`, 'evidence[card_number]=4242');
    expect(unknown.status).toBe(400);
    expect((await rig.wire('/v1/disputes/du_none')).status).toBe(404);
  });

  it('that we accept is lost, once under its key', async () => {
    const { id } = await open((await pay()).id);
    const first = await rig.form(`/v1/disputes/${id}/close`, '', 'cb-1');
    expect(((await first.json()) as { status: string }).status).toBe('lost');
    const again = await rig.form(`/v1/disputes/${id}/close`, '', 'cb-1');
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    expect(await booked(id)).toEqual(['dispute 4000', 'dispute_fee 1500']);
  });

  it.each([
    ['without evidence, is lost all the same', false, 'lost'],
    ['with evidence, is won', true, 'won'],
  ])('that the payer withdraws, %s', async (_which, isAnswered, status) => {
    const { id } = await open((await pay()).id, { dueInDays: 3 });
    if (isAnswered) await answer(id);
    await decide(id, 'withdrawn');
    await later(3);
    expect((await read(id)).status).toBe(status);
  });
});

describe('an inquiry', () => {
  it('moves no money, leaves refunds possible, and is closed after 120 days', async () => {
    const intent = await pay();
    const { id } = await open(intent.id, { kind: 'inquiry' });
    expect(await read(id)).toMatchObject({
      status: 'warning_needs_response',
      balance_transactions: [],
      is_charge_refundable: true,
    });
    expect((await answer(id)).status).toBe('warning_under_review');
    expect((await refund(intent.id, 1000)).status).toBe('succeeded');
    expect((await decide(id, 'won')).error).toContain('warning_under_review');
    await later(120);
    expect((await read(id)).status).toBe('warning_closed');
    expect(await booked(id)).toEqual([]);
    expect(await told(id, 3)).toEqual(['closed', 'created', 'updated']);
  });

  it('becomes a chargeback, which takes the money only then', async () => {
    const { id } = await open((await pay()).id, { kind: 'inquiry', dueInDays: 5 });
    expect((await decide(id, 'escalate')).status).toBe('needs_response');
    expect(await booked(id)).toEqual(['dispute 4000', 'dispute_fee 1500']);
    expect(await told(id, 3)).toEqual(['created', 'funds_withdrawn', 'updated']);
    await later(5);
    expect((await read(id)).status).toBe('lost');
  });
});

describe('what cannot be', () => {
  it('is refused aloud', async () => {
    expect(await open('pi_none')).toMatchObject({ status: 404, error: expect.stringContaining('pi_none') });
    const unpaid = await rig.stripe.paymentIntents.create({ amount: 100, currency: 'usd' });
    expect(await open(unpaid.id)).toMatchObject({ status: 409, error: 'the charge never succeeded' });
    const intent = await pay();
    expect(await open(intent.id, { amount: 4001 })).toMatchObject({ status: 409 });
    await refund(intent.id, 1000);
    expect((await open(intent.id, { amount: 3001 })).error).toContain('3000');
    expect((await open(intent.id, { feeMinor: -1 })).status).toBe(400);
    expect((await rig.control('POST', '/__sim/disputes', {})).status).toBe(400);
    expect((await decide('du_none', 'won')).error).toContain('du_none');
    const { id } = await open(intent.id);
    expect((await read(id)).amount).toBe(3000);
    expect((await open(intent.id, { amount: 1 })).error).toContain('open dispute');
  });

  it('holds for a refund beside an open chargeback, also of what it leaves', async () => {
    const intent = await pay();
    const { id } = await open(intent.id, { amount: 1000 });
    await expect(refund(intent.id, 500)).rejects.toMatchObject({ code: 'charge_disputed' });
    await decide(id, 'lost');
    await expect(refund(intent.id, 3001)).rejects.toMatchObject({ code: 'amount_too_large' });
    expect((await refund(intent.id)).amount).toBe(3000);
    await expect(refund(intent.id)).rejects.toMatchObject({ code: 'charge_disputed' });
  });

  it('does not hold for a second stage: a charge is disputed again once the first dispute was won', async () => {
    const intent = await pay();
    const first = await open(intent.id);
    await decide(first.id, 'won');
    const second = await open(intent.id, { reason: 'product_not_received' });
    expect(second.id).not.toBe(first.id);
    await decide(second.id, 'lost');
    expect(await booked(intent.id)).toEqual([
      'dispute 4000',
      'dispute_fee 1500',
      'dispute_reinstated 4000',
      'dispute 4000',
      'dispute_fee 1500',
    ]);
    expect((await open(intent.id)).status).toBe(409);
  });
});
