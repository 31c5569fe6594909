import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WallClock } from '@holdfast/messaging';
import type { BreakerSettings } from '@holdfast/providers';
import { readConfig, type Simulator, startSimulator } from '@holdfast/simulator-providers';
import { Impatience } from '@holdfast/testing';
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { BankClient } from '../providers/bank-client.ts';
import { ScreeningClient } from '../providers/screening.ts';

const organizationId = 'org_holdfast';
const apiKeys = { bank: 'mt_test_holdfast', screening: 'scr_test_holdfast' };

type Other = { baseUrl?: string; apiKey?: string };

/** A call as the simulator's log has it. */
export type Logged = {
  seq: number;
  op: string;
  path: string;
  idempotencyKey: string | null;
  bodySha256: string;
  fault: string | null;
  outcome: string;
  status: number | null;
};

/** The simulator of the bank and of the screening vendor in this process, spoken to over HTTP as the real ones would be. */
export class BankProvider {
  readonly #clients: { close(): Promise<void> }[] = [];
  readonly #impatience = new Impatience((op) => this.requests({ op }));
  #simulator!: Simulator;
  #directory = '';

  /** @param environment of the simulator: where its webhooks go, how much the bank holds at the start */
  async start(environment: Record<string, string> = {}): Promise<void> {
    this.#directory = await mkdtemp(join(tmpdir(), 'bank-provider-'));
    const ports = { PORT: '0', CONTROL_PORT: '0', DATA_DIR: this.#directory };
    this.#simulator = await startSimulator(readConfig({ ...ports, ...environment }));
  }

  async stop(): Promise<void> {
    await this.closeClients();
    await this.#simulator.close();
    await rm(this.#directory, { recursive: true });
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${this.#simulator.port}`;
  }

  bank(settings: Partial<BreakerSettings> = {}, other: Other = {}): BankClient {
    const options = { ...this.#reached(), organizationId, apiKey: apiKeys.bank, settings, ...other };
    return this.#opened(new BankClient(options));
  }

  screening(settings: Partial<BreakerSettings> = {}, other: Other = {}): ScreeningClient {
    const options = { ...this.#reached(), apiKey: apiKeys.screening, settings, ...other };
    return this.#opened(new ScreeningClient(options));
  }

  async closeClients(): Promise<void> {
    for (const client of this.#clients.splice(0)) await client.close();
  }

  /** The operation determines the provider; of `webhook` it must be said. */
  fault(
    op: string,
    fault: string,
    params: object = {},
    rest: { provider?: 'bank'; match?: object; times?: number } = {},
  ) {
    this.#impatience.note(op, fault, params);
    return this.#control('POST', '/__sim/faults', { op, fault, params, ...rest });
  }

  healed() {
    this.#impatience.forget();
    return this.#control('DELETE', '/__sim/faults');
  }

  async requests(filter: { op?: string; key?: string; reference?: string }): Promise<Logged[]> {
    return (await this.#control('GET', `/__sim/requests?${new URLSearchParams(filter)}`)).requests;
  }

  /** What the bank truly moved under a reference: an attempt's key, an order's id. */
  async executed(reference: string): Promise<{ kind: string; id: string; amountMinor: string }[]> {
    return (await this.#control('GET', `/__sim/ledger?${new URLSearchParams({ reference })}`)).entries;
  }

  moveClock(offsetMs: number) {
    return this.#control('POST', '/__sim/clock', { offsetMs });
  }

  async nextDueAt(): Promise<Date | undefined> {
    const { nextDueAt } = await this.#control('GET', '/__sim/next-due');
    return nextDueAt ? new Date(nextDueAt) : undefined;
  }

  /** No call runs, and no webhook is under way. */
  async isQuiet(): Promise<boolean> {
    return (await this.#control('GET', '/__sim/quiet')).quiet;
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

  /** Its clients wait for no answer that a fault keeps back. */
  #reached() {
    const { patience } = this.#impatience;
    return { baseUrl: this.baseUrl, wallClock: new WallClock(), patience };
  }

  #opened<Client extends { close(): Promise<void> }>(client: Client): Client {
    this.#clients.push(client);
    return client;
  }
}

/** The same with Jest's life cycle; no fault outlives its test. */
export function useBankProvider(environment: Record<string, string> = {}): BankProvider {
  const provider = new BankProvider();
  beforeAll(() => provider.start(environment));
  afterEach(async () => {
    await provider.healed();
    await provider.closeClients();
  });
  afterAll(() => provider.stop());
  return provider;
}
