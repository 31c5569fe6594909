import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { nameOf, PaypalRig, setupRequest } from '../testing/paypal-rig.ts';
import { until } from '../testing/rig.ts';

const rig = new PaypalRig();
beforeAll(() => rig.start());
afterAll(() => rig.stop());

const advance = (seconds: number) => rig.control('POST', '/__sim/clock/advance', { seconds });
const issueOf = ({ status, body }: Awaited<ReturnType<typeof rig.capture>>) => [
  status,
  body.details?.[0]?.issue,
];

describe('the wire of PayPal', () => {
  it('gives tokens to the client alone, and answers nobody without one', async () => {
    const { status, body } = await rig.token();
    expect([status, body]).toMatchObject([
      200,
      { access_token: expect.stringMatching(/^A21AA/), token_type: 'Bearer', expires_in: 32_400 },
    ]);
    const wrong = await rig.token('paypal_holdfast:other');
    expect([wrong.status, wrong.body.error]).toEqual([401, 'invalid_client']);
    const unknown = await rig.api('GET', '/v2/checkout/orders/NONE', undefined, undefined, {
      authorization: 'Bearer A21AAnone',
    });
    expect([unknown.status, unknown.body.name]).toEqual([401, 'AUTHENTICATION_FAILURE']);
    expect(unknown.headers.get('paypal-debug-id')).toMatch(/^req_/);
  });

  it.each([
    [{ intent: 'AUTHORIZE' }, '/intent', 'INVALID_PARAMETER_SYNTAX'],
    [{ purchase_units: undefined }, '/purchase_units', 'MISSING_REQUIRED_PARAMETER'],
    [{ purchase_units: [{}] }, '/purchase_units/0/amount', 'MISSING_REQUIRED_PARAMETER'],
    [{ note: 'x' }, '/note', 'INVALID_PARAMETER'],
    [
      { purchase_units: [{ amount: { currency: 'USD', value: '1.00' } }] },
      '/purchase_units/0/amount/currency_code',
      'MISSING_REQUIRED_PARAMETER',
    ],
    [
      { purchase_units: [{ amount: { currency_code: 'JPY', value: '1.50' } }] },
      '/purchase_units/0/amount',
      'INVALID_PARAMETER_SYNTAX',
    ],
  ])('says what is wrong: %o', async (more, field, issue) => {
    const refused = await rig.api('POST', '/v2/checkout/orders', rig.orderFor(more));
    expect([refused.status, refused.body.name]).toEqual([400, 'INVALID_REQUEST']);
    expect(refused.body.details[0]).toMatchObject({ field, issue });
  });

  it('answers in its own words what is no JSON, no address, and nothing that it knows', async () => {
    expect((await rig.api('POST', '/v2/checkout/orders', '[]')).body.name).toBe('INVALID_REQUEST');
    expect((await rig.api('POST', '/v2/checkout/orders', '{"$prefer":"x"}')).status).toBe(400);
    for (const path of ['/v2/nothing', '/v2/checkout/orders/NONE', '/v2/payments/captures/NONE'])
      expect((await rig.api('GET', path)).body.name).toBe('RESOURCE_NOT_FOUND');
    expect((await rig.wire('/v1/notifications/certs/CERT-none')).status).toBe(404);
  });

  it('says as much as is preferred', async () => {
    const minimal = await rig.api('POST', '/v2/checkout/orders', rig.orderFor(), undefined, { prefer: '' });
    expect(Object.keys(minimal.body)).toEqual(['id', 'status', 'links']);
    expect(Object.keys(await rig.order(minimal.body.id))).toContain('purchase_units');
  });
});

describe('an order', () => {
  it('is approved by the payer, then captured: only then money moves', async () => {
    const order = await rig.created();
    expect(order).toMatchObject({ status: 'CREATED', id: expect.stringMatching(/^[A-Z0-9]{17}$/) });
    expect(order.links).toContainEqual(expect.objectContaining({ rel: 'approve' }));
    expect(issueOf(await rig.capture(order.id))).toEqual([422, 'ORDER_NOT_APPROVED']);
    expect(await rig.approve(order.id)).toMatchObject({ status: 'APPROVED' });
    expect(await rig.booked(order.name)).toEqual([]);
    const { status, body } = await rig.capture(order.id);
    expect([status, body.status]).toEqual([201, 'COMPLETED']);
    const [capture] = body.purchase_units[0].payments.captures;
    expect(capture).toMatchObject({
      status: 'COMPLETED',
      amount: { currency_code: 'USD', value: '40.00' },
      custom_id: order.name,
      invoice_id: `in-${order.name}`,
      supplementary_data: { related_ids: { order_id: order.id } },
    });
    expect((await rig.api('GET', `/v2/payments/captures/${capture.id}`)).body).toEqual(capture);
    expect(await rig.order(order.id)).toEqual(body);
    expect(await rig.booked(order.name)).toEqual(['charge 4000']);
    expect(issueOf(await rig.capture(order.id))).toEqual([422, 'ORDER_ALREADY_CAPTURED']);
    await until(() => rig.paypal.about(order.name).length === 2);
    expect(rig.paypal.about(order.name).sort()).toEqual([
      'CHECKOUT.ORDER.APPROVED',
      'PAYMENT.CAPTURE.COMPLETED',
    ]);
  });

  it('tells what it costs, which is nothing unless it is played', async () => {
    const breakdownOf = async (captureId: string) => {
      const { body } = await rig.api('GET', `/v2/payments/captures/${captureId}`);
      const { gross_amount, paypal_fee, net_amount } = body.seller_receivable_breakdown;
      return [gross_amount.value, paypal_fee.value, net_amount.value];
    };
    expect(await breakdownOf((await rig.paid()).captureId)).toEqual(['40.00', '0.00', '40.00']);
    await rig.control('POST', '/__sim/costs', { provider: 'paypal', bps: 349, fixedMinor: '49' });
    const { name, captureId } = await rig.paid();
    expect(await breakdownOf(captureId)).toEqual(['40.00', '1.89', '38.11']);
    expect(await rig.booked(name)).toEqual(['charge 4000', 'processing_fee 189']);
    const { entries } = await rig.control('GET', `/__sim/ledger?reference=${captureId}`);
    expect(entries[1]).toMatchObject({ reference: captureId, idempotencyKey: null, currency: 'USD' });
    // Of money that is not taken yet nothing is known.
    const pending = await rig.paid('pends');
    const { body } = await rig.api('GET', `/v2/payments/captures/${pending.captureId}`);
    expect(body).not.toHaveProperty('seller_receivable_breakdown');
    await rig.control('POST', '/__sim/clock/advance', { seconds: 86_401 });
    expect(await breakdownOf(pending.captureId)).toEqual(['40.00', '1.89', '38.11']);
    await rig.control('POST', '/__sim/costs', { provider: 'paypal', bps: 0 });
  });

  it('waits for a payer who goes back, and lapses after 6 h of business time', async () => {
    const source = { paypal: { experience_context: { return_url: 'https://marketplace.test/back' } } };
    const order = await rig.created(rig.orderFor({ payment_source: source }));
    expect(order.status).toBe('PAYER_ACTION_REQUIRED');
    expect(order.links).toContainEqual(expect.objectContaining({ rel: 'payer-action' }));
    const gone = await rig.control('POST', `/__sim/payer/${order.id}`, { action: 'cancel' });
    expect(gone).toMatchObject({ status: 'PAYER_ACTION_REQUIRED' });
    expect((await rig.control('POST', `/__sim/payer/${order.id}`, { action: 'confirm' })).error).toBeTruthy();
    await advance(6 * 3600 + 1);
    expect((await rig.order(order.id)).status).toBe('VOIDED');
    expect((await rig.approve(order.id)).error).toBe('the order is VOIDED');
    expect(issueOf(await rig.capture(order.id))).toEqual([422, 'ORDER_EXPIRED']);
  });

  it('is declined, may be approved with another account, and takes three attempts', async () => {
    const { id, name } = await rig.created();
    await rig.approve(id, 'declines');
    const declined = await rig.capture(id);
    expect(issueOf(declined)).toEqual([422, 'INSTRUMENT_DECLINED']);
    expect(declined.body.links).toContainEqual(expect.objectContaining({ rel: 'redirect' }));
    await rig.approve(id, 'declines');
    await rig.capture(id);
    await rig.approve(id, 'declines');
    expect(issueOf(await rig.capture(id))).toEqual([422, 'MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED']);
    expect(await rig.booked(name)).toEqual([]);
    const other = await rig.created();
    await rig.approve(other.id, 'declines');
    await rig.capture(other.id);
    await rig.approve(other.id);
    expect((await rig.capture(other.id)).status).toBe(201);
  });

  it.each([
    ['pends', 'COMPLETED', ['charge 4000']],
    ['pends_then_declined', 'DECLINED', []],
  ])('completes with a capture that %s, decided a day later', async (account, end, booked) => {
    const { name, captureId, status, purchase_units } = await rig.paid(account);
    expect([status, purchase_units[0].payments.captures[0]]).toMatchObject([
      'COMPLETED',
      { status: 'PENDING', status_details: { reason: 'PENDING_REVIEW' } },
    ]);
    expect(await rig.booked(name)).toEqual([]);
    await advance(86_401);
    expect((await rig.api('GET', `/v2/payments/captures/${captureId}`)).body.status).toBe(end);
    expect(await rig.booked(name)).toEqual(booked);
    await until(() => rig.paypal.about(name).length === 3);
    expect(rig.paypal.about(name).slice(1)).toEqual(['PAYMENT.CAPTURE.PENDING', `PAYMENT.CAPTURE.${end}`]);
  });

  it('is refused where its invoice was paid before', async () => {
    const order = rig.orderFor();
    const [first, second] = [await rig.created(order), await rig.created(order)];
    await rig.approve(first.id);
    await rig.approve(second.id);
    expect((await rig.capture(first.id)).status).toBe(201);
    expect(issueOf(await rig.capture(second.id))).toEqual([422, 'DUPLICATE_INVOICE_ID']);
    expect(await rig.booked(nameOf(order))).toEqual(['charge 4000']);
  });
});

describe('a stored account', () => {
  it('is a mandate once the payer has approved it, and only once', async () => {
    const setup = await rig.api('POST', '/v3/vault/setup-tokens', setupRequest);
    expect([setup.status, setup.body.status]).toEqual([201, 'PAYER_ACTION_REQUIRED']);
    const source = { payment_source: { token: { id: setup.body.id, type: 'SETUP_TOKEN' } } };
    const make = () => rig.api('POST', '/v3/vault/payment-tokens', source);
    expect(issueOf(await make())).toEqual([422, 'SETUP_TOKEN_NOT_APPROVED']);
    await rig.approve(setup.body.id);
    expect((await rig.api('GET', `/v3/vault/setup-tokens/${setup.body.id}`)).body.status).toBe('APPROVED');
    const { status, body } = await make();
    expect([status, body.id]).toEqual([201, expect.stringMatching(/^[a-z0-9]{8}$/)]);
    expect((await rig.api('GET', `/v3/vault/payment-tokens/${body.id}`)).body.id).toBe(body.id);
    expect(issueOf(await make())).toEqual([422, 'SETUP_TOKEN_ALREADY_USED']);
    await until(() => rig.paypal.events.some(({ resource }) => resource.id === body.id));
  });

  it('is charged with nobody present, by a capture or in a single step', async () => {
    const payment_source = { paypal: await rig.vaulted() };
    const order = await rig.created();
    expect((await rig.capture(order.id, { payment_source })).body.status).toBe('COMPLETED');
    const single = rig.orderFor({ payment_source });
    const unkeyed = await rig.api('POST', '/v2/checkout/orders', single);
    expect(issueOf(unkeyed)).toEqual([400, 'PAYPAL_REQUEST_ID_REQUIRED']);
    const { status, body } = await rig.api('POST', '/v2/checkout/orders', single, 'single-1');
    expect([status, body.status]).toEqual([201, 'COMPLETED']);
    expect(await rig.booked(nameOf(single))).toEqual(['charge 4000']);
    const foreign = { payment_source: { paypal: { vault_id: 'none' } } };
    expect(issueOf(await rig.capture((await rig.created()).id, foreign))).toEqual([
      422,
      'TOKEN_ID_NOT_FOUND',
    ]);
  });

  it('may be declined, or want its holder', async () => {
    const declining = { payment_source: { paypal: await rig.vaulted('declines') } };
    const first = await rig.created();
    expect(issueOf(await rig.capture(first.id, declining))).toEqual([422, 'INSTRUMENT_DECLINED']);
    const asking = { payment_source: { paypal: await rig.vaulted('asks_payer') } };
    const second = await rig.created();
    const asked = await rig.capture(second.id, asking);
    expect(issueOf(asked)).toEqual([422, 'PAYER_ACTION_REQUIRED']);
    expect(asked.body.links).toContainEqual(expect.objectContaining({ rel: 'payer-action' }));
    await rig.approve(second.id, 'asks_payer');
    expect((await rig.capture(second.id)).status).toBe(201);
    const single = await rig.api('POST', '/v2/checkout/orders', rig.orderFor(declining), 'single-2');
    expect(issueOf(single)).toEqual([422, 'INSTRUMENT_DECLINED']);
  });
});

describe('a refund', () => {
  const refund = (captureId: string, body: object = {}, key?: string) =>
    rig.api('POST', `/v2/payments/captures/${captureId}/refund`, body, key);
  const usd = (value: string) => ({ amount: { currency_code: 'USD', value } });

  it('is never above what is left, and is found by its id', async () => {
    const { id: orderId, captureId, name } = await rig.paid();
    const part = await refund(captureId, { ...usd('15.00'), custom_id: 'rf-1' });
    expect([part.status, part.body]).toMatchObject([201, { status: 'COMPLETED', custom_id: 'rf-1' }]);
    expect((await rig.api('GET', `/v2/payments/refunds/${part.body.id}`)).body).toEqual(part.body);
    expect((await rig.api('GET', `/v2/payments/captures/${captureId}`)).body.status).toBe(
      'PARTIALLY_REFUNDED',
    );
    expect(issueOf(await refund(captureId, usd('25.01')))).toEqual([422, 'REFUND_AMOUNT_EXCEEDED']);
    expect((await refund(captureId)).body.amount.value).toBe('25.00');
    expect(issueOf(await refund(captureId, usd('0.01')))).toEqual([422, 'CAPTURE_FULLY_REFUNDED']);
    expect(await rig.booked(captureId)).toEqual(['charge 4000', 'refund 1500', 'refund 2500']);
    const [unit] = (await rig.order(orderId)).purchase_units;
    expect(unit.payments.refunds[0]).toEqual(part.body);
    expect(unit.payments.refunds).toHaveLength(2);
    await until(() => rig.paypal.about(name).includes('PAYMENT.CAPTURE.REFUNDED'));
  });

  it('is possible for 180 days, and only of a completed capture', async () => {
    const { captureId } = await rig.paid('pends');
    expect(issueOf(await refund(captureId))).toEqual([422, 'CAPTURE_NOT_COMPLETED']);
    await advance(181 * 86_400);
    rig.newToken();
    expect(issueOf(await refund(captureId))).toEqual([422, 'REFUND_TIME_LIMIT_EXCEEDED']);
  });
});

describe('PayPal-Request-Id', () => {
  it('gives the first answer with 200, refuses other bytes, and keeps no refusal', async () => {
    const order = rig.orderFor();
    const create = (body: object, key: string) => rig.api('POST', '/v2/checkout/orders', body, key);
    const first = await create(order, 'key-1');
    const again = await create(order, 'key-1');
    expect([first.status, again.status, again.body]).toEqual([201, 200, first.body]);
    expect(issueOf(await create(rig.orderFor(), 'key-1'))).toEqual([422, 'DUPLICATE_REQUEST_ID']);
    expect((await create({ ...order, intent: 'X' }, 'key-2')).status).toBe(400);
    expect((await create(order, 'key-2')).status).toBe(201);
  });

  it('answers 409 while the first call is open', async () => {
    await rig.control('POST', '/__sim/faults', {
      op: 'order.create',
      fault: 'slow-executed',
      params: { seconds: 0.3 },
    });
    const order = rig.orderFor();
    const slow = rig.api('POST', '/v2/checkout/orders', order, 'key-3');
    await until(async () => (await rig.control('GET', '/__sim/requests?key=key-3')).requests.length > 0);
    const second = await rig.api('POST', '/v2/checkout/orders', order, 'key-3');
    expect([second.status, second.body.details[0].issue]).toEqual([409, 'PREVIOUS_REQUEST_IN_PROGRESS']);
    expect((await slow).status).toBe(201);
  });

  it.each([
    ['an order', 6 * 3600, async () => ['/v2/checkout/orders', rig.orderFor()] as const],
    ['the vault', 3 * 3600, async () => ['/v3/vault/setup-tokens', setupRequest] as const],
    [
      'a refund',
      45 * 86_400,
      async () => {
        const { captureId } = await rig.paid();
        return [`/v2/payments/captures/${captureId}/refund`, { amount: usd1 }] as const;
      },
    ],
  ])(
    'of %s is known for %s s of business time, and executes anew after that',
    async (name, seconds, prepare) => {
      const [path, body] = await prepare();
      const call = async () => (await rig.api('POST', path, body, `key of ${name}`)).body.id;
      const first = await call();
      await advance(seconds - 60);
      expect(await call()).toBe(first);
      await advance(120);
      expect(await call()).not.toBe(first);
    },
  );

  it('of a capture is no protection when it is forgotten: the order itself is', async () => {
    const { id, name } = await rig.created();
    await rig.approve(id);
    expect((await rig.capture(id, {}, 'key-4')).status).toBe(201);
    expect((await rig.capture(id, {}, 'key-4')).status).toBe(200);
    await advance(6 * 3600 + 1);
    expect(issueOf(await rig.capture(id, {}, 'key-4'))).toEqual([422, 'ORDER_ALREADY_CAPTURED']);
    expect(await rig.booked(name)).toEqual(['charge 4000']);
  });
});

const usd1 = { currency_code: 'USD', value: '1.00' };
