import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PaypalRig } from '../testing/paypal-rig.ts';
import { until } from '../testing/rig.ts';

const rig = new PaypalRig();
beforeAll(() => rig.start());
beforeEach(() => {
  rig.paypal.received.length = 0;
  rig.paypal.answer = () => 200;
});
afterEach(() => rig.control('DELETE', '/__sim/faults'));
afterAll(() => rig.stop());

const plant = (op: string, fault: string, params: object = {}, rest: object = {}) =>
  rig.control('POST', '/__sim/faults', { provider: 'paypal', op, fault, params, ...rest });

/** Operations that move money or make something, each called the same way twice. */
const operations = {
  'order.create': async () => {
    const order = rig.orderFor();
    const key = order.purchase_units[0].custom_id;
    return {
      call: () => rig.api('POST', '/v2/checkout/orders', order, key),
      found: async () => executed(key),
    };
  },
  'order.capture': async () => {
    const { id, name } = await rig.created();
    await rig.approve(id);
    return {
      call: () => rig.capture(id, {}, `${name}.capture`),
      found: async () => (await rig.booked(name)).length,
    };
  },
  'capture.refund': async () => {
    const { captureId } = await rig.paid();
    return {
      call: () => rig.api('POST', `/v2/payments/captures/${captureId}/refund`, {}, `${captureId}.refund`),
      found: async () => (await rig.booked(captureId)).length - 1,
    };
  },
};
const executed = async (key: string): Promise<number> => {
  const { requests } = await rig.control('GET', `/__sim/requests?key=${key}`);
  return requests.filter(({ outcome }: { outcome: string }) => outcome === 'executed').length;
};
const isGood = (status: number) => status === 200 || status === 201;
type Op = keyof typeof operations;

describe('a rule', () => {
  it.each([
    ['order.capture', 'slow-executed', {}],
    ['vault.token', 'error-after-execution', {}],
    ['token.create', 'token-expired', {}],
    ['capture.refund', 'refund-failed', {}],
  ])('for %s needs no provider', async (op, fault, params) => {
    const rule = await rig.control('POST', '/__sim/faults', { op, fault, params });
    expect(rule).toMatchObject({ status: 201, provider: 'paypal' });
  });

  it.each([
    ['paypal', 'vault.setup', 'lost-webhook', {}],
    ['paypal', 'order.capture', 'late-charge-success', {}],
    ['card', 'charge.create', 'token-expired', {}],
    ['card', 'webhook', 'key-rotation', {}],
    ['bank', 'webhook', 'bad-signature', { kind: 'certificate' }],
  ])('that %s can never play on %s is refused: %s', async (provider, op, fault, params) => {
    const answer = await rig.control('POST', '/__sim/faults', { provider, op, fault, params });
    expect([answer.status, answer.error]).toEqual([400, expect.stringContaining(fault)]);
  });
});

describe.each(Object.keys(operations) as Op[])('faults of %s', (op) => {
  it.each([
    ['slow-executed', { seconds: 0.2 }, 201, 1],
    ['error-after-execution', {}, 500, 1],
    ['error-before-execution', { status: 503 }, 503, 0],
    ['too-many-requests', { retryAfter: 7 }, 429, 0],
    ['duplicate-key', {}, 409, 1],
    ['duplicate-key', { answer: 'idempotency_error' }, 422, 1],
    ['wrong-credentials', {}, 401, 0],
    ['wrong-credentials', { status: 403 }, 403, 0],
    ['token-expired', {}, 401, 0],
  ])(
    '%s %o: answered %s, executed %s times; then the same call once',
    async (fault, params, status, times) => {
      const { call, found } = await operations[op]();
      await plant(op, fault, params);
      const answer = await call();
      expect(answer.status).toBe(status);
      if (fault === 'too-many-requests') expect(answer.headers.get('retry-after')).toBe('7');
      expect(await found()).toBe(times);
      if (fault === 'token-expired') rig.newToken();
      expect(isGood((await call()).status)).toBe(true);
      expect(await found()).toBe(1);
    },
  );

  it.each(['before', 'within'])('connection-reset %s the answer: done all the same', async (when) => {
    const { call, found } = await operations[op]();
    await plant(op, 'connection-reset', { when });
    await expect(call()).rejects.toThrow();
    expect(await found()).toBe(1);
    expect((await call()).status).toBe(200);
    expect(await found()).toBe(1);
  });

  it('slow-not-executed: never answered, never done', async () => {
    const { call, found } = await operations[op]();
    await plant(op, 'slow-not-executed');
    const never = call();
    never.catch(() => undefined);
    await until(async () => (await rig.control('GET', '/__sim/faults')).faults[0].fired === 1);
    expect(await found()).toBe(0);
    await rig.restart();
    expect((await call()).status).toBe(201);
  });

  it('malformed-body and unknown-status', async () => {
    const { call, found } = await operations[op]();
    await plant(op, 'malformed-body', { kind: 'error-in-200', executed: false });
    expect(await call()).toMatchObject({ status: 200, body: { name: 'INTERNAL_SERVER_ERROR' } });
    expect(await found()).toBe(0);
    await plant(op, 'unknown-status', { status: 'SOMETHING_NEW' });
    expect((await call()).body.status).toBe('SOMETHING_NEW');
    expect(await found()).toBe(1);
  });
});

describe('connection-refused and brown-out', () => {
  it('nobody listens for a while, and a share of all calls fails', async () => {
    const { id } = await rig.created();
    const read = () => rig.api('GET', `/v2/checkout/orders/${id}`);
    await plant('order.read', 'connection-refused', { seconds: 0.2 });
    await expect(read()).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    await until(() =>
      read().then(
        ({ status }) => status === 200,
        () => false,
      ),
    );
    await plant('*', 'brown-out', { ratio: 0.5 });
    const statuses = [];
    for (let turn = 0; turn < 40; turn += 1) statuses.push((await read()).status);
    expect(new Set(statuses)).toEqual(new Set([503, 200]));
  });
});

describe('token-expired', () => {
  it('a token of a few seconds, then 401 until another is fetched', async () => {
    await plant('token.create', 'token-expired', { seconds: 0 });
    rig.newToken();
    const { id } = await rig.created().catch(() => ({ id: undefined }));
    expect(id).toBeUndefined();
    rig.newToken();
    expect((await rig.created()).status).toBe('CREATED');
  });

  it('a token endpoint that fails gives none', async () => {
    await plant('token.create', 'error-before-execution');
    expect((await rig.token()).status).toBe(500);
    await plant('token.create', 'wrong-credentials');
    expect((await rig.token()).body.error).toBe('invalid_client');
  });
});

describe('not-found-yet', () => {
  it('keeps a young order out of sight', async () => {
    await plant('order.read', 'not-found-yet', { seconds: 60 });
    const { id } = await rig.created();
    expect((await rig.api('GET', `/v2/checkout/orders/${id}`)).status).toBe(404);
    await rig.control('POST', '/__sim/clock/advance', { seconds: 61 });
    expect((await rig.order(id)).id).toBe(id);
  });
});

describe('payer-needed', () => {
  it('of a stored account: the payer must come, and the same order is approved', async () => {
    const payment_source = { paypal: await rig.vaulted() };
    const { id, name } = await rig.created();
    await plant('order.capture', 'payer-needed');
    expect((await rig.capture(id, { payment_source })).body.details[0].issue).toBe('PAYER_ACTION_REQUIRED');
    await rig.approve(id);
    expect((await rig.capture(id)).status).toBe(201);
    expect(await rig.booked(name)).toEqual(['charge 4000']);
  });

  it('with a withdrawn mandate: refused from then on', async () => {
    const paypal = await rig.vaulted();
    await plant('order.capture', 'payer-needed', { mandate: 'withdrawn' });
    for (const _attempt of ['played', 'remembered']) {
      const { id } = await rig.created();
      const { body } = await rig.capture(id, { payment_source: { paypal } });
      expect(body.details[0].issue).toBe('AGREEMENT_ALREADY_CANCELLED');
    }
    expect((await rig.api('GET', `/v3/vault/payment-tokens/${paypal.vault_id}`)).status).toBe(404);
  });
});

describe('refund-failed', () => {
  const refunded = async (when: string) => {
    const { captureId } = await rig.paid();
    await plant('capture.refund', 'refund-failed', { when, seconds: 3600 });
    const { body } = await rig.api('POST', `/v2/payments/captures/${captureId}/refund`, {});
    const now = async () => (await rig.api('GET', `/v2/payments/refunds/${body.id}`)).body.status;
    return { captureId, first: body.status, now };
  };

  it.each([
    ['at-once', 'FAILED', 'FAILED'],
    ['later', 'PENDING', 'FAILED'],
    ['after-succeeded', 'COMPLETED', 'FAILED'],
    ['never', 'PENDING', 'PENDING'],
  ])('%s: %s, then %s', async (when, first, last) => {
    const refund = await refunded(when);
    expect(refund.first).toBe(first);
    await rig.control('POST', '/__sim/clock/advance', { seconds: 3601 });
    expect(await refund.now()).toBe(last);
    const kinds = last === 'FAILED' ? ['refund_failed 4000'] : [];
    expect(await rig.booked(refund.captureId)).toEqual(['charge 4000', 'refund 4000', ...kinds]);
  });

  it('requires-action cannot happen here', async () => {
    const planted = await plant('capture.refund', 'refund-failed', { when: 'requires-action' });
    expect(planted.status).toBe(400);
  });
});

describe('faults of webhooks', () => {
  const ids = () => rig.paypal.received.map(({ headers }) => headers['paypal-transmission-id']);
  const completed = (name: string) =>
    rig.paypal.about(name).filter((type) => type === 'PAYMENT.CAPTURE.COMPLETED').length;

  it.each([true, false])('duplicate-webhook: the same id again, concurrent %s', async (concurrent) => {
    await plant('order.capture', 'duplicate-webhook', { count: 3, concurrent });
    const { name } = await rig.paid();
    await until(() => completed(name) === 3);
    expect(new Set(ids()).size).toBe(2); // With the one of the approval.
  });

  it('renewed-webhook: the same fact under another id', async () => {
    await plant('order.capture', 'renewed-webhook');
    const { name } = await rig.paid();
    await until(() => completed(name) === 2);
    expect(new Set(ids()).size).toBe(3);
  });

  it('out-of-order-webhook: completed, then pending', async () => {
    await plant('order.capture', 'out-of-order-webhook');
    const { name } = await rig.paid();
    await until(() => rig.paypal.about(name).length === 3);
    expect(rig.paypal.about(name).slice(1)).toEqual(['PAYMENT.CAPTURE.COMPLETED', 'PAYMENT.CAPTURE.PENDING']);
  });

  it('lost-webhook and late-webhook', async () => {
    await plant('webhook', 'lost-webhook', {}, { times: 2 });
    const lost = await rig.paid();
    await plant('order.capture', 'late-webhook', { seconds: 3600 });
    const late = await rig.paid();
    await rig.quiet();
    expect([rig.paypal.about(lost.name), rig.paypal.about(late.name)]).toEqual([
      [],
      ['CHECKOUT.ORDER.APPROVED'],
    ]);
    await rig.control('POST', '/__sim/clock/advance', { seconds: 3601 });
    await until(() => completed(late.name) === 1);
  });

  it('webhook-before-response: told while the call is still open', async () => {
    let open: unknown[] = [];
    const { id } = await rig.created();
    await rig.approve(id);
    await rig.quiet();
    rig.paypal.answer = async () => {
      const { requests } = await rig.control('GET', '/__sim/requests?op=order.capture');
      open = requests.filter(({ status }: { status: number | null }) => status === null);
      return 200;
    };
    await plant('order.capture', 'webhook-before-response');
    await rig.capture(id);
    expect(open).toHaveLength(1);
  });

  it.each(['signature', 'timestamp', 'missing', 'webhook-id', 'certificate'])(
    'bad-signature %s: refused, then sent properly',
    async (kind) => {
      await plant('order.capture', 'bad-signature', { kind });
      const { name } = await rig.paid();
      await until(() => completed(name) === 1);
      expect(rig.paypal.received.filter(({ event }) => event === undefined)).toHaveLength(1);
    },
  );

  it('clock-skew: signed ten minutes away, and accepted', async () => {
    await plant('order.capture', 'clock-skew', { seconds: 600 });
    const { name } = await rig.paid();
    await until(() => completed(name) === 1);
    const sentAt = Date.parse(String(rig.paypal.received.at(-1)?.headers['paypal-transmission-time']));
    expect(sentAt).toBeGreaterThan(Date.now() + 300_000);
  });

  it('key-rotation: another certificate from then on, and the old one stays', async () => {
    const certificates = () => rig.paypal.received.map(({ headers }) => String(headers['paypal-cert-url']));
    const first = await rig.paid();
    await until(() => completed(first.name) === 1);
    await plant('order.capture', 'key-rotation');
    const second = await rig.paid();
    await until(() => completed(second.name) === 1);
    const third = await rig.paid();
    await until(() => completed(third.name) === 1);
    const [old, , , rotated, next] = certificates();
    expect(rotated).not.toBe(old);
    expect(next).toBe(rotated);
    expect((await fetch(String(old))).status).toBe(200);
  });
});
