import { usd } from '@holdfast/domain';
import type { CallOutcome, ProviderCall } from '@holdfast/providers';
import { describe, expect, test } from '@jest/globals';
import {
  canceled,
  declined,
  keyReused,
  listOf,
  notFound,
  recorded,
  requiresAction,
  succeeded,
  unexpectedState,
} from '../testing/card-wire.ts';
import { Card, cardBytesOf } from './card.ts';
import type { CardClient, CardOperation } from './card-client.ts';

type CardCall = ProviderCall<CardOperation>;

const fundingId = '0192f0c1-0000-7000-8000-000000000001';
const accepted = (body: unknown): CallOutcome => ({ status: 'accepted', body });
const refused = (httpStatus: number, body: unknown): CallOutcome => ({ status: 'refused', httpStatus, body });

/** A card whose calls come to these outcomes, one after the other. */
function cardWith(...outcomes: CallOutcome[]): { card: Card; calls: CardCall[] } {
  const calls: CardCall[] = [];
  const call = async (given: CardCall): Promise<CallOutcome> => {
    calls.push(given);
    return outcomes.shift()!;
  };
  return { card: new Card({ call } as CardClient), calls };
}

const confirming = (outcome: CallOutcome) =>
  cardWith(outcome).card.confirm(fundingId, 'pi_1', 'off_session=true');
const creating = (outcome: CallOutcome) => cardWith(outcome).card.create(fundingId, 'amount=105499');
const reading = (outcome: CallOutcome) => cardWith(outcome).card.read('pi_1');

const bytes = (kind: 'card' | 'bank', returnUrl?: string) =>
  cardBytesOf({
    fundingId,
    agreementId: 'agreement',
    total: usd(105_499n),
    kind,
    customerId: 'cus_1',
    methodId: 'pm_1',
    returnUrl,
  });

describe('the bytes', () => {
  test('P-1: a bank debit says that it is one', () => {
    expect(new URLSearchParams(bytes('bank').createBody).get('payment_method_types[0]')).toBe(
      'us_bank_account',
    );
  });

  test('P-15, E-26: amount in minor units, tokens only, our marks; not confirmed at once', () => {
    expect(bytes('card').createBody).toBe(
      `amount=105499&currency=usd&customer=cus_1&payment_method=pm_1&capture_method=automatic&confirm=false` +
        `&metadata%5Bfunding_id%5D=${fundingId}&metadata%5Bagreement_id%5D=agreement`,
    );
  });

  test('P-16: with nobody present it is off session; a payer comes back to us from the bank', () => {
    expect(bytes('card').confirmBody).toBe('off_session=true');
    expect(bytes('card', 'https://ours.example/back').confirmBody).toBe(
      'return_url=https%3A%2F%2Fours.example%2Fback',
    );
  });

  test('create and confirm have keys of their own; a cancel has none', async () => {
    const { card, calls } = cardWith(accepted(recorded), accepted(succeeded), accepted(canceled));
    await card.create(fundingId, 'amount=105499');
    await card.confirm(fundingId, 'pi_1', 'off_session=true');
    await card.cancel('pi_1');
    expect(calls.map(({ idempotencyKey }) => idempotencyKey)).toEqual([
      `${fundingId}.create`,
      `${fundingId}.confirm`,
      undefined,
    ]);
    expect(calls.map(({ body }) => body)).toEqual(['amount=105499', 'off_session=true', '']);
  });
});

describe('0.1: what an answer to a confirmation means', () => {
  test('the documented body is the fact', async () => {
    expect(await confirming(accepted(succeeded))).toEqual({
      kind: 'seen',
      intent: {
        id: succeeded.id,
        status: 'succeeded',
        receivedMinor: 105_499n,
        currency: 'usd',
        declineCode: undefined,
        payerUrl: undefined,
        method: 'pm_1',
        fundingId,
      },
    });
    expect(await confirming(accepted(requiresAction))).toMatchObject({
      intent: { status: 'requires_action', payerUrl: 'https://hooks.card-simulator.test/3ds/pi_1' },
    });
  });

  test('402: a decline carries the intent as it stands', async () => {
    expect(await confirming(refused(402, declined('card_declined', 'generic_decline')))).toMatchObject({
      kind: 'seen',
      intent: { status: 'requires_payment_method', declineCode: 'generic_decline' },
    });
  });

  test.each([
    ['code', declined('authentication_required', 'do_not_honor')],
    ['decline_code', declined('card_declined', 'authentication_required')],
  ])('fault 37: authentication_required is found in the %s', async (_, body) => {
    expect(await confirming(refused(402, body))).toMatchObject({
      intent: { declineCode: 'authentication_required' },
    });
  });

  test('400 on an intent that has moved on is the fact that it has', async () => {
    expect(await confirming(refused(400, unexpectedState(succeeded)))).toMatchObject({
      kind: 'seen',
      intent: { status: 'succeeded' },
    });
  });

  test.each([400, 403, 404, 422])('%s without an intent is a refusal', async (status) => {
    expect(await confirming(refused(status, notFound))).toEqual({ kind: 'refused' });
    expect(await confirming(refused(status, undefined))).toEqual({ kind: 'refused' });
  });

  test('a refusal that shows the intent unmoved is one as well', async () => {
    expect(await confirming(refused(400, unexpectedState(recorded)))).toEqual({ kind: 'refused' });
  });

  test('fault 19: a duplicate key is a question: an earlier send may have won', async () => {
    expect(await confirming(refused(400, keyReused))).toEqual({ kind: 'unknown' });
    expect(await creating(refused(400, keyReused))).toEqual({ kind: 'unknown' });
  });

  test.each([
    [
      'an error in a 200',
      { error: { type: 'api_error', message: 'An unexpected error occurred on our side.' } },
    ],
    ['an empty object', {}],
    ['null', null],
    ['a status that nobody knows', { ...succeeded, status: 'SOMETHING_NEW' }],
    ['amounts that are none', { ...succeeded, amount_received: '105499' }],
    ['an id of another kind', { ...succeeded, id: 'seti_1' }],
    ['an intent that it did not confirm', recorded],
  ])('fault 26: %s may have executed', async (_, body) => {
    expect(await confirming(accepted(body))).toEqual({ kind: 'unknown' });
  });

  test('what was not sent is told with the pause that the provider asked for', async () => {
    expect(await confirming({ status: 'not_sent', retryAfterMs: 7_000 })).toEqual({
      kind: 'not_sent',
      retryAfterMs: 7_000,
    });
    expect(await confirming({ status: 'unknown' })).toEqual({ kind: 'unknown' });
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
    expect(await reading(accepted({ ...succeeded, status: 'SOMETHING_NEW' }))).toEqual({ kind: 'not_sent' });
    expect(await reading(accepted(succeeded))).toMatchObject({ kind: 'seen' });
  });

  test('the mark of somebody else is none of ours', async () => {
    const foreign = { ...succeeded, metadata: { funding_id: 'order 66' } };
    expect(await reading(accepted(foreign))).toMatchObject({ intent: { fundingId: undefined } });
  });
});

describe('4.1: an intent whose creation got no answer', () => {
  const others = Array.from({ length: 3 }, (_, n) => ({ ...recorded, id: `pi_other${n}`, metadata: {} }));
  const finding = (...outcomes: CallOutcome[]) => {
    const { card, calls } = cardWith(...outcomes);
    return { found: card.find(fundingId, 'amount=105499&customer=cus_1'), calls };
  };

  test('is found by our mark among those of its customer', async () => {
    const { found, calls } = finding(accepted(listOf([...others, recorded])));
    expect(await found).toMatchObject({
      kind: 'seen',
      intent: { id: 'pi_1', status: 'requires_confirmation' },
    });
    expect(calls[0]!.path).toBe('/v1/payment_intents?customer=cus_1&limit=100');
  });

  test('page after page; absent is what no page has', async () => {
    const first = accepted(listOf(others, true));
    const { found, calls } = finding(first, accepted(listOf([recorded])));
    expect(await found).toMatchObject({ kind: 'seen' });
    expect(calls[1]!.path).toContain('starting_after=pi_other2');
    expect(await finding(first, accepted(listOf([]))).found).toEqual({ kind: 'absent' });
    expect(await finding(first, { status: 'unknown' }).found).toEqual({ kind: 'not_sent' });
  });

  test('in a form that we do not know it is not absent, and hides no other', async () => {
    const odd = { ...recorded, status: 'SOMETHING_NEW' };
    expect(await finding(accepted(listOf([odd]))).found).toEqual({ kind: 'not_sent' });
    const foreign = { ...odd, metadata: {} };
    expect(await finding(accepted(listOf([foreign, recorded]))).found).toMatchObject({ kind: 'seen' });
  });
});

describe('E-26: only `canceled` frees the milestone', () => {
  const cancelling = (...outcomes: CallOutcome[]) => cardWith(...outcomes).card.cancel('pi_1');

  test('a cancel is confirmed by the intent', async () => {
    expect(await cancelling(accepted(canceled))).toMatchObject({ intent: { status: 'canceled' } });
  });

  test('fault 35: what a refused one means is read, never taken from the refusal', async () => {
    const late = refused(400, unexpectedState({ ...recorded, status: 'processing' }));
    expect(await cancelling(late, accepted(succeeded))).toMatchObject({ intent: { status: 'succeeded' } });
    expect(await cancelling(late, accepted(canceled))).toMatchObject({ intent: { status: 'canceled' } });
    expect(await cancelling(late, refused(404, notFound))).toEqual({ kind: 'absent' });
  });

  test('refused although it could be cancelled: tried again later, not at once for ever', async () => {
    expect(await cancelling(refused(403, notFound), accepted(recorded))).toEqual({ kind: 'not_sent' });
  });

  test('without an answer it is asked about', async () => {
    expect(await cancelling({ status: 'unknown' })).toEqual({ kind: 'unknown' });
  });
});
