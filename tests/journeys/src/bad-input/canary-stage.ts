import { randomBytes } from 'node:crypto';
import { expect } from '@jest/globals';
import type { Answer, Json, Marketplace, Person, Service } from '../marketplace.ts';
import type { Inside } from '../running-inside.ts';
import { Canaries, newCardNumber } from './canaries.ts';
import { leavesOf, replaced } from './leaves.ts';
import { expectProblem, type Problem } from './problems.ts';
import { callerOf, callRoute, nameOf, pathOf, type Route, type Scene } from './route.ts';
import type { Written } from './written.ts';

/** Where canaries are put, and all that was answered to it. */
export class CanaryStage {
  readonly canaries = new Canaries();
  readonly answers: Written[] = [];
  readonly card = this.canaries.keep('secret', 'a card number', newCardNumber());
  /** Of the records that no service has written. */
  readonly foreignKeys = ['one', 'two', 'three'].map((which) =>
    this.canaries.word('foreignName', `the key of record ${which}`),
  );

  constructor(
    readonly market: Marketplace,
    readonly inside: Inside,
  ) {}

  /** What the services are started with and nobody may learn, and what proves who a person is. */
  async keepSecrets(people: readonly Person[]): Promise<void> {
    for (const person of people) {
      const [, , signature] = (await person.token()).split('.');
      this.canaries.keep('secret', `the token of ${person.id}`, signature!);
    }
    const names = new Set<string>();
    for (const [name, value] of Object.values(this.inside.environments).flatMap(Object.entries<string>)) {
      const secrets = /_(KEY|SECRET|PASSWORD)S?$/.test(name) ? value.split(',') : [];
      if (/^DATABASE_/.test(name)) secrets.push(new URL(value).password);
      if (secrets.length > 0) names.add(name);
      // A master key has its name in front.
      for (const secret of secrets) this.canaries.keep('secret', name, secret.replace(/^\w+:/, ''));
    }
    const providers = ['CARD_API_KEY', 'BANK_API_KEY', 'SCREENING_API_KEY'];
    const webhooks = ['CARD_WEBHOOK_SECRETS', 'BANK_WEBHOOK_SECRETS', 'MAIL_WEBHOOK_SECRETS'];
    const own = ['MAIL_PASSWORD', 'UNSUBSCRIBE_SECRET', 'DATABASE_URL', 'DATABASE_OWNER_URL', 'MASTER_KEYS'];
    expect([...names]).toEqual(expect.arrayContaining([...providers, ...webhooks, ...own]));
  }

  secret(from: string): string {
    return this.canaries.word('secret', from);
  }

  text(from: string): string {
    return this.canaries.word('text', from);
  }

  reason(from: string): { reason: string } {
    return { reason: this.canaries.word('reason', from) };
  }

  /** A route called as it should be, but for what was changed: taken, or refused with a documented problem. */
  async send(
    route: Route,
    scene: Scene,
    changed: Omit<Parameters<typeof callRoute>[1], 'scene' | 'person'> = {},
  ): Promise<Problem> {
    const answer = await callRoute(route, { scene, person: callerOf(route, scene, this.market), ...changed });
    this.#keep(nameOf(route), answer);
    if (answer.status >= 300) expectProblem(answer);
    return answer;
  }

  /** One act of somebody, which must succeed. */
  async act(person: Person, name: `${Service} ${'POST' | 'PUT'} ${string}`, body: Json): Promise<Json> {
    const [service, method, path] = name.split(' ') as [Service, 'POST' | 'PUT', string];
    const answer = await person.request(service, method, path, { body });
    this.#keep(name, answer);
    expect(`${name}: ${answer.status} ${answer.body?.code ?? ''}`).toMatch(/ 20\d $/);
    return answer.body;
  }

  /** The next call of this kind is executed and answered with words that only the provider can have put there. */
  async providerSays(op: 'charge.create' | 'settlement.create' | 'payout.read'): Promise<void> {
    const status = `${this.secret(`the status of a ${op}`)} ${this.card}`;
    await this.market.fault({ op, fault: 'unknown-status', params: { status } });
  }

  #keep(what: string, { status, body, headers }: Answer): void {
    this.answers.push({ place: `answer ${what} ${status}`, text: JSON.stringify([body, [...headers]]) });
  }
}

/** What a leaf of a body plays; what a route does not take there is a secret. */
function kindOf(route: Route, leaf: string | number | undefined): string {
  if (leaf === 'reason' && route.of === 'operator') return 'reason';
  const texts = ['title', 'scope', 'deliverables', 'message', 'name', 'note', 'reason'];
  return texts.includes(String(leaf)) ? 'text' : 'secret';
}

const queryNames = ['after', 'ids', 'numbers', 'limit', 'agreement', 'account', 'kind', 'token'];
const headerNames = [
  ...['user-agent', 'referer', 'origin', 'cookie', 'accept', 'accept-language', 'if-none-match', 'via'],
  ...['from', 'forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'x-api-key', 'x-request-id'],
  ...['request-id', 'correlation-id', 'x-correlation-id', 'traceparent', 'tracestate', 'baggage'],
];

/** Calls of one route with something else in each field of its body, and in one that nobody asked for. */
export function callsWithin(stage: CanaryStage, route: Route, scene: Scene): (() => Promise<unknown>)[] {
  const body = route.body?.(scene);
  if (!body) return [];
  const unknown = `${stage.secret(`${nameOf(route)}, unknown`)}\r\n{"level":"fatal"}\u001b[31m`;
  const bodies = leavesOf(body).flatMap(({ path }) => {
    const word = stage.canaries.word(kindOf(route, path.at(-1)), `${nameOf(route)}, ${path.join('.')}`);
    // An amount is typed and may have any digits (P-15).
    const values = path.at(-1) === 'amountMinor' ? [word] : [word, stage.card];
    return values.map((value) => replaced(body, path, value));
  });
  return [...bodies, { ...body, unknown }].map(
    (changed) => () => stage.send(route, scene, { body: changed }),
  );
}

/** Calls of one route that differ from what they should be in everything but the body. */
export function callsAround(stage: CanaryStage, route: Route, scene: Scene): (() => Promise<unknown>)[] {
  const from = (place: string): string => stage.secret(`${nameOf(route)}, ${place}`);
  const headers = Object.fromEntries(headerNames.map((header) => [header, from(header)]));
  const traced = {
    traceparent: `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`,
    tracestate: `vendor=${from('tracestate')}`,
    baggage: `member=${from('baggage')}`,
  };
  const isRepeatable = route.method !== 'GET' && !route.keyless;
  const key = stage.canaries.word('key', `${nameOf(route)}, Idempotency-Key`);
  const parts = [{ alg: 'ES256', kid: from('kid') }, { sub: from('sub') }].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  const authorization = `Bearer ${[...parts, from('signature')].join('.')}`;
  const path = pathOf(route, scene);
  const paths = [
    `${path}/${from('behind the path')}`,
    ...(route.path.includes('{') ? [from('path'), stage.card] : []).map((id) =>
      route.path.replaceAll(/\{\w+\}/g, id),
    ),
    ...(route.method === 'GET' ? queryNames.map((name) => `${path}?${name}=${from(name)}`) : []),
  ];
  const changes = [
    { headers: { ...headers, ...traced, ...(isRepeatable ? { 'idempotency-key': key } : {}) } },
    { headers: { authorization } },
    { headers: { 'content-type': `application/${from('content-type')}` } },
    ...paths.map((changed) => ({ path: changed, headers })),
  ];
  return changes.map((changed) => () => stage.send(route, scene, changed));
}

/** So many at once that those which wait for a fact (M-15) keep nobody waiting, and no socket starves. */
export async function inTurns(calls: readonly (() => Promise<unknown>)[]): Promise<void> {
  const queue = calls.values();
  const workers = Array.from({ length: 30 }, async () => {
    for (const next of queue) await next();
  });
  await Promise.all(workers);
}
