import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WallClock } from '@holdfast/messaging';
import { eventually } from '@holdfast/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CardProvider } from '../testing/card-provider.ts';
import { PaypalSignature, type SignatureOptions } from './paypal-signature.ts';

type Notice = { headers: IncomingHttpHeaders; body: Buffer };

const provider = new CardProvider();
const notices: Notice[] = [];
/** Takes every notice as it comes: what it is worth is judged afterwards. */
const receiver = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  notices.push({ headers: request.headers, body: Buffer.concat(chunks) });
  response.writeHead(200).end();
});
let orders = 0;

beforeAll(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  await provider.start('', `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`);
});
afterAll(async () => {
  await provider.stop();
  receiver.close();
});

/** A notice of PayPal, signed as `fault` would have it. */
async function told(fault?: string, params: object = {}): Promise<Notice> {
  if (fault) await provider.fault('webhook', fault, params, { provider: 'paypal' });
  const client = provider.paypalClient();
  orders += 1;
  const unit = { custom_id: `order-${orders}`, amount: { currency_code: 'USD', value: '1.00' } };
  const outcome = await client.call({
    operation: 'order.create',
    method: 'POST',
    path: '/v2/checkout/orders',
    body: JSON.stringify({ intent: 'CAPTURE', purchase_units: [unit] }),
  });
  const { id } = (outcome as { body: { id: string } }).body;
  await provider.payerActs(id, 'approve');
  return eventually(
    async () => notices.find(({ body }) => body.includes(id)),
    (notice) => notice !== undefined,
  ) as Promise<Notice>;
}

const holds = ({ headers, body }: Notice, options: Partial<SignatureOptions> = {}): Promise<boolean> =>
  new PaypalSignature({
    webhookId: 'WH-HOLDFAST-TEST',
    hosts: [provider.host],
    authority: provider.paypalAuthority,
    wallClock: new WallClock(),
    ...options,
  }).holds(headers, body);

describe('1.7: a notice of PayPal', () => {
  test('holds as it came, and with no other byte, header or name of ours', async () => {
    const notice = await told();
    expect(await holds(notice)).toBe(true);
    expect(await holds({ ...notice, body: Buffer.concat([notice.body, Buffer.from(' ')]) })).toBe(false);
    expect(await holds(notice, { webhookId: 'WH-OTHER' })).toBe(false);
    for (const name of ['id', 'time', 'sig'].map((part) => `paypal-transmission-${part}`)) {
      const { [name]: _, ...headers } = notice.headers;
      expect(await holds({ ...notice, headers })).toBe(false);
    }
    for (const [name, value] of [
      ['paypal-auth-algo', 'SHA1withRSA'],
      ['paypal-transmission-id', 'WH-another'],
      ['paypal-transmission-time', '2026-01-01T00:00:00Z'],
      ['paypal-transmission-time', 'yesterday'],
      ['paypal-cert-url', 'file:///etc/passwd'],
      ['paypal-cert-url', `http://${provider.host}/v1/notifications/certs/CERT-none`],
    ] as const) {
      expect(await holds({ ...notice, headers: { ...notice.headers, [name]: value } })).toBe(false);
    }
  });

  test('F52: only with a certificate of an allowed host, which somebody we trust has issued', async () => {
    const notice = await told();
    expect(await holds(notice, { hosts: ['*.paypal.com'] })).toBe(false);
    expect(await holds(notice, { hosts: ['127.0.0.1'] })).toBe(false);
    expect(await holds(notice, { authority: undefined })).toBe(false);
  });

  test.each(['signature', 'timestamp', 'missing', 'webhook-id', 'certificate'])(
    'F52: with a forged one (%s) does not',
    async (kind) => {
      expect(await holds(await told('bad-signature', { kind }))).toBe(false);
    },
  );

  test('holds ten minutes off, and after a change of its key', async () => {
    expect(await holds(await told('clock-skew', { seconds: 600 }))).toBe(true);
    const before = await told();
    const after = await told('key-rotation');
    expect(after.headers['paypal-cert-url']).not.toBe(before.headers['paypal-cert-url']);
    expect([await holds(before), await holds(after)]).toEqual([true, true]);
  });
});
