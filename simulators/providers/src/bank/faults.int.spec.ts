import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { atHour, nextBankingDay } from '../banking-days.ts';
import { BankRig, counterparty } from '../testing/bank-rig.ts';
import { until } from '../testing/rig.ts';

const rig = new BankRig();
beforeAll(() => rig.start());
beforeEach(() => {
  rig.bank.received.length = 0;
  rig.bank.answer = () => 200;
});
afterEach(() => rig.control('DELETE', '/__sim/faults'));
afterAll(() => rig.stop());

const plant = (op: string, fault: string, params: object = {}, rest: object = {}) =>
  rig.control('POST', '/__sim/faults', { op, fault, params, ...rest });

/** The three operations, each called the same way twice; `found` tells how often it was executed. */
const operations = {
  'payout.ach': async () => {
    const order = await rig.orderFor(rig.payee());
    return {
      call: () => rig.api('POST', '/api/payment_orders', order, order.external_id),
      good: 201,
      found: async () => (await rig.booked(order.external_id)).length,
    };
  },
  'counterparty.create': async () => {
    const key = `cp-${Math.random()}`;
    return {
      call: () => rig.api('POST', '/api/counterparties', counterparty('123456789'), key),
      good: 201,
      found: async () => {
        const { requests } = await rig.control('GET', `/__sim/requests?key=${key}`);
        return requests.filter(({ outcome }: { outcome: string }) => outcome === 'executed').length;
      },
    };
  },
  'payout.read': async () => {
    const { id, external_id } = await rig.pay();
    return {
      call: () => rig.api('GET', `/api/payment_orders/${id}`),
      good: 200,
      found: async () => (await rig.booked(external_id)).length,
    };
  },
};
type Op = keyof typeof operations;
const all = Object.keys(operations) as Op[];
const creating = all.filter((op) => op !== 'payout.read');

describe('a rule', () => {
  it.each([
    ['payout.ach', 'slow-executed', {}, 'bank'],
    ['counterparty.create', 'slow-executed', {}, 'bank'],
    ['payout.read', 'not-found-yet', {}, 'bank'],
    ['charge.create', 'slow-executed', {}, 'card'],
    ['settlement.create', 'return', { when: 'before-paid' }, 'card'],
    ['webhook', 'lost-webhook', {}, 'card'],
    ['*', 'brown-out', {}, 'card'],
  ])('for %s needs no provider', async (op, fault, params, provider) => {
    expect(await plant(op, fault, params)).toMatchObject({ status: 201, provider });
  });

  it.each([
    [{ op: 'payout.wire' }, 'payout.wire'],
    [{ provider: 'card' }, 'payout.ach'],
    [{ fault: 'payer-needed' }, 'payer-needed'],
    [{ fault: 'not-found-yet' }, 'not-found-yet'],
    [{ op: 'payout.read', fault: 'return' }, 'return'],
    [{ op: 'counterparty.create', fault: 'lost-webhook' }, 'lost-webhook'],
    [{ fault: 'bad-signature', params: { kind: 'timestamp' } }, 'timestamp'],
    [{ fault: 'clock-skew' }, 'clock-skew'],
    [{ fault: 'return', params: { reason: 'Z9' } }, 'reason'],
    [{ fault: 'return', params: { amountMinor: 0 } }, 'amountMinor'],
    [{ op: 'settlement.create', fault: 'return' }, 'settlement.create'],
    [{ op: 'customer.create', fault: 'lost-webhook' }, 'customer.create'],
  ])('that cannot be played is refused by name: %o', async (part, name) => {
    const answer = await plant('payout.ach', 'connection-reset', {}, part);
    expect(answer.status).toBe(400);
    expect(answer.error).toContain(name);
  });
});

describe.each(all)('faults of %s', (op) => {
  it('slow-executed: done at once, answered late', async () => {
    const { call, good, found } = await operations[op]();
    await plant(op, 'slow-executed', { seconds: 0.3 });
    const startedAt = performance.now();
    const slow = call();
    await until(async () => (await found()) === 1);
    expect((await slow).status).toBe(good);
    expect(performance.now() - startedAt).toBeGreaterThan(290);
  });

  it('slow-not-executed: never answered, never done', async () => {
    const { call, good, found } = await operations[op]();
    const before = await found();
    await plant(op, 'slow-not-executed');
    const never = call();
    let ended = 'open';
    const end = never.then(
      () => (ended = 'answered'),
      () => (ended = 'cut'),
    );
    await until(() => rig.keepsWaiting(op));
    expect(ended).toBe('open');
    expect(await found()).toBe(before);
    await rig.restart();
    expect(await end).toBe('cut');
    expect((await call()).status).toBe(good);
  });

  it('error-before-execution: nothing is kept under the key', async () => {
    const { call, good, found } = await operations[op]();
    const before = await found();
    await plant(op, 'error-before-execution', { status: 503 });
    const failed = await call();
    expect([failed.status, failed.body.errors.code]).toEqual([503, 'internal_error']);
    expect(await found()).toBe(before);
    expect((await call()).status).toBe(good);
    expect(await found()).toBe(1);
  });

  it('error-after-execution: done once, and the key gives the true answer', async () => {
    const { call, good, found } = await operations[op]();
    await plant(op, 'error-after-execution');
    expect((await call()).status).toBe(500);
    expect(await found()).toBe(1);
    expect((await call()).status).toBe(good);
    expect(await found()).toBe(1);
  });

  it.each([
    [{ retryAfter: 7 }, /^7$/],
    [{ retryAfter: 'date' }, /GMT$/],
    [{}, null],
  ])('too-many-requests %o', async (params, header) => {
    const { call, good } = await operations[op]();
    await plant(op, 'too-many-requests', params);
    const refused = await call();
    expect([refused.status, refused.body.errors.code]).toEqual([429, 'too_many_requests']);
    if (header) expect(refused.headers.get('retry-after')).toMatch(header);
    else expect(refused.headers.has('retry-after')).toBe(false);
    expect((await call()).status).toBe(good);
  });

  it.each(['before', 'within'])('connection-reset %s the answer: done all the same', async (when) => {
    const { call, good, found } = await operations[op]();
    await plant(op, 'connection-reset', { when });
    await expect(call()).rejects.toThrow();
    expect(await found()).toBe(1);
    expect((await call()).status).toBe(good);
    expect(await found()).toBe(1);
  });

  it('connection-refused: nobody listens for a while', async () => {
    const { call, good } = await operations[op]();
    await plant(op, 'connection-refused', { seconds: 0.2 });
    await expect(call()).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    await until(() =>
      call().then(
        ({ status }) => status === good,
        () => false,
      ),
    );
  });

  it('brown-out: a share of all calls fails', async () => {
    const { call, good } = await operations[op]();
    await plant(op, 'brown-out', { ratio: 0.5 });
    const statuses = [];
    for (let turn = 0; turn < 40; turn += 1) statuses.push((await call()).status);
    expect(new Set(statuses)).toEqual(new Set([503, good]));
    const failed = statuses.filter((status) => status === 503).length;
    expect(failed).toBeGreaterThan(8);
    expect(failed).toBeLessThan(32);
  });

  it('unknown-status and malformed-body', async () => {
    const { call, good } = await operations[op]();
    await plant(op, 'unknown-status');
    const { body } = await call();
    expect(body.status).toBe(op === 'counterparty.create' ? undefined : 'something_new');
    await plant(op, 'malformed-body', { kind: 'error-in-200', executed: false });
    expect(await call()).toMatchObject({ status: 200, body: { errors: { code: 'internal_error' } } });
    expect((await call()).status).toBe(good);
  });
});

describe('faults of creating calls', () => {
  it.each(creating)('duplicate-key of %s: an earlier send has won', async (op) => {
    const { call, good, found } = await operations[op]();
    await plant(op, 'duplicate-key');
    const duplicate = await call();
    expect([duplicate.status, duplicate.body.errors.code]).toEqual([409, 'resource_conflict']);
    expect(await found()).toBe(1);
    await plant(op, 'duplicate-key', { answer: 'idempotency_error', executed: false });
    expect((await call()).body.errors.code).toBe('idempotency_key_reused');
    expect((await call()).status).toBe(good);
  });

  it('webhook-before-response: told while the call is still open', async () => {
    let open: unknown[] = [];
    rig.bank.answer = async () => {
      open = (await rig.control('GET', '/__sim/requests?op=payout.ach')).requests.filter(
        ({ status }: { status: number | null }) => status === null,
      );
      return 200;
    };
    await plant('payout.ach', 'webhook-before-response');
    const { id } = await rig.pay();
    expect(open).toHaveLength(1);
    expect(rig.bank.about(id)).toEqual(['created']);
  });
});

describe('not-found-yet', () => {
  it('keeps a young order out of sight, by its id and in a list', async () => {
    await plant('payout.read', 'not-found-yet', { seconds: 60 });
    const { id, external_id } = await rig.pay();
    const byReference = () => rig.api('GET', `/api/payment_orders?external_id=${external_id}`);
    const byKey = () => rig.api('GET', `/api/payment_orders?idempotency_key=${external_id}`);
    expect((await rig.api('GET', `/api/payment_orders/${id}`)).body.errors.code).toBe('resource_not_found');
    expect([(await byReference()).body, (await byKey()).body]).toEqual([[], []]);
    await rig.control('POST', '/__sim/clock/advance', { seconds: 61 });
    expect((await rig.order(id)).id).toBe(id);
    expect([(await byReference()).body.length, (await byKey()).body.length]).toEqual([1, 1]);
  });
});

describe('return', () => {
  it.each([
    ['before paid', { when: 'before-paid', reason: 'R02' }, 5, 'R02', 1500],
    ['after paid', {}, 8, 'R03', 1500],
    ['60 days after paid', { days: 60, reason: 'R23' }, 66, 'R23', 1500],
    ['less a charge of the bank', { amountMinor: '1400' }, 8, 'R03', 1400],
  ])('%s', async (_which, params, days, code, amount) => {
    await plant('payout.ach', 'return', params);
    const { id, external_id } = await rig.pay();
    const other = await rig.pay();
    if (days === 66) {
      await rig.control('POST', '/__sim/clock/advance', { seconds: 59 * 86_400 });
      expect((await rig.order(id)).status).toBe('completed');
    }
    await rig.control('POST', '/__sim/clock/advance', { seconds: days * 86_400 });
    expect(await rig.order(id)).toMatchObject({ status: 'returned', current_return: { code, amount } });
    expect(await rig.booked(external_id)).toEqual(['payout 1500', `payout_returned ${amount}`]);
    expect((await rig.order(other.id)).status).toBe('completed');
    await rig.quiet();
    expect(rig.bank.about(id).includes('completed')).toBe(code !== 'R02');
  });

  it('may befall an order whose creation got no answer, and only that one', async () => {
    const { call, found } = await operations['payout.ach']();
    await plant('payout.ach', 'error-after-execution');
    const rule = await plant('payout.ach', 'return', { when: 'before-paid' });
    expect((await call()).status).toBe(500);
    expect((await call()).status).toBe(201);
    const { faults } = await rig.control('GET', '/__sim/faults');
    expect(faults.find(({ id }: { id: string }) => id === rule.id)).toMatchObject({ fired: 1 });
    await rig.control('POST', '/__sim/clock/advance', { seconds: 5 * 86_400 });
    expect(await found()).toBe(2);
  });

  it('waits for an order that is made: a refused one does not use it up', async () => {
    const rule = await plant('payout.ach', 'return');
    const order = await rig.orderFor('ea_none');
    expect((await rig.api('POST', '/api/payment_orders', order)).status).toBe(422);
    expect((await rig.control('GET', '/__sim/faults')).faults).toMatchObject([{ id: rule.id, fired: 0 }]);
  });
});

describe('faults of webhooks', () => {
  const ids = () => rig.bank.received.map(({ id }) => id);

  it.each([true, false])('duplicate-webhook: the same id again, concurrent %s', async (concurrent) => {
    let answering = 0;
    let most = 0;
    rig.bank.answer = async () => {
      answering += 1;
      most = Math.max(most, answering);
      if (concurrent) await until(() => rig.bank.received.length === 3);
      answering -= 1;
      return 200;
    };
    await plant('payout.ach', 'duplicate-webhook', { count: 3, concurrent });
    await rig.pay();
    await rig.quiet();
    expect(ids()).toHaveLength(3);
    expect(new Set(ids()).size).toBe(1);
    expect(most).toBe(concurrent ? 3 : 1);
  });

  it('lost-webhook: of one step of one order; a poll finds it', async () => {
    const order = await rig.orderFor(rig.payee());
    const match = { reference: order.external_id, nth: 4 };
    await plant('payout.ach', 'lost-webhook', {}, { match });
    const { body } = await rig.api('POST', '/api/payment_orders', order, order.external_id);
    await rig.control('POST', '/__sim/clock/advance', { seconds: 6 * 86_400 });
    await rig.quiet();
    expect(rig.bank.about(body.id).sort()).toEqual(['begin_processing', 'created', 'finish_processing']);
    expect((await rig.order(body.id)).status).toBe('completed');
  });

  it('renewed-webhook: the same fact under another id', async () => {
    await plant('webhook', 'renewed-webhook', {}, { provider: 'bank' });
    const { id } = await rig.pay();
    await until(() => rig.bank.received.length === 2);
    expect(new Set(ids()).size).toBe(2);
    expect(rig.bank.about(id)).toEqual(['created', 'created']);
  });

  it('out-of-order-webhook: sent after completed, completed after returned', async () => {
    const date = (await rig.pay()).effective_date; // Of the business day that the tests before have reached.
    const order = await rig.orderFor(rig.payee(), { effective_date: date });
    const match = { reference: order.external_id };
    await plant('payout.ach', 'out-of-order-webhook', {}, { match, times: 2 });
    await plant('payout.ach', 'return', {}, { match });
    const { id } = (await rig.api('POST', '/api/payment_orders', order)).body;
    await rig.control('POST', '/__sim/clock/advance', { seconds: 5 * 3600 });
    await until(() => rig.bank.about(id).length === 3);
    const completedAt = atHour(nextBankingDay(order.effective_date), 15);
    await rig.moveTo(new Date(completedAt).toISOString());
    await until(() => rig.bank.about(id).length === 5);
    await rig.control('POST', '/__sim/clock/advance', { seconds: 2 * 86_400 });
    await until(() => rig.bank.about(id).length === 7);
    expect(rig.bank.about(id).slice(3)).toEqual(['completed', 'finish_processing', 'returned', 'completed']);
    const statuses = rig.bank.received.filter(({ data }) => data.id === id).map(({ data }) => data.status);
    expect(statuses.slice(3)).toEqual(['completed', 'sent', 'returned', 'completed']);
  });

  it('late-webhook: after business time has passed', async () => {
    await plant('payout.ach', 'late-webhook', { seconds: 600 });
    const { id } = await rig.pay();
    await rig.quiet();
    expect(rig.bank.about(id)).toEqual([]);
    await rig.control('POST', '/__sim/clock/advance', { seconds: 601 });
    await until(() => rig.bank.about(id).length === 1);
  });

  it.each(['signature', 'missing'])('bad-signature %s: refused, then sent properly', async (kind) => {
    await plant('payout.ach', 'bad-signature', { kind });
    await rig.pay();
    await until(() => rig.bank.received.length === 2);
    expect(rig.bank.received.map(({ event }) => event)).toEqual([undefined, 'created']);
    expect(new Set(ids()).size).toBe(1);
  });
});
