import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Rig } from './rig.ts';

const webhookKey = 'mt_test_key';
const credentials = Buffer.from('org_holdfast:mt_test_holdfast').toString('base64');

// biome-ignore lint/suspicious/noExplicitAny: each test knows the shape it asks for.
type Json = any;
type Answered = { status: number; headers: Headers; body: Json };

/** A webhook as it arrived; `event` is undefined when its signature did not hold. */
export type BankWebhook = { id: string; raw: string; event: string | undefined; data: Json };

/** Receives the bank's webhooks as a service would: verifies, answers 2xx or 400. */
export class BankReceiver {
  readonly received: BankWebhook[] = [];
  /** Asked before each answer; a test may make it fail or wait. */
  answer: () => number | Promise<number> = () => 200;
  readonly #server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks).toString();
    const isTrue =
      request.headers['x-signature'] === createHmac('sha256', webhookKey).update(raw).digest('hex');
    const { event, data } = isTrue ? JSON.parse(raw) : {};
    this.received.push({ id: String(request.headers['x-webhook-id']), raw, event, data });
    response.writeHead(isTrue ? await this.answer() : 400).end();
  });

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/webhooks/bank`;
  }

  /** The names of the events about an order, in the order of their arrival. */
  about(orderId: string): (string | undefined)[] {
    return this.received.filter(({ data }) => data?.id === orderId).map(({ event }) => event);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

/** A simulator in this process, a receiver of the bank's webhooks, and the bank's wire. */
export class BankRig extends Rig {
  readonly bank = new BankReceiver();
  #orders = 0;

  override async start(environment: Record<string, string> = {}): Promise<this> {
    return super.start({
      BANK_WEBHOOK_URL: await this.bank.listen(),
      BANK_WEBHOOK_SECRET: `${webhookKey},mt_older_key`,
      ...environment,
    });
  }

  override async stop(): Promise<void> {
    await super.stop();
    this.bank.close();
  }

  async api(method: string, path: string, body?: unknown, key?: string): Promise<Answered> {
    const response = await this.wire(path, {
      method,
      headers: {
        authorization: `Basic ${credentials}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : undefined };
  }

  /** @returns the id of the account to pay to */
  async payee(accountNumber = '123456789'): Promise<string> {
    const { body } = await this.api('POST', '/api/counterparties', counterparty(accountNumber));
    return body.accounts[0].id;
  }

  /** What an order consists of, with an external id that nobody had. */
  async orderFor(payee: string | Promise<string>, more: object = {}): Promise<Json> {
    this.#orders += 1;
    return {
      type: 'ach',
      subtype: 'PPD',
      amount: 1500,
      direction: 'credit',
      currency: 'USD',
      originating_account_id: 'ia_holdfast',
      receiving_account_id: await payee,
      external_id: `po_${this.#orders}-1`,
      ...more,
    };
  }

  /** Creates an order under its external id. */
  async pay(accountNumber?: string, more: object = {}): Promise<Json> {
    const order = await this.orderFor(this.payee(accountNumber), more);
    const { body } = await this.api('POST', '/api/payment_orders', order, order.external_id);
    return body;
  }

  async order(id: string): Promise<Json> {
    return (await this.api('GET', `/api/payment_orders/${id}`)).body;
  }

  /** Business time becomes this instant, or a moment later. */
  async moveTo(instant: string): Promise<void> {
    const offsetMs = Date.parse(instant) - Date.now() + 100;
    const { error } = await this.control('POST', '/__sim/clock', { offsetMs });
    if (error) throw new Error(error);
  }

  /** What the book says happened under a reference: kinds and amounts. */
  async booked(reference: string): Promise<string[]> {
    const { entries } = await this.control('GET', `/__sim/ledger?reference=${reference}`);
    return entries.map(({ kind, amountMinor }: Json) => `${kind} ${amountMinor}`);
  }

  async balanceMinor(): Promise<bigint> {
    const { balances } = await this.control('GET', '/__sim/balance?provider=bank');
    return BigInt(balances[0].amountMinor);
  }
}

export function counterparty(accountNumber: string, routingNumber = '021000021') {
  return {
    name: 'A Freelancer',
    accounts: [
      {
        party_name: 'A Freelancer',
        account_type: 'checking',
        account_details: [{ account_number: accountNumber }],
        routing_details: [{ routing_number: routingNumber, routing_number_type: 'aba' }],
      },
    ],
    metadata: { method_id: 'm-1' },
  };
}
