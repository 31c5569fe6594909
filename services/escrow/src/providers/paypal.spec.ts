import { usd } from '@holdfast/domain';
import type { CallOutcome, ProviderCall } from '@holdfast/providers';
import { describe, expect, test } from '@jest/globals';
import { Paypal, paypalBytesOf } from './paypal.ts';
import type { PaypalClient, PaypalOperation } from './paypal-client.ts';

type PaypalCall = ProviderCall<PaypalOperation>;

const fundingId = '0192f0c1-0000-7000-8000-000000000001';
const orderId = '5O190127TN364715T';
const amount = { currency_code: 'USD', value: '1054.99' };

/** As recorded on the wire, without the fields that nobody reads. */
const order = (status: string, captures?: object[], links: object[] = []) => ({
  id: orderId,
  status,
  purchase_units: [{ custom_id: fundingId, amount, ...(captures ? { payments: { captures } } : {}) }],
  links,
});
const capture = (status: string) => ({ id: '3C679366HH908993F', status, amount });
const approveLink = { href: 'https://www.paypal.example/checkoutnow', rel: 'payer-action', method: 'GET' };
const accepted = (body: unknown): CallOutcome => ({ status: 'accepted', body });
const refused = (issue: string, links: object[] = []): CallOutcome => ({
  status: 'refused',
  httpStatus: 422,
  body: { name: 'UNPROCESSABLE_ENTITY', details: [{ issue, description: 'any words' }], links },
});
const missing: CallOutcome = { status: 'refused', httpStatus: 404, body: { name: 'RESOURCE_NOT_FOUND' } };

/** A PayPal whose calls come to these outcomes, one after the other. */
function paypalWith(...outcomes: CallOutcome[]): { paypal: Paypal; calls: PaypalCall[] } {
  const calls: PaypalCall[] = [];
  const call = async (given: PaypalCall): Promise<CallOutcome> => {
    calls.push(given);
    return outcomes.shift()!;
  };
  return { paypal: new Paypal({ call } as PaypalClient), calls };
}

describe('the bytes', () => {
  const bytes = (returnUrl?: string) => {
    const charge = { fundingId, agreementId: 'agreement', customerId: null, methodId: '8kk8451t', returnUrl };
    const { createBody, confirmBody } = paypalBytesOf({ ...charge, kind: 'paypal', total: usd(105_499n) });
    return [JSON.parse(createBody), JSON.parse(confirmBody)];
  };

  test('the order names our charge three times and no payer: it moves no money', () => {
    expect(bytes()[0]).toEqual({
      intent: 'CAPTURE',
      purchase_units: [{ reference_id: 'agreement', custom_id: fundingId, invoice_id: fundingId, amount }],
    });
  });

  test('P-16: the capture names the stored account; a payer who is present comes back to us', () => {
    expect(bytes()[1]).toEqual({ payment_source: { paypal: { vault_id: '8kk8451t' } } });
    const url = 'https://ours.example/back';
    expect(bytes(url)[1].payment_source.paypal.experience_context).toEqual({
      return_url: url,
      cancel_url: url,
    });
  });

  test.each([
    [5n, '0.05'],
    [100n, '1.00'],
  ])('%s cents are %s', (amountMinor, value) => {
    const charge = { fundingId, agreementId: 'a', customerId: null, methodId: 'v', returnUrl: undefined };
    const { createBody } = paypalBytesOf({ ...charge, kind: 'paypal', total: usd(amountMinor) });
    expect(JSON.parse(createBody).purchase_units[0].amount.value).toBe(value);
  });
});

describe('what is seen', () => {
  test.each([
    ['created', order('CREATED'), 'requires_confirmation', 0n],
    ['the payer must act', order('PAYER_ACTION_REQUIRED', undefined, [approveLink]), 'requires_action', 0n],
    ['approved', order('APPROVED'), 'approved', 0n],
    ['lapsed', order('VOIDED'), 'canceled', 0n],
    ['captured', order('COMPLETED', [capture('COMPLETED')]), 'succeeded', 105_499n],
    ['captured and given back since', order('COMPLETED', [capture('REFUNDED')]), 'succeeded', 105_499n],
    ['completed with a pending capture', order('COMPLETED', [capture('PENDING')]), 'processing', 0n],
    [
      'completed, and the capture refused',
      order('COMPLETED', [capture('DECLINED')]),
      'requires_payment_method',
      0n,
    ],
    ['completed without a capture yet', order('COMPLETED'), 'processing', 0n],
  ])('%s', async (_, body, status, receivedMinor) => {
    const observation = await paypalWith(accepted(body)).paypal.read(orderId);
    expect(observation).toMatchObject({
      kind: 'seen',
      intent: { id: orderId, status, receivedMinor, currency: 'USD', fundingId },
    });
  });

  test('the page for the payer', async () => {
    const body = order('PAYER_ACTION_REQUIRED', undefined, [{ rel: 'self' }, approveLink]);
    expect(await paypalWith(accepted(body)).paypal.read(orderId)).toMatchObject({
      intent: { payerUrl: approveLink.href },
    });
  });

  test.each([
    ['an order that is not there', missing, { kind: 'absent' }],
    ['a state that nobody has heard of', accepted(order('SOMETHING_NEW')), { kind: 'not_sent' }],
    [
      'an amount of another form',
      accepted(
        order('COMPLETED', [
          { ...capture('COMPLETED'), amount: { currency_code: 'USD', value: '1054.990' } },
        ]),
      ),
      { kind: 'not_sent' },
    ],
    ['no answer', { status: 'unknown' } as const, { kind: 'not_sent' }],
  ])('a read of %s', async (_, outcome, expected) => {
    expect(await paypalWith(outcome).paypal.read(orderId)).toEqual(expected);
  });
});

describe('a confirmation', () => {
  const confirm = (...outcomes: CallOutcome[]) => {
    const { paypal, calls } = paypalWith(...outcomes);
    const observed = paypal.confirm(fundingId, orderId, '{"payment_source":{}}');
    return observed.then((observation) => ({ observation, calls }));
  };
  const done = accepted(order('COMPLETED', [capture('COMPLETED')]));

  test('reads the order first, then names the stored account', async () => {
    const { observation, calls } = await confirm(accepted(order('CREATED')), done);
    expect(observation).toMatchObject({ intent: { status: 'succeeded' } });
    expect(calls.map(({ operation }) => operation)).toEqual(['order.read', 'order.capture']);
    expect(calls[1]).toMatchObject({ body: '{"payment_source":{}}', idempotencyKey: `${fundingId}.confirm` });
  });

  test('captures what the payer approved as it is, under another key', async () => {
    const { calls } = await confirm(accepted(order('APPROVED')), done);
    expect(calls[1]).toMatchObject({ body: '{}', idempotencyKey: `${fundingId}.capture` });
  });

  test('of what is captured, pending or waiting for the payer sends nothing', async () => {
    for (const body of [order('COMPLETED', [capture('PENDING')]), order('PAYER_ACTION_REQUIRED')]) {
      expect((await confirm(accepted(body))).calls).toHaveLength(1);
    }
  });

  test.each([
    ['ORDER_ALREADY_CAPTURED', { kind: 'unknown' }],
    ['DUPLICATE_REQUEST_ID', { kind: 'unknown' }],
    ['DUPLICATE_INVOICE_ID', { kind: 'unknown' }],
    ['INSTRUMENT_DECLINED', { intent: { status: 'requires_payment_method' } }],
    ['MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED', { intent: { status: 'requires_payment_method' } }],
    ['PAYER_ACTION_REQUIRED', { intent: { status: 'requires_action', payerUrl: approveLink.href } }],
    ['AGREEMENT_ALREADY_CANCELLED', { kind: 'refused' }],
    ['TOKEN_ID_NOT_FOUND', { kind: 'refused' }],
    ['SOMETHING_NEW', { kind: 'refused' }],
  ])('that is refused with %s', async (issue, expected) => {
    const { observation } = await confirm(accepted(order('CREATED')), refused(issue, [approveLink]));
    expect(observation).toMatchObject(expected);
  });

  test.each([
    ['no answer', { status: 'unknown' } as const, { kind: 'unknown' }],
    ['nonsense', accepted({ name: 'INTERNAL_SERVER_ERROR' }), { kind: 'unknown' }],
    [
      'too many requests',
      { status: 'not_sent', retryAfterMs: 7_000 } as const,
      { kind: 'not_sent', retryAfterMs: 7_000 },
    ],
  ])('that comes to %s', async (_, outcome, expected) => {
    expect((await confirm(accepted(order('CREATED')), outcome)).observation).toEqual(expected);
  });
});

describe('the end of an order', () => {
  const cancelled = async (outcome: CallOutcome) => {
    const { paypal, calls } = paypalWith(outcome);
    const observation = await paypal.cancel(orderId);
    expect(calls.map(({ method }) => method)).toEqual(['GET']);
    return observation;
  };

  test.each([
    ['CREATED', 'canceled'],
    ['PAYER_ACTION_REQUIRED', 'canceled'],
    ['VOIDED', 'canceled'],
    ['APPROVED', 'approved'],
  ])('%s is %s: nothing can be cancelled, and what is not captured moves no money', async (status, seen) => {
    expect(await cancelled(accepted(order(status)))).toMatchObject({ intent: { status: seen } });
  });

  test('captured or pending it is told as it is, and a declined capture is its end', async () => {
    const completed = (status: string) => accepted(order('COMPLETED', [capture(status)]));
    expect(await cancelled(completed('COMPLETED'))).toMatchObject({ intent: { status: 'succeeded' } });
    expect(await cancelled(completed('PENDING'))).toMatchObject({ intent: { status: 'processing' } });
    expect(await cancelled(completed('DECLINED'))).toMatchObject({ intent: { status: 'canceled' } });
    expect(await cancelled(missing)).toMatchObject({ intent: { status: 'canceled' } });
  });
});

test('1.5: a creation without an answer is found by sending it again', async () => {
  const { paypal, calls } = paypalWith({ status: 'unknown' }, accepted(order('CREATED')));
  expect(await paypal.create(fundingId, '{}')).toEqual({ kind: 'unknown' });
  expect(await paypal.find(fundingId, '{}')).toMatchObject({ intent: { id: orderId } });
  expect(calls[0]).toEqual(calls[1]);
});
