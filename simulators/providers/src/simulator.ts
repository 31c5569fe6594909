import { setMaxListeners } from 'node:events';
import fastify, { type FastifyInstance } from 'fastify';
import { cardDialect } from './card/dialect.ts';
import { errorAnswer } from './card/errors.ts';
import type { Config } from './config.ts';
import { addControl } from './control.ts';
import { Listener } from './listener.ts';
import { closeSimulation, openSimulation } from './simulation.ts';

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
  addControl(controlApp, simulation, [cardDialect(wireApp, simulation, config.card)]);
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
  app.setNotFoundHandler((request, reply) => {
    const message = `Unrecognized request URL (${request.method}: ${request.url.split('?')[0]}).`;
    return reply.code(404).send(errorAnswer(404, 'invalid_request_error', message).body);
  });
  app.setErrorHandler((error, _request, reply) => {
    const status = (error as { statusCode?: number }).statusCode ?? 500;
    if (status >= 500) console.error(error);
    return reply.code(status).send(errorAnswer(status, 'api_error', (error as Error).message).body);
  });
  return app;
}
