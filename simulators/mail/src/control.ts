import { createHmac, randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Config } from './config.ts';
import type { Faults } from './faults.ts';
import type { Mailbox } from './mailbox.ts';
import { mailboxPage } from './page.ts';

const Filter = z.object({ to: z.string().optional(), messageId: z.string().optional() });
const Report = z.strictObject({ messageId: z.string().min(1), event: z.string().default('bounced') });

/** What tests and people ask of the simulator, on a port of its own and never beside SMTP. */
export function addControl(
  app: FastifyInstance,
  { mailbox, faults, config }: { mailbox: Mailbox; faults: Faults; config: Config },
): void {
  app.setErrorHandler((error, _request, reply) => {
    const message = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    return reply.code(error instanceof z.ZodError ? 400 : 500).send({ error: message });
  });
  app.get('/health/live', () => ({ status: 'ok' }));
  app.get('/', (_request, reply) => reply.type('text/html').send(mailboxPage(mailbox.find({}))));
  app.get('/__sim/messages', (request) => ({ messages: mailbox.find(Filter.parse(request.query)) }));
  app.post('/__sim/faults', (request, reply) => reply.code(201).send(faults.add(request.body)));
  app.get('/__sim/faults', () => ({ faults: faults.list() }));
  app.delete('/__sim/faults', (_request, reply) => {
    faults.clear();
    return reply.code(204).send();
  });
  app.delete('/__sim/faults/:id', (request, reply) => {
    faults.clear(z.object({ id: z.string() }).parse(request.params).id);
    return reply.code(204).send();
  });
  app.post('/__sim/reports', async (request) => {
    return { status: await report(config, Report.parse(request.body)) };
  });
}

/** A delivery-status report about a mail that was taken earlier, as a mail vendor posts it. */
async function report(
  { webhookUrl, webhookSecret }: Config,
  { messageId, event }: z.output<typeof Report>,
): Promise<number> {
  if (!webhookUrl) throw new Error('MAIL_WEBHOOK_URL is not set');
  const body = JSON.stringify({ id: `dsr_${randomUUID()}`, event, messageId });
  const signature = createHmac('sha256', webhookSecret).update(body).digest('hex');
  const { status } = await fetch(webhookUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-signature': signature },
    body,
    signal: AbortSignal.timeout(10_000),
  });
  return status;
}
