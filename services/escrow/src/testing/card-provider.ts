import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId, WallClock } from '@holdfast/messaging';
import type { BreakerSettings } from '@holdfast/providers';
import { readConfig, type Simulator, startSimulator } from '@holdfast/simulator-providers';
import { Impatience } from '@holdfast/testing';
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { BankClient, type BankClientOptions } from '../providers/bank-client.ts';
import { CardClient, type CardClientOptions } from '../providers/card-client.ts';
import { PaypalClient, type PaypalClientOptions } from '../providers/paypal-client.ts';

const apiKey = 'sk_test_holdfast';

/** A call as the simulator's log has it. */
export type Logged = {
  seq: number;
  op: string;
  idempotencyKey: string | null;
  bodySha256: string;
  fault: string | null;
  outcome: string;
  status: number | null;
};

/** The card provider's simulator in this process, spoken to over HTTP as the real one would be. */
export class CardProvider {
  readonly #clients: { close(): Promise<void> }[] = [];
  readonly #impatience = new Impatience((op) => this.requests({ op }));
  #simulator!: Simulator;
  #directory = '';

  /** @param webhookUrl where its notices go; without one it sends none */
  async start(webhookUrl = '', paypalWebhookUrl = ''): Promise<void> {
    this.#directory = await mkdtemp(join(tmpdir(), 'card-provider-'));
    const ports = { PORT: '0', CONTROL_PORT: '0', DATA_DIR: this.#directory, CARD_API_KEY: apiKey };
    const urls = { CARD_WEBHOOK_URL: webhookUrl, PAYPAL_WEBHOOK_URL: paypalWebhookUrl };
    this.#simulator = await startSimulator(readConfig({ ...ports, ...urls }));
  }

  async stop(): Promise<void> {
    await this.closeClients();
    await this.#simulator.close();
    await rm(this.#directory, { recursive: true });
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${this.#simulator.port}`;
  }

  client(
    settings: Partial<BreakerSettings> = {},
    options: Partial<Pick<CardClientOptions, 'baseUrl' | 'apiKey' | 'patience'>> = {},
  ): CardClient {
    const client = new CardClient({
      baseUrl: this.baseUrl,
      apiKey,
      wallClock: new WallClock(),
      settings,
      ...options,
    });
    this.#clients.push(client);
    return client;
  }

  /** PayPal speaks from the same simulator. */
  paypalClient(
    settings: Partial<BreakerSettings> = {},
    options: Partial<Pick<PaypalClientOptions, 'patience'>> = {},
  ): PaypalClient {
    const credentials = { clientId: 'paypal_holdfast', clientSecret: 'paypal_test_holdfast' };
    const common = { baseUrl: this.baseUrl, wallClock: new WallClock(), settings };
    const client = new PaypalClient({ ...common, ...credentials, ...options });
    this.#clients.push(client);
    return client;
  }

  /** So does the bank. */
  bankClient(
    settings: Partial<BreakerSettings> = {},
    options: Partial<Pick<BankClientOptions, 'patience'>> = {},
  ): BankClient {
    const credentials = { organizationId: 'org_holdfast', apiKey: 'mt_test_holdfast' };
    const common = { baseUrl: this.baseUrl, wallClock: new WallClock(), settings };
    const client = new BankClient({ ...common, ...credentials, ...options });
    this.#clients.push(client);
    return client;
  }

  /** They wait for no answer that a fault keeps back. */
  impatient(): { client: CardClient; paypalClient: PaypalClient; bankClient: BankClient } {
    const { patience } = this.#impatience;
    return {
      client: this.client({}, { patience }),
      paypalClient: this.paypalClient({}, { patience }),
      bankClient: this.bankClient({}, { patience }),
    };
  }

  /** Who vouches for the certificates of PayPal's notices, in PEM. */
  get paypalAuthority(): string {
    return readFileSync(join(this.#directory, 'paypal-ca.pem'), 'utf8');
  }

  get host(): string {
    return new URL(this.baseUrl).host;
  }

  async closeClients(): Promise<void> {
    for (const client of this.#clients.splice(0)) await client.close();
  }

  fault(
    op: string,
    fault: string,
    params: object = {},
    rest: { provider?: string; match?: object; times?: number } = {},
  ) {
    this.#impatience.note(op, fault);
    return this.#control('POST', '/__sim/faults', { op, fault, params, ...rest });
  }

  healed() {
    this.#impatience.forget();
    return this.#control('DELETE', '/__sim/faults');
  }

  payerActs(id: string, action: 'confirm' | 'fail' | 'approve' | 'cancel', account?: string) {
    return this.#control('POST', `/__sim/payer/${id}`, { action, ...(account ? { account } : {}) });
  }

  async requests(filter: { op?: string; key?: string }): Promise<Logged[]> {
    return (await this.#control('GET', `/__sim/requests?${new URLSearchParams(filter)}`)).requests;
  }

  /** What was truly charged for something: an intent, or a mark that it carries. */
  async charged(reference: string): Promise<{ amountMinor: string }[]> {
    return (await this.#control('GET', `/__sim/ledger?reference=${reference}`)).charges;
  }

  /** Movements in the books of the card provider and of the bank under a mark, as `kind amount`. */
  async moved(reference: string): Promise<string[]> {
    const { entries } = await this.#control('GET', `/__sim/ledger?reference=${reference}`);
    return entries.map(
      ({ kind, amountMinor }: { kind: string; amountMinor: string }) => `${kind} ${amountMinor}`,
    );
  }

  /** The payer's bank disputes a charge, by a mark that it carries. @returns the dispute's id */
  async dispute(
    reference: string,
    how: { amount?: string; kind?: string; dueInDays?: number } = {},
  ): Promise<string> {
    return (await this.#control('POST', '/__sim/disputes', { reference, ...how })).id;
  }

  /** The bank decides. */
  decides(disputeId: string, outcome: 'won' | 'lost' | 'escalate' | 'reinstated_later', feeReturned = false) {
    return this.#control('POST', `/__sim/disputes/${disputeId}`, { outcome, feeReturned });
  }

  /** What each movement costs from now on. */
  costs(tariff: { bps: number; fixedMinor?: string; provider?: 'card' | 'paypal' }) {
    return this.#control('POST', '/__sim/costs', tariff);
  }

  /** The bank takes something for its work. @returns its own name of the line */
  async bankCharges(amount: string): Promise<string> {
    return (await this.#control('POST', '/__sim/bank-charges', { amount })).id;
  }

  /** What it holds by its own book. */
  async holds(place: 'card' | 'paypal' | 'bank' = 'card'): Promise<bigint> {
    const { balances } = await this.#control('GET', `/__sim/balance?provider=${place}`);
    return BigInt(balances[0]?.amountMinor ?? 0);
  }

  /** A charge that nobody here has asked for. */
  async charge(amountMinor: bigint): Promise<void> {
    const answer = await fetch(`${this.baseUrl}/v1/payment_intents`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${apiKey}`,
        'content-type': 'application/x-www-form-urlencoded',
        'idempotency-key': newId(),
      },
      body: new URLSearchParams({
        amount: String(amountMinor),
        currency: 'usd',
        payment_method: 'pm_card_visa',
        confirm: 'true',
      }),
    });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  }

  /** Business time of the simulator, in step with ours. */
  moveTo(offsetMs: number) {
    return this.#control('POST', '/__sim/clock', { offsetMs: Math.ceil(offsetMs) });
  }

  // biome-ignore lint/suspicious/noExplicitAny: each test knows the shape it asks for.
  async #control(method: string, path: string, body?: object): Promise<any> {
    const response = await fetch(`http://127.0.0.1:${this.#simulator.controlPort}${path}`, {
      method,
      ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }
}

/** The same with Jest's life cycle; no fault outlives its test. */
export function useCardProvider(webhooks?: { start(): Promise<string>; stop(): void }): CardProvider {
  const provider = new CardProvider();
  beforeAll(async () => provider.start(await webhooks?.start()));
  afterEach(async () => {
    await provider.healed();
    await provider.closeClients();
  });
  afterAll(async () => {
    await provider.stop();
    webhooks?.stop();
  });
  return provider;
}
