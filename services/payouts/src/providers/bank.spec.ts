import { usd } from '@holdfast/domain';
import type { CallOutcome, ProviderCall } from '@holdfast/providers';
import { describe, expect, test } from '@jest/globals';
import { attemptKey, errorOf, recorded, returnOf } from '../testing/bank-wire.ts';
import { Bank, orderBodyOf } from './bank.ts';
import type { BankClient, BankOperation } from './bank-client.ts';

/** The bank as it answers one call, and what it was asked. */
function answering(outcome: CallOutcome) {
  const calls: ProviderCall<BankOperation>[] = [];
  const client = {
    call: async (call: ProviderCall<BankOperation>) => {
      calls.push(call);
      return outcome;
    },
  };
  return { bank: new Bank(client as unknown as BankClient), calls };
}
const accepted = (body: unknown): CallOutcome => ({ status: 'accepted', body });
const refused = (httpStatus: number, body?: unknown): CallOutcome => ({
  status: 'refused',
  httpStatus,
  body,
});
const order = (more: object = {}) => accepted({ ...recorded, ...more });

const send = (outcome: CallOutcome) => answering(outcome).bank.send(attemptKey, '{}');
const read = (outcome: CallOutcome) => answering(outcome).bank.read(recorded.id);
const find = (outcome: CallOutcome) => answering(outcome).bank.find(attemptKey);
const view = {
  reference: recorded.id,
  key: attemptKey,
  state: 'submitted',
  amountMinor: 49_800n,
  currency: 'USD',
};

describe('3.6: the bytes of an order', () => {
  const draft = {
    key: attemptKey,
    withdrawalId: '0192f0c1-0000-7000-8000-000000000001',
    sent: usd(49_800n),
    originatingAccountId: 'ia_holdfast',
    receivingAccountId: 'ea_7Hc1',
    now: new Date('2026-11-23T12:00:00.000Z'),
  };

  test('are those that the bank documents, and the same for the same attempt', () => {
    expect(orderBodyOf(draft)).toBe(
      '{"type":"ach","subtype":"PPD","amount":49800,"direction":"credit","currency":"USD",' +
        '"originating_account_id":"ia_holdfast","receiving_account_id":"ea_7Hc1",' +
        '"effective_date":"2026-11-23","statement_descriptor":"HOLDFAST","external_id":"po_7K3M9Q2X-1",' +
        '"metadata":{"withdrawal_id":"0192f0c1-0000-7000-8000-000000000001"}}',
    );
    expect(orderBodyOf(draft)).toBe(orderBodyOf({ ...draft }));
  });

  test('R-1: an amount is written digit by digit, however large', () => {
    const body = orderBodyOf({ ...draft, sent: usd(999_999_999_999_999_999n) });
    expect(body).toContain('"amount":999999999999999999,');
  });

  test('W-9: the effective date is a business day', () => {
    const body = orderBodyOf({ ...draft, now: new Date('2026-11-28T09:00:00.000Z') });
    expect(body).toContain('"effective_date":"2026-11-30"');
  });
});

describe('a sending', () => {
  test('goes out under the key of the attempt, with the bytes that are stored', async () => {
    const { bank, calls } = answering(order());
    expect(await bank.send(attemptKey, '{"stored":true}')).toEqual({ kind: 'seen', order: view });
    expect(calls).toEqual([
      {
        operation: 'payout.ach',
        method: 'POST',
        path: '/api/payment_orders',
        body: '{"stored":true}',
        idempotencyKey: attemptKey,
      },
    ]);
  });

  test.each<[string, CallOutcome, object]>([
    ['fault 1: no answer', { status: 'unknown' }, { kind: 'unknown' }],
    ['fault 26: a body of another form', accepted({ id: 'po_1' }), { kind: 'unknown' }],
    ['fault 26: an error in a 200', accepted(errorOf('internal_error')), { kind: 'unknown' }],
    ['fault 26: nothing', accepted(undefined), { kind: 'unknown' }],
    ['a refusal that is not documented', refused(404, undefined), { kind: 'unknown' }],
    ['a duplicate by another status', refused(422, errorOf('external_id_taken')), { kind: 'unknown' }],
    ['one about our key', refused(422, errorOf('parameter_invalid', 'external_id')), { kind: 'unknown' }],
    ['fault 18: rights that were taken away', refused(403, errorOf('forbidden')), { kind: 'not_sent' }],
    [
      'our own account misconfigured',
      refused(422, errorOf('parameter_invalid', 'originating_account_id')),
      { kind: 'not_sent' },
    ],
    [
      'fault 31: too little money at the bank',
      refused(422, errorOf('insufficient_funds', 'amount')),
      { kind: 'not_sent', isOutOfMoney: true },
    ],
    ['a documented refusal', refused(422, errorOf('parameter_invalid', 'amount')), { kind: 'refused' }],
    ['an unknown account', refused(404, errorOf('resource_not_found')), { kind: 'refused' }],
    [
      'fault 5: too many requests',
      { status: 'not_sent', retryAfterMs: 7_000 },
      { kind: 'not_sent', retryAfterMs: 7_000 },
    ],
    ['an order towards us', order({ direction: 'debit' }), { kind: 'unknown' }],
  ])('%s', async (_, outcome, expected) => {
    expect(await send(outcome)).toEqual(expected);
  });
});

describe('3.6: the bank’s words', () => {
  test.each([
    ['pending', 'submitted'],
    ['needs_approval', 'submitted'],
    ['approved', 'submitted'],
    ['processing', 'processing'],
    ['sent', 'processing'],
    ['completed', 'paid'],
    ['returned', 'returned'],
    ['reversed', 'returned'],
    ['failed', 'failed'],
    ['denied', 'denied'],
    ['cancelled', 'cancelled'],
    ['stopped', 'cancelled'],
  ])('%s means %s', async (status, state) => {
    expect(await read(order({ status }))).toEqual({ kind: 'seen', order: { ...view, state } });
  });

  test('fault 25: a word that nobody knows means nothing', async () => {
    expect(await read(order({ status: 'something_new' }))).toEqual({
      kind: 'seen',
      order: { ...view, state: undefined },
    });
  });

  test.each([
    ['R02', 'bad_details'],
    ['R03', 'bad_details'],
    ['R04', 'bad_details'],
    ['R20', 'bad_details'],
    ['R14', 'account_blocked'],
    ['R15', 'account_blocked'],
    ['R16', 'account_blocked'],
    ['R17', 'account_blocked'],
    ['R23', 'refused_by_receiver'],
    ['R06', 'other'],
    ['R99', 'other'],
  ])('3.2, W-13: %s comes back because of %s', async (code, reason) => {
    const returned = { amountMinor: 49_800n, reason };
    expect(await read(order({ status: 'returned', current_return: returnOf(code) }))).toEqual({
      kind: 'seen',
      order: { ...view, state: 'returned', returned },
    });
  });

  test('a return without a code, of less, and in another currency', async () => {
    const current_return = { ...returnOf('R03', 100, 'EUR'), code: null };
    expect(await read(order({ status: 'returned', current_return }))).toMatchObject({
      order: { currency: 'EUR', returned: { amountMinor: 100n, reason: 'other' } },
    });
  });
});

describe('a query', () => {
  test('by the bank’s id, and by our key', async () => {
    const byId = answering(order());
    await byId.bank.read('po_1/../2');
    expect(byId.calls[0]).toMatchObject({ method: 'GET', path: '/api/payment_orders/po_1%2F..%2F2' });
    const byKey = answering(accepted([{ ...recorded, external_id: 'another' }, recorded]));
    expect(await byKey.bank.find(attemptKey)).toEqual({ kind: 'seen', order: view });
    expect(byKey.calls[0]).toMatchObject({ path: `/api/payment_orders?external_id=${attemptKey}` });
  });

  test('only "not found", or a list without it, is a miss', async () => {
    expect(await read(refused(404, errorOf('resource_not_found')))).toEqual({ kind: 'absent' });
    expect(await find(accepted([]))).toEqual({ kind: 'absent' });
    expect(await find(accepted([{ ...recorded, external_id: null }]))).toEqual({ kind: 'absent' });
  });

  test.each<[string, CallOutcome]>([
    ['no answer', { status: 'unknown' }],
    ['another form', accepted({ orders: [] })],
    ['not asked', { status: 'not_sent', retryAfterMs: undefined }],
    ['refused', refused(422, errorOf('parameter_invalid'))],
    ['ours in a form that nobody knows', accepted([{ external_id: attemptKey, id: 7 }])],
  ])('%s is simply asked again', async (_, outcome) => {
    expect((await find(outcome)).kind).toBe('again');
    expect((await read(outcome)).kind).toBe('again');
  });

  test('a list that is not found says nothing about an order', async () => {
    expect((await find(refused(404))).kind).toBe('again');
  });
});
