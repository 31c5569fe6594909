import { randomUUID } from 'node:crypto';
import { type Json, type Marketplace, Person, type Role, type Service } from '../marketplace.ts';
import { type Call, call, type Problem } from './problems.ts';

/**
 * A deal in which each route of a party below would succeed, had nothing been changed about its call. What operators
 * act on has made-up ids: none of these tests lets them come that far.
 */
export interface Scene {
  client: Person;
  freelancer: Person;
  /** Not accepted yet. */
  offerId: string;
  agreementId: string;
  /** Funded, and its work is under review. */
  milestoneId: string;
  submissionId: string;
  /** Agreed, not funded. */
  laterMilestoneId: string;
  /** Charged and released. */
  bonusId: string;
  /** The client's card, which is charged. */
  billingMethodId: string;
  /** The freelancer's bank account, which can be used. */
  methodId: string;
  /** Waits for its cut-off. */
  withdrawalId: string;
  /** Proposed by the freelancer, not answered yet. */
  amendmentId: string;
  /** The client has been told something. */
  noticeId: string;
  /** Of the client; lifted, since one that stands would forbid what other routes do. */
  holdId: string;
}

type Id =
  | 'offerId'
  | 'agreementId'
  | 'amendmentId'
  | 'milestoneId'
  | 'billingMethodId'
  | 'bonusId'
  | 'methodId'
  | 'withdrawalId'
  | 'noticeId'
  | 'holdId';

/** How a route is called as it should be. Whose it is decides how a stranger is answered. */
export interface Route {
  service: Service;
  method: Call['method'];
  path: string;
  /** No token; any caller's own; a party of the thing that the path names; operators. */
  of: 'everybody' | 'caller' | 'party' | 'operator';
  role?: Role;
  /** Both parties may call it; in the scene this one does. */
  either?: Role;
  body?: (scene: Scene) => Json;
  /** Where the thing is named behind the path, and not in it. */
  query?: string;
  /** The field whose digits may pass for a card number by chance (P-15). */
  digitsIn?: string;
  /** A repeat is harmless without an Idempotency-Key, or the sender is no person. */
  keyless?: true;
}

export const nameOf = ({ service, method, path }: Route): string => `${service} ${method} ${path}`;

/** The same person with every role that a caller may hold, so that roles alone refuse nothing. */
export const withRoles = ({ id, urls }: Person, roles: readonly Role[] = ['client', 'freelancer']): Person =>
  new Person(id, roles, urls);

/** Who may call a route. */
export function callerOf({ of, role, either }: Route, scene: Scene, market: Marketplace): Person {
  if (of === 'operator') return market.operator;
  return (role ?? either) === 'freelancer' ? scene.freelancer : scene.client;
}

/** An attempt's id has a form of its own (W-15). */
const newAttemptKey = (): string => `po_${randomUUID().slice(0, 8).toUpperCase()}-1`;

/** The path with the ids given, else with ids that nobody has. */
export const pathOf = ({ path, query = '' }: Route, ids: Partial<Record<Id, string>>): string =>
  (path + query).replace(
    /\{(\w+)\}/g,
    (_, name: string) => ids[name as Id] ?? (name === 'key' ? newAttemptKey() : randomUUID()),
  );

/** Calls a route as it should be called, but for what `changed` says. */
export async function callRoute(
  route: Route,
  {
    scene,
    person,
    ...changed
  }: { scene: Scene; person: Person; path?: string; body?: Json; headers?: Call['headers'] },
): Promise<Problem> {
  const body = 'body' in changed ? changed.body : route.body?.(scene);
  return call(person.urls, route.service, changed.path ?? pathOf(route, scene), {
    method: route.method,
    body,
    headers: {
      authorization: `Bearer ${await person.token()}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(route.method === 'GET' || route.keyless ? {} : { 'idempotency-key': randomUUID() }),
      ...changed.headers,
    },
  });
}
