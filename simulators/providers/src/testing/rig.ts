import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Stripe from 'stripe';
import { readConfig, type Simulator, startSimulator } from '../main.ts';

export const secret = 'whsec_test_secret';
export const apiKey = 'sk_test_holdfast';

/** A webhook as it arrived; `event` is undefined when its signature did not hold. */
export type Received = { raw: string; header: string; event: Stripe.Event | undefined };

/** Receives webhooks as a service would: verifies with the real library, answers 2xx or 400. */
export class Receiver {
  readonly received: Received[] = [];
  /** Asked before each answer; a test may make it fail or wait. */
  answer: () => number | Promise<number> = () => 200;
  readonly #server: Server;

  constructor(secrets: string) {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const raw = Buffer.concat(chunks).toString();
      const header = String(request.headers['stripe-signature'] ?? '');
      const event = verified(raw, header, secrets);
      this.received.push({ raw, header, event });
      response.writeHead(event ? await this.answer() : 400).end();
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/webhooks/card`;
  }

  get types(): string[] {
    return this.received.flatMap(({ event }) => (event ? [event.type] : []));
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

function verified(raw: string, header: string, webhookSecret: string): Stripe.Event | undefined {
  try {
    return new Stripe(apiKey).webhooks.constructEvent(raw, header, webhookSecret);
  } catch {
    return undefined;
  }
}

/**
 * A simulator in this process, the real client library, a receiver and a way to speak to the control port.
 */
export class Rig {
  directory = '';
  simulator!: Simulator;
  receiver!: Receiver;
  stripe!: Stripe;
  #environment: Record<string, string> = {};

  async start(environment: Record<string, string> = {}): Promise<this> {
    this.directory = await mkdtemp(join(tmpdir(), 'card-simulator-'));
    this.receiver = new Receiver(secret);
    const url = await this.receiver.listen();
    this.#environment = {
      PORT: '0',
      CONTROL_PORT: '0',
      DATA_DIR: this.directory,
      CARD_WEBHOOK_URL: url,
      CARD_WEBHOOK_SECRET: secret,
      ...environment,
    };
    await this.#run();
    return this;
  }

  async restart(): Promise<void> {
    await this.simulator.close();
    await this.#run();
  }

  async stop(): Promise<void> {
    await this.simulator.close();
    this.receiver.close();
    await rm(this.directory, { recursive: true });
  }

  /** Straight onto the wire, without the library. */
  wire(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${apiKey}`, connection: 'close', ...(init.headers as object) };
    return fetch(`http://127.0.0.1:${this.simulator.port}${path}`, { ...init, headers });
  }

  form(path: string, body: string, key?: string): Promise<Response> {
    const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded' };
    if (key) headers['idempotency-key'] = key;
    return this.wire(path, { method: 'POST', body, headers });
  }

  // biome-ignore lint/suspicious/noExplicitAny: each test knows the shape it asks for.
  async control(method: string, path: string, body?: unknown): Promise<any> {
    const content =
      body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const response = await fetch(`http://127.0.0.1:${this.simulator.controlPort}${path}`, {
      method,
      ...content,
    });
    const text = await response.text();
    return { status: response.status, ...(text ? JSON.parse(text) : {}) };
  }

  fault(op: string, fault: string, params: object = {}, rest: object = {}) {
    return this.control('POST', '/__sim/faults', { provider: 'card', op, fault, params, ...rest });
  }

  async quiet(): Promise<void> {
    await until(async () => (await this.control('GET', '/__sim/quiet')).quiet);
  }

  /** Whether the last call of an operation has begun and hangs without an answer. */
  async keepsWaiting(op: string): Promise<boolean> {
    const { requests } = await this.control('GET', `/__sim/requests?op=${op}`);
    const { reasons } = await this.control('GET', '/__sim/quiet');
    const last = requests.at(-1);
    const runs = reasons.some((reason: string) => reason.startsWith(`call ${op} `));
    return last?.outcome === 'not-executed' && last.status === null && runs;
  }

  /** A customer whose card may be charged unattended. */
  async savedMethod(token = 'pm_card_visa'): Promise<{ customer: string; payment_method: string }> {
    const customer = await this.stripe.customers.create({ metadata: { client_id: 'c-1' } });
    const setup = await this.stripe.setupIntents.create({ customer: customer.id, payment_method: token });
    const settled = await this.stripe.setupIntents.confirm(setup.id);
    return { customer: customer.id, payment_method: String(settled.payment_method) };
  }

  async #run(): Promise<void> {
    this.simulator = await startSimulator(readConfig(this.#environment));
    const port = this.simulator.port;
    this.stripe = new Stripe(apiKey, {
      host: '127.0.0.1',
      port,
      protocol: 'http',
      maxNetworkRetries: 0,
      timeout: 60_000,
    });
  }
}

/** The id of what an event is about. */
export function subjectOf(event: Stripe.Event | undefined): string | undefined {
  return (event?.data.object as { id: string } | undefined)?.id;
}

/** Waits for a fact, not for a time; so long only a machine that stands still needs. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > giveUpAt) throw new Error(`never came true: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
