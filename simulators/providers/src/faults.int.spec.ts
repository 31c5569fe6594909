import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Rig, until } from './testing/rig.ts';

const rig = new Rig();
beforeAll(() => rig.start());
afterEach(() => rig.control('DELETE', '/__sim/faults'));
afterAll(() => rig.stop());

const usd = { amount: 4000, currency: 'usd' };
const ready = () => rig.stripe.paymentIntents.create({ ...usd, payment_method: 'pm_card_visa' });
const confirm = (id: string, key?: string) => rig.form(`/v1/payment_intents/${id}/confirm`, '', key);
const read = (id: string) => rig.stripe.paymentIntents.retrieve(id);
const charged = async (id: string) =>
  (await rig.control('GET', `/__sim/ledger?reference=${id}`)).charges.length;

describe('a rule', () => {
  it.each([
    [{ fault: 'no-such-fault' }, 'no-such-fault'],
    [{ op: 'charge.teleport' }, 'charge.teleport'],
    [{ provider: 'cash' }, 'cash'],
    [{ fault: 'late-charge-success' }, 'late-charge-success'],
    [{ fault: 'slow-executed', params: { second: 1 } }, 'second'],
  ])('that is not known is refused by name: %o', async (part, name) => {
    const rule = { provider: 'card', op: 'charge.confirm', fault: 'connection-reset', ...part };
    const answer = await rig.control('POST', '/__sim/faults', rule);
    expect(answer.status).toBe(400);
    expect(answer.error).toContain(name);
  });

  it('bites the nth call about its reference, as often as it says', async () => {
    await rig.fault(
      'charge.read',
      'error-before-execution',
      {},
      { match: { reference: 'fd-7', nth: 2 }, times: 2 },
    );
    const intent = await rig.stripe.paymentIntents.create({ ...usd, metadata: { charge_id: 'fd-7' } });
    const other = await ready();
    const statuses: number[] = [];
    for (const id of [intent.id, other.id, intent.id, intent.id, intent.id]) {
      statuses.push((await rig.wire(`/v1/payment_intents/${id}`)).status);
    }
    expect(statuses).toEqual([200, 200, 500, 500, 200]);
    expect((await rig.control('GET', '/__sim/faults')).faults[0]).toMatchObject({ fired: 2, times: 2 });
  });
});

describe('faults of a call', () => {
  it('slow-executed: done at once, answered late', async () => {
    const { id } = await ready();
    await rig.fault('charge.confirm', 'slow-executed', { seconds: 30 });
    const patience = new AbortController();
    const slow = rig.wire(`/v1/payment_intents/${id}/confirm`, { method: 'POST', signal: patience.signal });
    slow.catch(() => undefined);
    await until(async () => (await read(id)).status === 'succeeded');
    patience.abort();
    await expect(slow).rejects.toThrow();
    await rig.quiet();
    expect(await charged(id)).toBe(1);
  });

  it('slow-not-executed: never answered, never done', async () => {
    const { id } = await ready();
    await rig.fault('charge.confirm', 'slow-not-executed');
    const patience = new AbortController();
    const never = rig.wire(`/v1/payment_intents/${id}/confirm`, { method: 'POST', signal: patience.signal });
    never.catch(() => undefined);
    await until(() => rig.keepsWaiting('charge.confirm'));
    patience.abort();
    await expect(never).rejects.toThrow();
    await rig.quiet();
    expect((await read(id)).status).toBe('requires_confirmation');
  });

  it('error-before-execution: nothing is kept under the key', async () => {
    const { id } = await ready();
    await rig.fault('charge.confirm', 'error-before-execution', { status: 503 });
    expect((await confirm(id, `${id}-a`)).status).toBe(503);
    expect((await read(id)).status).toBe('requires_confirmation');
    expect((await confirm(id, `${id}-a`)).status).toBe(200);
  });

  it('error-after-execution: done, and the 500 is kept under the key', async () => {
    const { id } = await ready();
    await rig.fault('charge.confirm', 'error-after-execution');
    expect((await confirm(id, `${id}-a`)).status).toBe(500);
    const again = await confirm(id, `${id}-a`);
    expect([again.status, again.headers.get('stripe-should-retry')]).toEqual([500, 'false']);
    expect((await read(id)).status).toBe('succeeded');
    expect(await charged(id)).toBe(1);
  });

  it.each([
    [{ retryAfter: 7 }, /^7$/],
    [{ retryAfter: 'date' }, /GMT$/],
    [{}, null],
  ])('too-many-requests %o', async (params, header) => {
    const { id } = await ready();
    await rig.fault('charge.confirm', 'too-many-requests', params);
    const refused = await confirm(id, `${id}-a`);
    expect(refused.status).toBe(429);
    if (header) expect(refused.headers.get('retry-after')).toMatch(header);
    else expect(refused.headers.has('retry-after')).toBe(false);
    expect((await confirm(id, `${id}-a`)).status).toBe(200);
  });

  it.each(['before', 'within'])('connection-reset %s the answer: done all the same', async (when) => {
    const { id } = await ready();
    await rig.fault('charge.confirm', 'connection-reset', { when });
    await expect(confirm(id, `${id}-a`).then((response) => response.text())).rejects.toThrow();
    const again = await confirm(id, `${id}-a`);
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    expect(await charged(id)).toBe(1);
  });

  it('connection-refused: nobody listens for a while', async () => {
    const refused = async (): Promise<boolean> => {
      await rig.fault('charge.confirm', 'connection-refused', { seconds: 0.2 });
      const answer = rig.wire('/v1/balance').then(
        () => 'answered',
        ({ cause }) => cause.code,
      );
      return (await answer) === 'ECONNREFUSED';
    };
    // Whoever asks too late, because the machine stood still, asks once more.
    await until(refused);
    await until(() =>
      rig.wire('/v1/balance').then(
        ({ ok }) => ok,
        () => false,
      ),
    );
    await rig.stripe.balance.retrieve();
  });

  it('connection-refused: until it is taken back', async () => {
    await rig.fault('charge.confirm', 'connection-refused', { seconds: 600 });
    await expect(rig.wire('/v1/balance')).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    await rig.control('DELETE', '/__sim/faults');
    await rig.stripe.balance.retrieve();
  });

  it('duplicate-key: an earlier send has won', async () => {
    const { id } = await ready();
    await rig.fault('charge.confirm', 'duplicate-key');
    expect((await confirm(id, `${id}-a`)).status).toBe(409);
    expect((await read(id)).status).toBe('succeeded');
    await rig.fault('charge.cancel', 'duplicate-key', { answer: 'idempotency_error', executed: false });
    await expect(rig.stripe.paymentIntents.cancel(id)).rejects.toMatchObject({
      type: 'StripeIdempotencyError',
    });
  });

  it('payer-needed and late-charge-success', async () => {
    const saved = await rig.savedMethod();
    const first = await rig.stripe.paymentIntents.create({ ...usd, ...saved });
    await rig.fault('charge.confirm', 'payer-needed');
    const unattended = { off_session: true };
    await expect(rig.stripe.paymentIntents.confirm(first.id, unattended)).rejects.toMatchObject({
      code: 'authentication_required',
    });
    await rig.fault('charge.confirm', 'payer-needed');
    const asked = await rig.stripe.paymentIntents.confirm(first.id, { payment_method: saved.payment_method });
    expect(asked.status).toBe('requires_action');
    await rig.fault('charge.cancel', 'late-charge-success');
    await expect(rig.stripe.paymentIntents.cancel(first.id)).rejects.toMatchObject({
      statusCode: 400,
      code: 'payment_intent_unexpected_state',
      payment_intent: { status: 'succeeded' },
    });
    expect(await charged(first.id)).toBe(1);
  });

  it('payer-needed with a withdrawn mandate: refused from then on', async () => {
    const saved = await rig.savedMethod();
    const intent = await rig.stripe.paymentIntents.create({ ...usd, ...saved });
    await rig.fault('charge.confirm', 'payer-needed', { mandate: 'withdrawn' });
    for (const _attempt of ['played', 'remembered']) {
      const given = { payment_method: saved.payment_method, off_session: true };
      const refused = rig.stripe.paymentIntents.confirm(intent.id, given);
      await expect(refused).rejects.toMatchObject({ statusCode: 402, code: 'authentication_required' });
    }
  });

  it.each([
    ['html-502', 502, /^<html>/, 1],
    ['truncated-json', 200, /^\{"id":"pi_/, 1],
    ['empty', 200, /^$/, 1],
    ['error-in-200', 200, /^\{"error"/, 0],
  ])('malformed-body %s', async (kind, status, text, charges) => {
    const { id } = await ready();
    await rig.fault('charge.confirm', 'malformed-body', { kind });
    const response = await confirm(id);
    expect([response.status, await response.text()]).toEqual([status, expect.stringMatching(text)]);
    expect(await charged(id)).toBe(charges);
  });

  it('not-found-yet: young objects are not seen until business time has passed', async () => {
    await rig.fault('charge.read', 'not-found-yet', { seconds: 60 });
    const { id } = await ready();
    await expect(read(id)).rejects.toMatchObject({ statusCode: 404, code: 'resource_missing' });
    await rig.control('POST', '/__sim/clock/advance', { seconds: 61 });
    expect((await read(id)).id).toBe(id);
  });

  it('brown-out: a share of all calls fails', async () => {
    await rig.fault('*', 'brown-out', { ratio: 0.5 });
    const statuses = [];
    for (let call = 0; call < 40; call += 1) statuses.push((await rig.wire('/v1/balance')).status);
    const failed = statuses.filter((status) => status === 503).length;
    expect(failed).toBeGreaterThan(8);
    expect(failed).toBeLessThan(32);
  });

  it('refund-failed: comes back days after it succeeded, and may be paid again', async () => {
    const { id } = await ready();
    await confirm(id);
    await rig.fault('refund.create', 'refund-failed', { when: 'after-succeeded', seconds: 86_400 });
    const refund = await rig.stripe.refunds.create({ payment_intent: id });
    expect(refund.status).toBe('succeeded');
    await rig.control('POST', '/__sim/clock/advance', { seconds: 86_401 });
    expect((await rig.stripe.refunds.retrieve(refund.id)).status).toBe('failed');
    expect((await rig.stripe.refunds.create({ payment_intent: id })).status).toBe('succeeded');
    expect((await rig.control('GET', `/__sim/ledger?reference=${id}`)).totals[0].netMinor).toBe('0');
  });
});
