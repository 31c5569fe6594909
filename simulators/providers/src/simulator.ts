import { setMaxListeners } from 'node:events';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { bankDialect } from './bank/dialect.ts';
import { cardDialect } from './card/dialect.ts';
import type { Config } from './config.ts';
import { addControl } from './control.ts';
import { Listener } from './listener.ts';
import { paypalDialect } from './paypal/dialect.ts';
import { screeningDialect } from './screening/dialect.ts';
import { closeSimulation, type Dialect, openSimulation } from './simulation.ts';

export type Simulator = Readonly<{ port: number; controlPort: number; close: () => Promise<void> }>;

/** Starts the wire port and the control port; what was on its way when it last stopped goes on. */
export async function startSimulator(config: Config): Promise<Simulator> {
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal); // Each slow call listens.
  const wireApp = wire();
  const wireListener = new Listener(wireApp, config.host, config.port);
  const simulation = await openSimulation(config.dataDirectory, config.seed, wireListener, stopping.signal);
  const controlApp = fastify({ forceCloseConnections: true });
  const controlListener = new Listener(controlApp, config.host, config.controlPort);
  const dialects = [
    bankDialect(wireApp, simulation, config.bank),
    paypalDialect(wireApp, simulation, config.paypal),
    screeningDialect(wireApp, simulation, config.screening),
    // Last: what is nobody's address is answered in its words.
    cardDialect(wireApp, simulation, config.card),
  ];
  addFailures(wireApp, dialects);
  addControl(controlApp, simulation, dialects);
  simulation.clock.runDue();
  await wireListener.open();
  await controlListener.open();
  simulation.webhooks.kick();
  return {
    port: wireListener.port,
    controlPort: controlListener.port,
    close: async () => {
      stopping.abort();
      await Promise.all([wireListener.close(), controlListener.close()]);
      await closeSimulation(simulation);
    },
  };
}

/** Bodies stay bytes: each dialect reads its own, and the request log hashes what really arrived. */
function wire(): FastifyInstance {
  const app = fastify({ bodyLimit: 1_048_576, keepAliveTimeout: 5000, forceCloseConnections: 'idle' });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  return app;
}

/** Each provider says in its own words that an address is unknown or a body too large. */
function addFailures(app: FastifyInstance, dialects: readonly Dialect[]): void {
  const fail = (url: string, reply: FastifyReply, status: number, message: string) => {
    const path = url.split('?')[0] ?? '';
    const failed = dialects.find(({ owns }) => owns(path))?.failure(status, message);
    return reply.code(status).send(failed?.body);
  };
  app.setNotFoundHandler(({ method, url }, reply) =>
    fail(url, reply, 404, `Unrecognized request URL (${method}: ${url.split('?')[0]}).`),
  );
  app.setErrorHandler((error, { url }, reply) => {
    const status = (error as { statusCode?: number }).statusCode ?? 500;
    if (status >= 500) console.error(error);
    return fail(url, reply, status, (error as Error).message);
  });
}
