import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Rig, secret, subjectOf, until } from './testing/rig.ts';

const rig = new Rig();
beforeAll(() => rig.start({ CARD_WEBHOOK_SECRET: `whsec_new,${secret}` }));
beforeEach(() => {
  rig.receiver.received.length = 0;
  rig.receiver.answer = () => 200;
});
afterEach(() => rig.control('DELETE', '/__sim/faults'));
afterAll(() => rig.stop());

const pay = (token = 'pm_card_visa') =>
  rig.stripe.paymentIntents.create({ amount: 4000, currency: 'usd', payment_method: token, confirm: true });
const ids = () => rig.receiver.received.map(({ event }) => event?.id);

describe('webhooks', () => {
  it('tell what happened, signed with both secrets of a roll', async () => {
    const paid = await pay();
    await rig.stripe.refunds.create({ payment_intent: paid.id });
    await pay('pm_card_visa_chargeDeclined').catch(() => undefined);
    await pay('pm_card_authenticationRequired');
    await rig.savedMethod();
    await until(() => rig.receiver.types.length === 6);
    expect(rig.receiver.types.sort()).toEqual([
      'charge.refunded',
      'payment_intent.payment_failed',
      'payment_intent.requires_action',
      'payment_intent.succeeded',
      'refund.created',
      'setup_intent.succeeded',
    ]);
    const succeeded = rig.receiver.received.find(({ event }) => event?.type === 'payment_intent.succeeded');
    expect(succeeded?.event?.data.object).toEqual(JSON.parse(JSON.stringify(paid)));
    expect(succeeded?.header.match(/v1=/g)).toHaveLength(2);
    expect(Number.isInteger(succeeded?.event?.created)).toBe(true);
    expect(await rig.stripe.events.retrieve(String(succeeded?.event?.id))).toMatchObject({
      id: succeeded?.event?.id,
    });
  });

  it('are sent until they are taken, and not quiet meanwhile', async () => {
    let refusals = 2;
    rig.receiver.answer = () => (refusals-- > 0 ? 500 : 200);
    await pay();
    await until(async () => !(await rig.control('GET', '/__sim/quiet')).quiet);
    await until(() => rig.receiver.received.length === 3);
    expect(new Set(rig.receiver.received.map(({ raw }) => raw)).size).toBe(1);
    await rig.quiet();
  });

  it('may come while the call that caused them is still open', async () => {
    let open: unknown[] = [];
    rig.receiver.answer = async () => {
      open = (await rig.control('GET', '/__sim/requests?op=charge.create')).requests.filter(
        ({ status }: { status: number | null }) => status === null,
      );
      return 200;
    };
    await rig.fault('charge.create', 'webhook-before-response');
    await pay();
    expect(open).toHaveLength(1);
  });
});

describe('faults of webhooks', () => {
  it.each([true, false])('duplicate-webhook: the same id again, concurrent %s', async (concurrent) => {
    let answering = 0;
    let most = 0;
    rig.receiver.answer = async () => {
      answering += 1;
      most = Math.max(most, answering);
      if (concurrent) await until(() => rig.receiver.received.length === 3);
      answering -= 1;
      return 200;
    };
    await rig.fault('webhook', 'duplicate-webhook', { count: 3, concurrent });
    await pay();
    await rig.quiet();
    expect(ids()).toHaveLength(3);
    expect(new Set(ids()).size).toBe(1);
    expect(most).toBe(concurrent ? 3 : 1);
  });

  it('renewed-webhook: the same fact under another id', async () => {
    await rig.fault('charge.create', 'renewed-webhook');
    const paid = await pay();
    await until(() => rig.receiver.received.length === 2);
    expect(new Set(ids()).size).toBe(2);
    const subjects = rig.receiver.received.map(({ event }) => subjectOf(event));
    expect(subjects).toEqual([paid.id, paid.id]);
  });

  it('out-of-order-webhook: an earlier state comes after the later one', async () => {
    await rig.fault('webhook', 'out-of-order-webhook');
    await pay();
    await until(() => rig.receiver.received.length === 2);
    expect(rig.receiver.types).toEqual(['payment_intent.succeeded', 'payment_intent.processing']);
  });

  it('lost-webhook and late-webhook', async () => {
    await rig.fault('webhook', 'lost-webhook');
    await rig.fault('webhook', 'late-webhook', { seconds: 3600 });
    await pay();
    const late = await pay();
    await rig.quiet();
    expect(rig.receiver.received).toHaveLength(0);
    expect((await rig.control('GET', '/__sim/next-due')).nextDueAt).not.toBeNull();
    await rig.control('POST', '/__sim/clock/advance', { seconds: 3601 });
    await until(() => rig.receiver.received.length === 1);
    expect(rig.receiver.received[0]?.event?.data.object).toMatchObject({ id: late.id });
  });

  it.each(['signature', 'timestamp', 'missing'])(
    'bad-signature %s: refused, then sent properly',
    async (kind) => {
      await rig.fault('webhook', 'bad-signature', { kind });
      await pay();
      await until(() => rig.receiver.received.length === 2);
      expect(rig.receiver.received.map(({ event }) => event?.type)).toEqual([
        undefined,
        'payment_intent.succeeded',
      ]);
    },
  );

  it('clock-skew: signed ten minutes away', async () => {
    await rig.fault('webhook', 'clock-skew', { seconds: 600 });
    await pay();
    await until(() => rig.receiver.received.length > 0);
    const signedAt = Number(/t=(\d+)/.exec(rig.receiver.received[0]?.header ?? '')?.[1]);
    expect(Math.abs(signedAt - Date.now() / 1000 - 600)).toBeLessThan(60);
  });
});
