import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Dialect, PayerDeed, Simulation } from './simulation.ts';
import { addTariffControl } from './tariffs.ts';

const Provider = z.object({ provider: z.string().default('card') });
const LedgerFilter = z.object({ provider: z.string().optional(), reference: z.string().optional() });
const CallFilter = LedgerFilter.extend({ op: z.string().optional(), key: z.string().optional() });
const Clock = z.strictObject({ offsetMs: z.int().nonnegative() });
const Advance = z.strictObject({ seconds: z.int().positive() });
const PayerAction = z.strictObject({
  action: z.enum(['confirm', 'fail', 'approve', 'cancel']),
  account: z.string().min(1).optional(),
});

/**
 * What tests and the sandbox clock ask of the simulator, on a port of its own and never beside the wire
 * (section 5).
 */
export function addControl(app: FastifyInstance, simulation: Simulation, dialects: readonly Dialect[]): void {
  const { store, book, calls } = simulation;
  app.setErrorHandler((error, _request, reply) => {
    const { message, statusCode = 500 } = error as Error & { statusCode?: number };
    if (error instanceof z.ZodError) return reply.code(400).send({ error: z.prettifyError(error) });
    return reply.code(statusCode).send({ error: message });
  });
  app.get('/health/live', () => ({ status: 'ok' }));
  app.get('/__sim/ledger', async (request) => {
    await store.flushed();
    const { provider, reference } = LedgerFilter.parse(request.query);
    return book.ledger(provider, reference);
  });
  app.get('/__sim/balance', async (request) => {
    const { provider } = Provider.parse(request.query);
    const balances = [...book.balances(provider)].map(([currency, minor]) => ({
      currency,
      amountMinor: String(minor),
    }));
    return { provider, balances };
  });
  app.get('/__sim/requests', async (request) => ({ requests: calls.find(CallFilter.parse(request.query)) }));
  addFaults(app, simulation);
  addClock(app, simulation);
  addTariffControl(app, simulation);
  for (const { control } of dialects) control?.(app);
  app.post('/__sim/payer/:intentId', async (request, reply) => {
    const { intentId } = z.object({ intentId: z.string() }).parse(request.params);
    return payerActs(simulation, dialects, intentId, PayerAction.parse(request.body), reply);
  });
}

function addFaults(app: FastifyInstance, { faults, wire, store }: Simulation): void {
  app.post('/__sim/faults', async (request, reply) => {
    try {
      const rule = faults.add(request.body);
      // A closed port cannot see which call knocks: unless a certain call is meant, it closes at once.
      if (rule.fault === 'connection-refused' && !rule.match.reference && !rule.match.nth) {
        faults.markFired(rule);
        wire.refuse(Number(rule.params.seconds));
      }
      await store.flushed();
      return reply.code(201).send(rule);
    } catch (error) {
      return reply.code(400).send({ error: (error as Error).message });
    }
  });
  app.get('/__sim/faults', async () => ({ faults: faults.list() }));
  app.delete('/__sim/faults', async (_request, reply) => {
    faults.clear();
    wire.accept();
    await store.flushed();
    return reply.code(204).send();
  });
  app.delete('/__sim/faults/:id', async (request, reply) => {
    faults.clear(z.object({ id: z.string() }).parse(request.params).id);
    await store.flushed();
    return reply.code(204).send();
  });
}

function addClock(app: FastifyInstance, { clock, store, webhooks, calls }: Simulation): void {
  const state = () => ({ offsetMs: clock.offsetMs, businessNow: new Date(clock.nowMs()).toISOString() });
  const move = async (offsetMs: number, reply: FastifyReply) => {
    if (!clock.moveTo(offsetMs))
      return reply.code(409).send({ error: 'business time only moves forward', ...state() });
    await store.flushed();
    webhooks.kick();
    return state();
  };
  app.get('/__sim/clock', state);
  app.post('/__sim/clock', (request, reply) => move(Clock.parse(request.body).offsetMs, reply));
  app.post('/__sim/clock/advance', (request, reply) =>
    move(clock.offsetMs + Advance.parse(request.body).seconds * 1000, reply),
  );
  app.get('/__sim/next-due', async () => {
    const nextMs = clock.nextDueMs();
    return { nextDueAt: nextMs === undefined ? null : new Date(nextMs).toISOString() };
  });
  app.get('/__sim/quiet', async () => {
    const reasons = [...calls.running().map(({ op, path }) => `call ${op} ${path}`), ...webhooks.unquiet()];
    return { quiet: reasons.length === 0, reasons };
  });
}

async function payerActs(
  { store, webhooks }: Simulation,
  dialects: readonly Dialect[],
  intentId: string,
  deed: PayerDeed,
  reply: FastifyReply,
) {
  for (const { payer } of dialects) {
    const answer = payer?.(intentId, deed) ?? { status: 'unknown' };
    if (answer.status === 'refused') return reply.code(409).send({ error: answer.reason });
    if (answer.status === 'unknown') continue;
    await store.flushed();
    webhooks.kick();
    return { id: answer.id, status: answer.intentStatus };
  }
  return reply.code(404).send({ error: `unknown intent "${intentId}"` });
}
