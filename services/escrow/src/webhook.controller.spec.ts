import { createHmac } from 'node:crypto';
import { WallClock } from '@holdfast/messaging';
import { expect, test } from '@jest/globals';
import type { CommandBus } from '@nestjs/cqrs';
import type { EscrowConfig } from './config.ts';
import type { PaypalSignature } from './providers/paypal-signature.ts';
import { WebhookController } from './webhook.controller.ts';

const secret = 'whsec_test_secret';

/** What one request makes the controller do; without a signature it has no such header. */
async function receivedWith(signature: string | undefined, body: string | undefined): Promise<object[]> {
  const executed: object[] = [];
  const commands = {
    execute: async ({ input }: { input: object }) => executed.push(input),
  } as unknown as CommandBus;
  const config = { CARD_WEBHOOK_SECRETS: [secret] } as EscrowConfig;
  const controller = new WebhookController(commands, new WallClock(), config, signedIf(false));
  await controller.card(body === undefined ? undefined : Buffer.from(body), signature);
  return executed;
}

const received = (body: string): Promise<object[]> => receivedWith(sign(body), body);

const signedIf = (holds: boolean) => ({ holds: async () => holds }) as unknown as PaypalSignature;

/** What one notice of PayPal makes the controller do. */
async function receivedByPaypal(body: object, signed = true): Promise<object[]> {
  const executed: object[] = [];
  const commands = {
    execute: async ({ input }: { input: object }) => executed.push(input),
  } as unknown as CommandBus;
  const controller = new WebhookController(commands, new WallClock(), {} as EscrowConfig, signedIf(signed));
  await controller.paypal(Buffer.from(JSON.stringify(body)), {});
  return executed;
}

function sign(body: string, key = secret): string {
  const seconds = Math.floor(Date.now() / 1_000);
  return `t=${seconds},v1=${createHmac('sha256', key).update(`${seconds}.${body}`).digest('hex')}`;
}

const notice = (type: string, more = {}) =>
  JSON.stringify({ id: 'evt_1', type, data: { object: { id: 'pi_1', amount: 105_499 } }, ...more });

test.each(['payment_intent.succeeded', 'setup_intent.setup_failed', 'payout.paid', 'payout.failed'])(
  '%s is stored under the provider’s id',
  async (type) => {
    expect(await received(notice(type))).toEqual([
      { message: { source: 'worker', id: 'evt_1' }, provider: 'card', eventType: type, objectId: 'pi_1' },
    ]);
  },
);

test('what does not concern us is answered and forgotten', async () => {
  expect(await received(notice('customer.created'))).toEqual([]);
  expect(await received(notice('my_payment_intent.succeeded'))).toEqual([]);
  expect(await received(notice('payouts.paid'))).toEqual([]);
});

test('F52: without a valid signature nothing is read', async () => {
  const body = notice('payment_intent.succeeded');
  const invalid = { code: 'webhook.signature_invalid' };
  for (const signature of [undefined, '', 'none', 'v1=00', sign(body, 'whsec_of_others'), sign(`${body} `)]) {
    await expect(receivedWith(signature, body)).rejects.toMatchObject(invalid);
    await expect(receivedWith(signature, undefined)).rejects.toMatchObject(invalid);
  }
});

test.each([
  ['no JSON', '{"id":"evt_1"'],
  ['nothing', ''],
  [
    'no event',
    JSON.stringify({ id: 'ch_1', type: 'payment_intent.succeeded', data: { object: { id: 'pi_1' } } }),
  ],
  ['an id with something else in it', notice('payment_intent.succeeded', { id: "evt_1'; --" })],
  ['no object', notice('payment_intent.succeeded', { data: {} })],
])('a signed body that is %s is refused', async (_, body) => {
  await expect(received(body)).rejects.toMatchObject({ code: 'webhook.malformed' });
});

const paypalNotice = (eventType: string, resource: object) => ({
  id: 'WH-1',
  event_type: eventType,
  resource,
});
const ofOrder = { supplementary_data: { related_ids: { order_id: '5O190127TN364715T' } } };

test('a notice of PayPal is stored under the order that it is about', async () => {
  const stored = {
    message: { source: 'worker', id: 'WH-1' },
    provider: 'paypal',
    objectId: '5O190127TN364715T',
  };
  const approved = paypalNotice('CHECKOUT.ORDER.APPROVED', { id: '5O190127TN364715T' });
  expect(await receivedByPaypal(approved)).toEqual([{ ...stored, eventType: 'CHECKOUT.ORDER.APPROVED' }]);
  const completed = paypalNotice('PAYMENT.CAPTURE.COMPLETED', { id: '3C679366HH908993F', ...ofOrder });
  expect(await receivedByPaypal(completed)).toEqual([{ ...stored, eventType: 'PAYMENT.CAPTURE.COMPLETED' }]);
});

test('what PayPal tells of no order is answered and forgotten', async () => {
  expect(await receivedByPaypal(paypalNotice('VAULT.PAYMENT-TOKEN.CREATED', { id: '8kk8451t' }))).toEqual([]);
});

test('F52: of PayPal neither: unsigned nothing is read, and signed nonsense is refused', async () => {
  const approved = paypalNotice('CHECKOUT.ORDER.APPROVED', { id: '5O190127TN364715T' });
  await expect(receivedByPaypal(approved, false)).rejects.toMatchObject({
    code: 'webhook.signature_invalid',
  });
  await expect(receivedByPaypal({ ...approved, id: 'evt_1' })).rejects.toMatchObject({
    code: 'webhook.malformed',
  });
});
