import { usd } from '@holdfast/domain';
import type { CallOutcome, ProviderCall } from '@holdfast/providers';
import { describe, expect, test } from '@jest/globals';
import { balanceInsufficient, keyReused, listOf, notFound, recordedPayout } from '../testing/card-wire.ts';
import type { CardClient, CardOperation } from './card-client.ts';
import { CardPayout, payoutBodyOf } from './card-payout.ts';

const settlementId = '0192f0c1-0000-7000-8000-000000000005';
const accepted = (body: unknown): CallOutcome => ({ status: 'accepted', body });
const refused = (httpStatus: number, body: unknown): CallOutcome => ({ status: 'refused', httpStatus, body });
const refusedFor = (code: string) => refused(400, { error: { type: 'invalid_request_error', code } });

/** Payouts whose calls come to these outcomes, one after the other. */
function payoutsWith(...outcomes: CallOutcome[]) {
  const calls: ProviderCall<CardOperation>[] = [];
  const call = async (given: ProviderCall<CardOperation>): Promise<CallOutcome> => {
    calls.push(given);
    return outcomes.shift()!;
  };
  return { payouts: new CardPayout({ call } as CardClient), calls };
}

const creating = (outcome: CallOutcome) => payoutsWith(outcome).payouts.create(settlementId, 'amount=102410');
const reading = (outcome: CallOutcome) => payoutsWith(outcome).payouts.read('po_1');

test('the bytes: minor units, our mark; the key is the settlement’s', async () => {
  const body = payoutBodyOf(settlementId, usd(102_410n));
  expect(body).toBe(`amount=102410&currency=usd&metadata%5Bsettlement_id%5D=${settlementId}`);
  const { payouts, calls } = payoutsWith(accepted(recordedPayout), accepted(recordedPayout));
  await payouts.create(settlementId, body);
  await payouts.read('po_1');
  expect(calls).toEqual([
    {
      operation: 'settlement.create',
      method: 'POST',
      path: '/v1/payouts',
      body,
      idempotencyKey: `${settlementId}.payout`,
    },
    { operation: 'settlement.read', method: 'GET', path: '/v1/payouts/po_1' },
  ]);
});

describe('0.1: what an answer to the call means', () => {
  test('the documented body is the fact', async () => {
    const view = { id: 'po_1', amountMinor: 102_410n, currency: 'usd', settlementId };
    expect(await creating(accepted(recordedPayout))).toMatchObject({
      kind: 'seen',
      payout: { ...view, status: 'pending' },
    });
    for (const status of ['in_transit', 'paid', 'failed', 'canceled']) {
      expect(await creating(accepted({ ...recordedPayout, status }))).toMatchObject({ payout: { status } });
    }
  });

  test.each([
    ['account_closed', 'bank_account_unusable'],
    ['account_frozen', 'bank_account_unusable'],
    ['bank_account_restricted', 'bank_account_unusable'],
    ['bank_ownership_changed', 'bank_account_unusable'],
    ['invalid_account_number', 'bank_account_unusable'],
    ['incorrect_account_holder_name', 'bank_account_unusable'],
    ['no_account', 'bank_account_unusable'],
    ['debit_not_authorized', 'bank_account_unusable'],
    ['insufficient_funds', 'balance_insufficient'],
    ['could_not_process', 'provider_failed'],
    [null, 'provider_failed'],
  ])('one that failed for %s: %s', async (failure_code, failure) => {
    const failed = { ...recordedPayout, status: 'failed', failure_code };
    expect(await reading(accepted(failed))).toMatchObject({ payout: { failure } });
  });

  test('one that was taken back says so', async () => {
    const canceled = { ...recordedPayout, status: 'canceled' };
    expect(await reading(accepted(canceled))).toMatchObject({ payout: { failure: 'cancelled' } });
  });

  test('a refusal moved nothing; why is a word of ours', async () => {
    const failure = 'balance_insufficient';
    expect(await creating(refused(400, balanceInsufficient))).toEqual({ kind: 'refused', failure });
    expect(await creating(refusedFor('no_account'))).toMatchObject({ failure: 'bank_account_unusable' });
    for (const body of [refusedFor('amount_too_small'), refused(403, undefined), refused(404, notFound)]) {
      expect(await creating(body)).toEqual({ kind: 'refused', failure: 'refused' });
    }
  });

  test('fault 19: a duplicate key is a question: an earlier send may have won', async () => {
    expect(await creating(refused(400, keyReused))).toEqual({ kind: 'unknown' });
  });

  test.each([
    ['an error in a 200', { error: { type: 'api_error' } }],
    ['an empty object', {}],
    ['null', null],
    ['a status that nobody knows', { ...recordedPayout, status: 'SOMETHING_NEW' }],
    ['an amount that is none', { ...recordedPayout, amount: '102410' }],
    ['an id of another kind', { ...recordedPayout, id: 'pi_1' }],
  ])('fault 26: %s may have executed', async (_, body) => {
    expect(await creating(accepted(body))).toEqual({ kind: 'unknown' });
  });

  test('what was not sent is told with the pause that the provider asked for', async () => {
    expect(await creating({ status: 'not_sent', retryAfterMs: 7_000 })).toEqual({
      kind: 'not_sent',
      retryAfterMs: 7_000,
    });
    expect(await creating({ status: 'unknown' })).toEqual({ kind: 'unknown' });
  });
});

describe('0.1: what a query means', () => {
  test('only "not found" is a miss', async () => {
    expect(await reading(refused(404, notFound))).toEqual({ kind: 'absent' });
    for (const status of [400, 403, 422])
      expect(await reading(refused(status, notFound))).toEqual({ kind: 'not_sent' });
  });

  test('no answer, or one of an unknown form, is no fact: it is asked again', async () => {
    expect(await reading({ status: 'unknown' })).toEqual({ kind: 'not_sent' });
    const odd = { ...recordedPayout, status: 'SOMETHING_NEW' };
    expect(await reading(accepted(odd))).toEqual({ kind: 'not_sent' });
    expect(await reading({ status: 'not_sent', retryAfterMs: 5 })).toMatchObject({ retryAfterMs: 5 });
  });

  test('the mark of somebody else is none of ours', async () => {
    const foreign = { ...recordedPayout, metadata: { settlement_id: 'week 47' } };
    expect(await reading(accepted(foreign))).toMatchObject({ payout: { settlementId: undefined } });
    const unmarked = { ...recordedPayout, metadata: {} };
    expect(await reading(accepted(unmarked))).toMatchObject({ payout: { settlementId: undefined } });
  });
});

describe('4.7: a payout whose call got no answer', () => {
  const others = Array.from({ length: 3 }, (_, n) => ({
    ...recordedPayout,
    id: `po_other${n}`,
    metadata: {},
  }));
  const listed = (data: object[], more = false) => accepted(listOf(data, more, '/v1/payouts'));
  const finding = (...outcomes: CallOutcome[]) => {
    const { payouts, calls } = payoutsWith(...outcomes);
    return { found: payouts.find(settlementId), calls };
  };

  test('is found by our mark, newest first, page after page', async () => {
    const { found, calls } = finding(listed(others, true), listed([...others, recordedPayout]));
    expect(await found).toMatchObject({ kind: 'seen', payout: { id: 'po_1', settlementId } });
    expect(calls.map(({ path }) => path)).toEqual([
      '/v1/payouts?limit=100',
      '/v1/payouts?limit=100&starting_after=po_other2',
    ]);
  });

  test('is absent only where no page has it', async () => {
    expect(await finding(listed(others, true), listed([])).found).toEqual({ kind: 'absent' });
    expect(await finding(listed([])).found).toEqual({ kind: 'absent' });
    const silent: CallOutcome[] = [{ status: 'unknown' }, refused(404, notFound), accepted({ data: 'none' })];
    for (const outcome of silent) {
      expect(await finding(listed(others, true), outcome).found).toEqual({ kind: 'not_sent' });
    }
  });

  test('in a form that we do not know it is not absent, and hides no other', async () => {
    const odd = { ...recordedPayout, status: 'SOMETHING_NEW' };
    expect(await finding(listed([odd])).found).toEqual({ kind: 'not_sent' });
    const foreign = { ...odd, metadata: {} };
    expect(await finding(listed([foreign, recordedPayout])).found).toMatchObject({ kind: 'seen' });
  });
});
