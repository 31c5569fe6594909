import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Rig, until } from '../testing/rig.ts';

const rig = new Rig();
beforeAll(() => rig.start());
beforeEach(() => {
  rig.receiver.received.length = 0;
});
afterEach(() => rig.control('DELETE', '/__sim/faults'));
afterAll(() => rig.stop());

const daySeconds = 86_400;

const pay = async (token = 'pm_card_visa') => {
  const given = { amount: 4000, currency: 'usd', payment_method: token, confirm: true } as const;
  return (await rig.stripe.paymentIntents.create({ ...given, metadata: { funding_id: 'fd-1' } })).id;
};
const refund = (payment_intent: string, refund_id: string, amount?: number) =>
  rig.stripe.refunds.create(
    { payment_intent, metadata: { refund_id }, ...(amount === undefined ? {} : { amount }) },
    { idempotencyKey: refund_id },
  );
const read = async (id: string) => rig.stripe.refunds.retrieve(id);
const end = (id: string, outcome: string) => rig.control('POST', `/__sim/refunds/${id}`, { outcome });
const later = (seconds: number) => rig.control('POST', '/__sim/clock/advance', { seconds: seconds + 1 });
const booked = async (reference: string): Promise<string[]> => {
  const { entries } = await rig.control('GET', `/__sim/ledger?reference=${reference}`);
  return entries.map(({ kind, amountMinor }: Record<string, string>) => `${kind} ${amountMinor}`);
};
const told = async (id: string, count: number): Promise<string[]> => {
  const about = () =>
    rig.receiver.received.flatMap(({ event }) => {
      const object = event?.data.object as { id?: string; status?: string } | undefined;
      return event && object?.id === id ? [`${event.type} ${object.status}`] : [];
    });
  await until(() => about().length >= count);
  await rig.quiet();
  return about().sort();
};

describe('a refund', () => {
  it('is one under its key, known by its own mark, and found in the list page by page', async () => {
    const intent = await pay();
    const first = await refund(intent, 'rf-1', 1000);
    expect((await refund(intent, 'rf-1', 1000)).id).toBe(first.id);
    await expect(refund(intent, 'rf-1', 1001)).rejects.toMatchObject({ type: 'StripeIdempotencyError' });
    const second = await refund(intent, 'rf-2', 500);
    const page = await rig.stripe.refunds.list({ payment_intent: intent, limit: 1 });
    expect([page.data.map(({ id }) => id), page.has_more]).toEqual([[second.id], true]);
    const next = await rig.stripe.refunds.list({
      payment_intent: intent,
      limit: 1,
      starting_after: second.id,
    });
    expect([next.data[0]?.id, next.data[0]?.metadata, next.has_more]).toEqual([
      first.id,
      { refund_id: 'rf-1' },
      false,
    ]);
    const { entries } = await rig.control('GET', '/__sim/ledger?reference=rf-1');
    expect(entries).toMatchObject([{ kind: 'refund', reference: 'rf-1', idempotencyKey: 'rf-1' }]);
    expect(await told(first.id, 1)).toEqual(['refund.created succeeded']);
  });

  it('on its way counts as given back, so that never more than the charge is', async () => {
    const intent = await pay('pm_card_pendingRefund');
    expect((await refund(intent, 'rf-3', 3000)).status).toBe('pending');
    await expect(refund(intent, 'rf-4', 1001)).rejects.toMatchObject({ code: 'amount_too_large' });
  });

  it('that is pending arrives after days, and says so', async () => {
    const { id, status } = await refund(await pay('pm_card_pendingRefund'), 'rf-5');
    expect(status).toBe('pending');
    await later(3 * daySeconds);
    expect((await read(id)).status).toBe('succeeded');
    expect(await told(id, 2)).toEqual(['refund.created pending', 'refund.updated succeeded']);
    expect(await booked('rf-5')).toEqual(['refund 4000']);
  });

  it('may come back days after it arrived, by its method', async () => {
    const { id } = await refund(await pay('pm_card_refundFail'), 'rf-6');
    await later(3 * daySeconds);
    expect(await read(id)).toMatchObject({ status: 'failed', failure_reason: 'expired_or_canceled_card' });
    expect(await booked('rf-6')).toEqual(['refund 4000', 'refund_failed 4000']);
  });
});

describe('refund-failed', () => {
  const failing = async (refundId: string, params: object) => {
    const intent = await pay();
    await rig.fault('refund.create', 'refund-failed', params, { match: { reference: refundId } });
    return { intent, made: await refund(intent, refundId) };
  };

  it('at-once: the answer says so, the money is back, and another refund may be made', async () => {
    const { intent, made } = await failing('rf-10', { reason: 'lost_or_stolen_card' });
    expect(made).toMatchObject({ status: 'failed', failure_reason: 'lost_or_stolen_card' });
    expect(await told(made.id, 2)).toEqual(['refund.created pending', 'refund.failed failed']);
    expect((await refund(intent, 'rf-11')).status).toBe('succeeded');
    expect(await booked(intent)).toEqual(['charge 4000', 'refund 4000', 'refund_failed 4000', 'refund 4000']);
  });

  it.each([
    ['later', 'pending'],
    ['after-succeeded', 'succeeded'],
  ])('%s: by the clock', async (when, first) => {
    const { made } = await failing(`rf-${when}`, { when, seconds: 2 * daySeconds });
    expect(made.status).toBe(first);
    await later(daySeconds);
    expect((await read(made.id)).status).toBe(first);
    await rig.restart();
    await later(daySeconds);
    expect((await read(made.id)).status).toBe('failed');
    expect(await told(made.id, 2)).toEqual([`refund.created ${first}`, 'refund.failed failed']);
    expect(await booked(`rf-${when}`)).toEqual(['refund 4000', 'refund_failed 4000']);
  });

  it('never: no answer comes, until somebody at the provider gives one', async () => {
    const { made } = await failing('rf-12', { when: 'never' });
    await later(60 * daySeconds);
    expect((await read(made.id)).status).toBe('pending');
    expect((await end(made.id, 'succeeded')).status).toBe('succeeded');
    expect((await end(made.id, 'canceled')).error).toContain('succeeded');
    expect((await end(made.id, 'failed')).status).toBe('failed');
    expect((await end(made.id, 'succeeded')).error).toContain('failed');
    expect((await end('re_none', 'failed')).error).toContain('re_none');
    expect(await booked('rf-12')).toEqual(['refund 4000', 'refund_failed 4000']);
  });

  it('requires-action: nobody says where to, so it is canceled by the clock or by us', async () => {
    const { made } = await failing('rf-13', { when: 'requires-action', seconds: daySeconds });
    expect(made.status).toBe('requires_action');
    await later(daySeconds);
    expect((await read(made.id)).status).toBe('canceled');
    expect(await told(made.id, 2)).toEqual(['refund.created requires_action', 'refund.updated canceled']);
    const second = await failing('rf-14', { when: 'requires-action' });
    expect((await rig.stripe.refunds.cancel(second.made.id)).status).toBe('canceled');
    await expect(rig.stripe.refunds.cancel(second.made.id)).rejects.toMatchObject({ statusCode: 400 });
    expect(await booked('rf-14')).toEqual(['refund 4000', 'refund_failed 4000']);
  });
});
