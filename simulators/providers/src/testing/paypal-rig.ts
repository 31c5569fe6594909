import { createVerify, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { messageOf } from '../paypal/signing.ts';
import { Rig } from './rig.ts';

const webhookId = 'WH-HOLDFAST-TEST';
export const client = 'paypal_holdfast:paypal_test_holdfast';

// biome-ignore lint/suspicious/noExplicitAny: each test knows the shape it asks for.
type Json = any;
type Answered = { status: number; headers: Headers; body: Json };

/** A webhook as it arrived; `event` is undefined when its signature did not hold. */
export type PaypalWebhook = { headers: IncomingHttpHeaders; raw: string; event: Json | undefined };

/** Receives PayPal's webhooks as a service would: fetches the certificate, verifies, answers 2xx or 400. */
export class PaypalReceiver {
  readonly received: PaypalWebhook[] = [];
  /** Asked before each answer; a test may make it fail or wait. */
  answer: () => number | Promise<number> = () => 200;
  /** Who may vouch for a certificate. */
  authority: () => X509Certificate = () => {
    throw new Error('no authority yet');
  };
  readonly #server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks).toString();
    const isTrue = await this.#holds(request.headers, raw).catch(() => false);
    this.received.push({ headers: request.headers, raw, event: isTrue ? JSON.parse(raw) : undefined });
    response.writeHead(isTrue ? await this.answer() : 400).end();
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/webhooks/paypal`;
  }

  /** The types of the events about one of the caller's own names, in the order of their arrival. */
  about(customId: string): string[] {
    const isOurs = ({ resource }: Json) =>
      [resource.custom_id, resource.purchase_units?.[0].custom_id].includes(customId);
    return this.events.filter(isOurs).map((event) => event.event_type);
  }

  get events(): Json[] {
    return this.received.flatMap(({ event }) => (event ? [event] : []));
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #holds(headers: IncomingHttpHeaders, body: string): Promise<boolean> {
    const header = (name: string) => String(headers[`paypal-${name}`]);
    if (!header('cert-url').startsWith('http://127.0.0.1:')) return false;
    const pem = await (await fetch(header('cert-url'))).text();
    const certificate = new X509Certificate(pem);
    const sentAt = header('transmission-time');
    const message = messageOf({ id: header('transmission-id'), sentAt, webhookId, body });
    const isVouchedFor = certificate.verify(this.authority().publicKey);
    const isOld = Date.now() - Date.parse(sentAt) > 3 * 86_400_000;
    return (
      isVouchedFor &&
      !isOld &&
      header('auth-algo') === 'SHA256withRSA' &&
      createVerify('RSA-SHA256')
        .update(message)
        .verify(certificate.publicKey, header('transmission-sig'), 'base64')
    );
  }
}

/** A simulator in this process, a receiver of PayPal's webhooks, and PayPal's wire. */
export class PaypalRig extends Rig {
  readonly paypal = new PaypalReceiver();
  #names = 0;
  #token: string | undefined;

  override async start(environment: Record<string, string> = {}): Promise<this> {
    await super.start({ PAYPAL_WEBHOOK_URL: await this.paypal.listen(), ...environment });
    const authority = new X509Certificate(readFileSync(join(this.directory, 'paypal-ca.pem')));
    this.paypal.authority = () => authority;
    return this;
  }

  override async stop(): Promise<void> {
    await super.stop();
    this.paypal.close();
  }

  async token(credentials = client): Promise<Answered> {
    return answered(
      await this.wire('/v1/oauth2/token', {
        method: 'POST',
        headers: {
          authorization: `Basic ${btoa(credentials)}`,
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: 'grant_type=client_credentials',
      }),
    );
  }

  /** With a token that is kept, whole answers, and a key if one is given. */
  async api(
    method: string,
    path: string,
    body?: unknown,
    key?: string,
    headers: Record<string, string> = {},
  ): Promise<Answered> {
    this.#token ??= (await this.token()).body.access_token;
    const content =
      body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
    const response = await this.wire(path, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        prefer: 'return=representation',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'paypal-request-id': key }),
        ...headers,
      },
      ...content,
    });
    return answered(response);
  }

  newToken(): void {
    this.#token = undefined;
  }

  /** What an order consists of, with names that nobody had. */
  orderFor(more: object = {}, value = '40.00'): Json {
    this.#names += 1;
    const name = `fd-${this.#names}`;
    return {
      intent: 'CAPTURE',
      purchase_units: [
        { amount: { currency_code: 'USD', value }, custom_id: name, invoice_id: `in-${name}` },
      ],
      ...more,
    };
  }

  async created(order: Json = this.orderFor()): Promise<Json> {
    return { ...(await this.api('POST', '/v2/checkout/orders', order)).body, name: nameOf(order) };
  }

  approve(id: string, account?: string): Promise<Json> {
    return this.control('POST', `/__sim/payer/${id}`, { action: 'approve', ...(account ? { account } : {}) });
  }

  capture(id: string, body: object = {}, key?: string): Promise<Answered> {
    return this.api('POST', `/v2/checkout/orders/${id}/capture`, body, key);
  }

  async order(id: string): Promise<Json> {
    return (await this.api('GET', `/v2/checkout/orders/${id}`)).body;
  }

  /** An order that the payer approved and that was captured. */
  async paid(account?: string): Promise<Json> {
    const { id, name } = await this.created();
    await this.approve(id, account);
    const { body } = await this.capture(id);
    return { ...body, name, captureId: body.purchase_units[0].payments.captures[0].id };
  }

  /** A stored account that may be charged unattended. */
  async vaulted(account?: string): Promise<{ vault_id: string }> {
    const setup = await this.api('POST', '/v3/vault/setup-tokens', setupRequest);
    await this.approve(setup.body.id, account);
    const source = { payment_source: { token: { id: setup.body.id, type: 'SETUP_TOKEN' } } };
    const { body } = await this.api('POST', '/v3/vault/payment-tokens', source);
    return { vault_id: body.id };
  }

  /** What the book says happened under a reference: kinds and amounts. */
  async booked(reference: string): Promise<string[]> {
    const { entries } = await this.control('GET', `/__sim/ledger?provider=paypal&reference=${reference}`);
    return entries.map(({ kind, amountMinor }: Json) => `${kind} ${amountMinor}`);
  }
}

export const setupRequest = {
  payment_source: {
    paypal: {
      usage_type: 'MERCHANT',
      experience_context: {
        return_url: 'https://marketplace.test/back',
        cancel_url: 'https://marketplace.test/no',
      },
    },
  },
};

export const nameOf = (order: Json): string => order.purchase_units[0].custom_id;

async function answered(response: Response): Promise<Answered> {
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : undefined };
}
