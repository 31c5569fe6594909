import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import Fastify from 'fastify';
import { z } from 'zod';
import { SandboxClock } from './sandbox-clock.ts';

const config = z
  .object({
    PORT: z.coerce.number().int(),
    STATE_FILE: z.string(),
    /** Control ports of the services and of the simulators: `name=url,...`. */
    MEMBERS: z.string(),
    PROVIDERS_CONTROL_URL: z.url(),
  })
  .parse(process.env);

const members = config.MEMBERS.split(',').map((entry) => {
  const [name, url] = entry.split('=');
  return { name: name!, url: `${url}/sandbox` };
});

const clock = new SandboxClock({
  members,
  provider: { name: 'providers', url: `${config.PROVIDERS_CONTROL_URL}/__sim` },
  load: () => {
    try {
      return z.object({ offsetMs: z.int() }).parse(JSON.parse(readFileSync(config.STATE_FILE, 'utf8')))
        .offsetMs;
    } catch {
      return 0;
    }
  },
  store: (offsetMs) => {
    mkdirSync(dirname(config.STATE_FILE), { recursive: true });
    writeFileSync(`${config.STATE_FILE}.new`, JSON.stringify({ offsetMs }));
    renameSync(`${config.STATE_FILE}.new`, config.STATE_FILE);
  },
});

const Advance = z.union([
  z.strictObject({ by: z.string().regex(/^P(\d+D)?(T(\d+H)?(\d+M)?(\d+S)?)?$/) }),
  z.strictObject({ to: z.iso.datetime() }),
]);

const server = Fastify();
server.setErrorHandler((error: Error, _request, reply) => {
  const status = error instanceof z.ZodError || error instanceof RangeError ? 400 : 503;
  return reply.status(status).send({ error: error.message });
});
server.get('/health/live', async () => ({ status: 'ok' }));
server.get('/clock', async () => ({ offsetMs: clock.offsetMs, now: clock.now().toISOString() }));
server.post('/clock/advance', async (request) => {
  const body = Advance.parse(request.body);
  const to = 'by' in body ? clock.after(body.by) : new Date(body.to);
  return clock.advanceTo(to);
});
server.post('/clock/settle', async () => clock.settle());
await server.listen({ port: config.PORT, host: '127.0.0.1' });
process.once('SIGTERM', () => void server.close().then(() => process.exit(0)));
process.once('SIGINT', () => void server.close().then(() => process.exit(0)));
