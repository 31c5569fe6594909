import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { fetchToken } from '@holdfast/simulator-identity';

/** Where a running system answers; `local` prints and stores them. */
export interface SystemUrls {
  contracts: string;
  escrow: string;
  payouts: string;
  identity: string;
  providersControl: string;
  clock: string;
  /** The receiving mail server's control port. */
  mail: string;
}
export type Service = 'contracts' | 'escrow' | 'payouts';
export type Role = 'client' | 'freelancer' | 'operator';

// biome-ignore lint/suspicious/noExplicitAny: answers are JSON of other programs; each reader knows its form.
export type Json = any;
export type Answer = { status: number; body: Json; headers: Headers };

/** A problem answer where the journey expected a success. */
export class Refused extends Error {
  override readonly name = 'Refused';

  constructor(
    readonly what: string,
    readonly answer: Answer,
  ) {
    super(`${what}: ${answer.status} ${answer.body?.code ?? JSON.stringify(answer.body)}`);
  }

  get code(): string | undefined {
    return this.answer.body?.code;
  }
}

/** Somebody with a token, who talks to the services as the marketplace's screens would. */
export class Person {
  #token: string | undefined;

  constructor(
    readonly id: string,
    readonly roles: readonly Role[],
    readonly urls: SystemUrls,
  ) {}

  async token(): Promise<string> {
    this.#token ??= await fetchToken({ issuer: this.urls.identity, person: this.id, roles: this.roles });
    return this.#token;
  }

  /** One request; every answer is returned, also a refusal. */
  async request(
    service: Service,
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    options: { body?: unknown; key?: string } = {},
  ): Promise<Answer> {
    const response = await fetch(`${this.urls[service]}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await this.token()}`,
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(method === 'GET' ? {} : { 'idempotency-key': options.key ?? randomUUID() }),
      },
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await response.text();
    return { status: response.status, body: text ? JSON.parse(text) : undefined, headers: response.headers };
  }

  /** @throws Refused on any other answer than 2xx */
  async get(service: Service, path: string): Promise<Json> {
    return successOf(`GET ${path}`, await this.request(service, 'GET', path));
  }

  async post(service: Service, path: string, body: unknown = {}, key?: string): Promise<Json> {
    return successOf(`POST ${path}`, await this.request(service, 'POST', path, { body, key }));
  }

  /** For what rests on a fact that is still on its way (M-15): asked again, under the same key, while told to. */
  async postSoon(service: Service, path: string, body: unknown): Promise<Json> {
    const key = randomUUID();
    const answer = await until(
      `POST ${path} is not asked to wait`,
      () => this.request(service, 'POST', path, { body, key }),
      ({ headers }) => !headers.has('retry-after'),
    );
    return successOf(`POST ${path}`, answer);
  }

  async put(service: Service, path: string, body: unknown): Promise<Json> {
    return successOf(`PUT ${path}`, await this.request(service, 'PUT', path, { body }));
  }
}

function successOf(what: string, answer: Answer): Json {
  if (answer.status >= 300) throw new Refused(what, answer);
  return answer.body;
}

/** A running system seen from outside: its people, its clock, its providers' control. */
export class Marketplace {
  readonly operator: Person;

  constructor(readonly urls: SystemUrls) {
    this.operator = new Person('operator', ['operator'], urls);
  }

  /** A new person with an id of its own, so that journeys do not meet. */
  newPerson(name: string, roles: readonly Role[]): Person {
    return new Person(`${name}-${randomUUID().slice(0, 13)}`, roles, this.urls);
  }

  /** Moves business time: ISO 8601 duration or instant. Waits until everything that fell due is done. */
  advance(by: { by: string } | { to: string }): Promise<{ now: string }> {
    return this.#control('clock', '/clock/advance', by, 180_000);
  }

  /** Waits until everything that was started is done. */
  settle(): Promise<{ now: string }> {
    return this.#control('clock', '/clock/settle', {}, 90_000);
  }

  async now(): Promise<Date> {
    const response = await fetch(`${this.urls.clock}/clock`);
    return new Date(((await response.json()) as { now: string }).now);
  }

  /** Asks the provider whose operation it is for a fault by its name (docs/golden-cases.md). */
  fault(rule: { op: string; fault: string; params?: object; match?: object; times?: number }): Promise<Json> {
    return this.#control('providersControl', '/__sim/faults', rule);
  }

  /** Takes one fault back by the id that `fault` gave, or all of them. */
  async clearFaults(id?: string): Promise<void> {
    await fetch(`${this.urls.providersControl}/__sim/faults${id ? `/${id}` : ''}`, { method: 'DELETE' });
  }

  /** The payer confirms at their bank, or fails to; on PayPal's page they approve, with some account, or go back. */
  payer(
    subjectId: string,
    action: 'confirm' | 'fail' | 'approve' | 'cancel',
    account?: string,
  ): Promise<Json> {
    const deed = { action, ...(account === undefined ? {} : { account }) };
    return this.#control('providersControl', `/__sim/payer/${subjectId}`, deed);
  }

  /** The client's bank takes a charge back, or a part of it (4.4 of the protocols). @returns the dispute's id */
  async dispute(fundingId: string, amountMinor?: bigint): Promise<string> {
    const amount = amountMinor === undefined ? {} : { amount: String(amountMinor) };
    return (await this.#control('providersControl', '/__sim/disputes', { reference: fundingId, ...amount }))
      .id;
  }

  /** It is decided at the card network. */
  decideDispute(
    disputeId: string,
    outcome: 'won' | 'lost' | 'reinstated_later',
    feeReturned = false,
  ): Promise<Json> {
    return this.#control('providersControl', `/__sim/disputes/${disputeId}`, { outcome, feeReturned });
  }

  /** The platform moves its own money to or from the customers' account at the bank. */
  bankTransfer(transfer: { reference: string; direction: 'in' | 'out'; amount: string }): Promise<Json> {
    return this.#control('providersControl', '/__sim/transfers', transfer);
  }

  /** What each movement costs at the card provider, or at PayPal, from now on (4.6 of the protocols). */
  costs(tariff: {
    provider?: 'card' | 'paypal';
    bps: number;
    fixedMinor?: string;
    on?: readonly string[];
  }): Promise<Json> {
    return this.#control('providersControl', '/__sim/costs', tariff);
  }

  /** The bank takes something for the account. */
  bankCharges(amount: string): Promise<Json> {
    return this.#control('providersControl', '/__sim/bank-charges', { amount });
  }

  /** What the providers really executed. */
  async providerBook(reference?: string): Promise<Json> {
    const query = reference ? `?reference=${reference}` : '';
    return (await fetch(`${this.urls.providersControl}/__sim/ledger${query}`)).json();
  }

  async providerRequests(query: Record<string, string>): Promise<Json[]> {
    const response = await fetch(
      `${this.urls.providersControl}/__sim/requests?${new URLSearchParams(query)}`,
    );
    return ((await response.json()) as { requests: Json[] }).requests;
  }

  /** The mails that an address has received, oldest first. */
  async mailsTo(address: string): Promise<Json[]> {
    const response = await fetch(`${this.urls.mail}/__sim/messages?${new URLSearchParams({ to: address })}`);
    return ((await response.json()) as { messages: Json[] }).messages;
  }

  /** What goes wrong with the next mails, or those to one address (simulators/mail). */
  mailFault(rule: { fault: string; to?: string; times?: number }): Promise<Json> {
    return this.#control('mail', '/__sim/faults', rule);
  }

  async clearMailFaults(): Promise<void> {
    await fetch(`${this.urls.mail}/__sim/faults`, { method: 'DELETE' });
  }

  /** A mail that was taken comes back after all, and its server reports so. */
  mailBounces(messageId: string): Promise<Json> {
    return this.#control('mail', '/__sim/reports', { messageId });
  }

  async #control(
    where: 'clock' | 'providersControl' | 'mail',
    path: string,
    body: object,
    timeoutMs = 30_000,
  ): Promise<Json> {
    const response = await fetch(`${this.urls[where]}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const answer = (await response.json()) as Json;
    if (!response.ok) throw new Error(`${path}: ${answer.error ?? response.status}`);
    return answer;
  }
}

/** Asks again every 50 ms until the answer is the wanted one. */
export async function until<T>(
  what: string,
  read: () => Promise<T>,
  holds: (value: T) => boolean,
  withinMs = 60_000,
): Promise<T> {
  const giveUpAt = performance.now() + withinMs;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (performance.now() > giveUpAt)
      throw new Error(`${what}: not within ${withinMs} ms: ${JSON.stringify(value)}`);
    await pause(50);
  }
}
