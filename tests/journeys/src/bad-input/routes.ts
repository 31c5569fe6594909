import { randomUUID } from 'node:crypto';
import { arrangeFunded, sendOffer, submit, untilStatus } from '../agreement.ts';
import { type Json, type Marketplace, Person, type Role, type Service } from '../marketplace.ts';
import { type Call, call, type Problem } from './problems.ts';

/** A deal in which each route below would succeed, had nothing been changed about its call. */
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
}

type Id = 'offerId' | 'agreementId' | 'milestoneId';

/** How a route is called as it should be. Whose it is decides how a stranger is answered. */
export interface Route {
  service: Service;
  method: Call['method'];
  path: string;
  /** No token; any caller's own; a party of the thing that the path names; operators. */
  of: 'everybody' | 'caller' | 'party' | 'operator';
  role?: Role;
  body?: (scene: Scene) => Json;
  /** A repeat is harmless without an Idempotency-Key, or the sender is no person. */
  keyless?: true;
}

const price = { amountMinor: '10000', currency: 'USD' };
const terms = {
  title: 'Website',
  scope: 'A website with an order form',
  deliverables: 'Source code',
  startDate: '2027-01-04',
  type: 'fixed',
  budget: price,
  milestones: [{ title: 'All of it', price, dueDate: '2027-06-01' }],
};
const sha256 = 'a'.repeat(64);

const ofEveryService = (service: Service, setting: Json): Route[] => [
  { service, method: 'GET', path: '/health/live', of: 'everybody' },
  { service, method: 'GET', path: '/health/ready', of: 'everybody' },
  { service, method: 'GET', path: '/v1/policy', of: 'operator' },
  {
    service,
    method: 'PUT',
    path: '/v1/policy',
    of: 'operator',
    body: () => ({ settings: setting, reason: 'a trial' }),
  },
  { service, method: 'GET', path: '/v1/deadlines', of: 'caller' },
  { service, method: 'GET', path: '/v1/alarms', of: 'operator' },
  { service, method: 'GET', path: '/v1/parked-messages', of: 'operator' },
  {
    service,
    method: 'POST',
    path: '/v1/parked-messages/redrive',
    of: 'operator',
    body: () => ({ topic: 'escrow.events', key: 'nobody', reason: 'a trial', dryRun: true }),
    keyless: true,
  },
];

const ofALedger = (service: Service): Route[] => [
  { service, method: 'GET', path: '/v1/journals', of: 'operator' },
  { service, method: 'GET', path: '/v1/ledger/balances', of: 'operator' },
];

const contracts: Route[] = (
  [
    { method: 'POST', path: '/v1/accounts', of: 'caller', body: () => ({ roles: ['client'], region: 'US' }) },
    { method: 'GET', path: '/v1/accounts/me', of: 'caller' },
    {
      method: 'POST',
      path: '/v1/offers',
      of: 'caller',
      role: 'client',
      body: ({ freelancer }) => ({ freelancerId: freelancer.id, ...terms }),
    },
    { method: 'GET', path: '/v1/offers/{offerId}', of: 'party', role: 'client' },
    { method: 'POST', path: '/v1/offers/{offerId}/versions', of: 'party', role: 'client', body: () => terms },
    { method: 'POST', path: '/v1/offers/{offerId}/withdraw', of: 'party', role: 'client' },
    {
      method: 'POST',
      path: '/v1/offers/{offerId}/accept',
      of: 'party',
      role: 'freelancer',
      body: () => ({ version: 1 }),
    },
    { method: 'GET', path: '/v1/agreements/{agreementId}', of: 'party', role: 'client' },
    {
      method: 'POST',
      path: '/v1/milestones/{milestoneId}/submissions',
      of: 'party',
      role: 'freelancer',
      body: () => ({ message: 'Done', files: [{ name: 'page.pdf', sha256 }] }),
    },
  ] satisfies Omit<Route, 'service'>[]
).map((route) => ({ service: 'contracts', ...route }));

const escrow: Route[] = (
  [
    {
      method: 'POST',
      path: '/v1/billing-methods',
      of: 'caller',
      role: 'client',
      body: () => ({ kind: 'card', token: 'pm_card_visa' }),
    },
    { method: 'GET', path: '/v1/billing-methods', of: 'caller', role: 'client' },
    {
      method: 'POST',
      path: '/v1/milestones/{milestoneId}/fund',
      of: 'party',
      role: 'client',
      body: () => ({ version: 1 }),
    },
    {
      method: 'POST',
      path: '/v1/milestones/{milestoneId}/release',
      of: 'party',
      role: 'client',
      body: ({ submissionId }) => ({ submissionId }),
    },
    {
      method: 'POST',
      path: '/v1/milestones/{milestoneId}/request-changes',
      of: 'party',
      role: 'client',
      body: ({ submissionId }) => ({ submissionId, reason: 'Something is missing' }),
    },
    { method: 'GET', path: '/v1/agreements/{agreementId}/money', of: 'party', role: 'client' },
    { method: 'POST', path: '/v1/webhooks/card', of: 'everybody', keyless: true },
  ] satisfies Omit<Route, 'service'>[]
).map((route) => ({ service: 'escrow', ...route }));

/** Every route of every service: what the OpenAPI documents list beyond these fails the test that compares them. */
export const routes: readonly Route[] = [
  ...ofEveryService('contracts', { 'offer.expiry_days': 7 }),
  ...ofEveryService('escrow', { 'funding.payer_minutes': 15 }),
  ...ofEveryService('payouts', {}),
  ...ofALedger('escrow'),
  ...ofALedger('payouts'),
  ...contracts,
  ...escrow,
  { service: 'payouts', method: 'GET', path: '/v1/balances/me', of: 'caller', role: 'freelancer' },
];

export const nameOf = ({ service, method, path }: Route): string => `${service} ${method} ${path}`;

/** For `it.each`: the routes that hold, by name. */
export const routesWhere = (holds: (route: Route) => boolean): [string, Route][] =>
  routes.filter(holds).map((route) => [nameOf(route), route]);

export async function arrangeScene(market: Marketplace): Promise<Scene> {
  const agreement = await arrangeFunded(market, {
    milestones: [{ amountMinor: 100_000n }, { amountMinor: 50_000n }],
  });
  const { client, freelancer, agreementId, milestones } = agreement;
  const { offerId } = await sendOffer(client, freelancer, { milestones: [{ amountMinor: 10_000n }] });
  const { submissionId } = await submit(agreement, 0);
  await untilStatus(agreement, 0, 'submitted');
  const [milestoneId, laterMilestoneId] = milestones.map((milestone) => milestone.milestoneId) as [
    string,
    string,
  ];
  return { client, freelancer, offerId, agreementId, milestoneId, submissionId, laterMilestoneId };
}

/** The same person with every role that a caller may hold, so that roles alone refuse nothing. */
export const withRoles = ({ id, urls }: Person, roles: readonly Role[] = ['client', 'freelancer']): Person =>
  new Person(id, roles, urls);

/** Who may call a route. */
export function callerOf({ of, role }: Route, scene: Scene, market: Marketplace): Person {
  if (of === 'operator') return market.operator;
  return role === 'freelancer' ? scene.freelancer : scene.client;
}

/** The path with the scene's ids, or with those given. */
export const pathOf = ({ path }: Route, ids: Partial<Record<Id, string>>): string =>
  path.replace(/\{(\w+)\}/g, (_, name: Id) => ids[name] ?? randomUUID());

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
