import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { addCard, openAccounts } from '../agreement.ts';
import type { Json, Marketplace, Person } from '../marketplace.ts';
import { everyRow, type Inside, runningInside, services } from '../running-inside.ts';
import { runningMarketplace } from '../running-system.ts';
import { call, expectProblem, type Problem } from './problems.ts';
import { callerOf, callRoute, nameOf, pathOf, type Route, type Scene, withRoles } from './route.ts';
import { routes, routesWhere } from './routes.ts';
import { arrangeScene } from './scene.ts';

/** A command on an id that nobody knows waits for the fact (AD-16): 2 s for the stranger's as for no one's. */
const waits = ({ ms }: Problem): boolean => ms > 1_800;

/** All that a caller sees of an answer. */
const seen = ({ status, body, headers }: Problem): Json => ({
  status,
  body,
  headers: [...headers].filter(([name]) => !['date', 'correlation-id'].includes(name)),
});

describe('what belongs to others (F66, AD-16)', () => {
  let market: Marketplace;
  let inside: Inside;
  let scene: Scene;
  let stranger: Person;

  beforeAll(async () => {
    market = runningMarketplace();
    inside = runningInside();
    scene = await arrangeScene(market);
    stranger = market.newPerson('stranger', ['client', 'freelancer']);
    await openAccounts(stranger, market.newPerson('freelancer', ['freelancer']));
    await addCard(stranger);
    await market.settle();
  }, 120_000);

  /** One after the other: a machine that is busy delays one answer, and the wait for a fact both. */
  const askedTwice = async (route: Route, path: string): Promise<Problem[]> => {
    const ask = () => callRoute(route, { scene, person: stranger, path });
    return [await ask(), await ask()];
  };

  it('is asked about at every route that a service documents', async () => {
    const documented: string[] = [];
    for (const service of services) {
      const { body } = await call(market.urls, service, '/docs-json', { method: 'GET' });
      for (const [path, operations] of Object.entries<Json>(body.paths)) {
        for (const method of Object.keys(operations))
          documented.push(`${service} ${method.toUpperCase()} ${path}`);
      }
    }
    expect(documented.toSorted()).toEqual(routes.map(nameOf).toSorted());
  });

  it('does not exist for a stranger: the answer and its time are those of an unknown id', async () => {
    const before = await everyRow(inside);
    const pairs = routesWhere(({ of }) => of === 'party').map(async ([name, route]) => {
      const [foreign, unknown] = await Promise.all(
        [pathOf(route, scene), pathOf(route, {})].map((path) => askedTwice(route, path)),
      );
      return { name, foreign: foreign!, unknown: unknown! };
    });
    for (const { name, foreign, unknown } of await Promise.all(pairs)) {
      expectProblem(foreign[0]!, { status: 404 });
      expect({ name, ...seen(foreign[0]!) }).toEqual({ name, ...seen(unknown[0]!) });
      expect({ name, waits: foreign.every(waits) }).toEqual({ name, waits: unknown.every(waits) });
    }
    expect(await everyRow(inside)).toEqual(before);
  });

  it('nor for the other party, whatever roles it holds: only the client pays, only the freelancer works', async () => {
    const before = await everyRow(inside);
    const ofOneParty = ({ of, method, either }: Route) => of === 'party' && method !== 'GET' && !either;
    const answers = routesWhere(ofOneParty).map(([, route]) => {
      const isClients = callerOf(route, scene, market) === scene.client;
      const other = isClients ? scene.freelancer : scene.client;
      return callRoute(route, { scene, person: withRoles(other) });
    });
    for (const problem of await Promise.all(answers)) expectProblem(problem, { status: 404 });
    expect(await everyRow(inside)).toEqual(before);
  });

  it('is not named in a body either: somebody else’s billing method is an unknown one', async () => {
    const { methods } = await stranger.get('escrow', '/v1/billing-methods');
    const path = `/v1/milestones/${scene.milestoneId}/fund`;
    const fund = (billingMethodId: string) =>
      scene.client.request('escrow', 'POST', path, { body: { version: 1, billingMethodId } });
    const [foreign, unknown] = await Promise.all([fund(methods[0].methodId), fund(randomUUID())]);
    expect(foreign.status).toBeGreaterThanOrEqual(400);
    expect(foreign.body).toEqual(unknown.body);
  });

  it('does not show in what is listed for a caller', async () => {
    const listed = routesWhere(({ of, method }) => of === 'caller' && method === 'GET');
    for (const [, route] of listed) {
      const { status, body } = await callRoute(route, { scene, person: stranger });
      expect(status).toBe(200);
      const text = JSON.stringify(body);
      for (const id of [scene.client.id, scene.freelancer.id, scene.agreementId, scene.milestoneId])
        expect(text).not.toContain(id);
    }
  });

  it.each(routesWhere(({ of }) => of === 'operator'))('%s is for operators', async (_, route) => {
    for (const person of [scene.client, scene.freelancer, withRoles(stranger)]) {
      expectProblem(await callRoute(route, { scene, person }), { status: 403, code: 'role.missing' });
    }
  });

  it.each(routesWhere(({ role }) => role !== undefined))('%s needs its role', async (_, route: Route) => {
    const role = route.role === 'client' ? 'freelancer' : 'client';
    const reads = route.of === 'party' && route.method === 'GET';
    if (reads) return; // Both parties read.
    const person = withRoles(stranger, [role]);
    expectProblem(await callRoute(route, { scene, person }), { status: 403, code: 'role.missing' });
  });
});
