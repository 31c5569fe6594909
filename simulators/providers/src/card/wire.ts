import { createHash, randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Answer, answerCall, follow } from '../answering.ts';
import { isWebhookFault } from '../fault-catalogue.ts';
import type { FaultRule } from '../faults.ts';
import { findRecord, saveRecord } from '../idempotency.ts';
import type { LoggedCall } from '../request-log.ts';
import type { Simulation } from '../simulation.ts';
import { badKey, errorAnswer, errorsFor, keyInUse, keyReused, Refusal } from './errors.ts';
import { canonical, type Params, parseForm } from './form.ts';
import type { Step } from './model.ts';
import { readParams } from './params.ts';
import { bornAtMs, referencesOf } from './references.ts';
import { type Route, routes } from './routes.ts';

/** A call as it arrived. `key` is null where keys mean nothing: without the header, and on reads. */
type Arrived = Readonly<{ route: Route; id: string; key: string | null; requestId: string; params: Params }>;

/** Puts the card provider's addresses on the wire port. */
export function speakCard(app: FastifyInstance, simulation: Simulation, apiKey: string): void {
  for (const route of routes) {
    const { method, url } = route;
    app.route({ method, url, handler: (request, reply) => serve(simulation, apiKey, route, request, reply) });
  }
}

async function serve(
  simulation: Simulation,
  apiKey: string,
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const requestId = `req_${randomUUID().replaceAll('-', '').slice(0, 14)}`;
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const given = request.headers['idempotency-key'];
  const key = route.method === 'POST' && typeof given === 'string' && given !== '' ? given : null;
  const entry = simulation.calls.open({
    provider: 'card',
    op: route.op,
    method: route.method,
    path: request.url,
    idempotencyKey: key,
    bodySha256: createHash('sha256').update(body).digest('hex'),
  });
  follow(simulation, reply, entry);
  reply.header('request-id', requestId);
  if (key) reply.header('idempotency-key', key);
  if (!isAuthorised(request.headers.authorization, apiKey)) return reject(reply, entry, badKey());
  const { id = '' } = request.params as { id?: string };
  try {
    const text = route.method === 'POST' ? formText(request, body) : (request.url.split('?')[1] ?? '');
    await answerArrived(simulation, reply, entry, { route, id, key, requestId, params: parseForm(text) });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    reject(reply, entry, error.answer);
  }
}

async function answerArrived(
  simulation: Simulation,
  reply: FastifyReply,
  entry: LoggedCall,
  call: Arrived,
): Promise<void> {
  const { route, id, key, requestId, params } = call;
  entry.references = referencesOf(simulation.store, id, key, params);
  const scopedKey = key && `card/${key}`;
  if (scopedKey && !simulation.openKeys.take(scopedKey)) {
    entry.outcome = 'conflict';
    return answer(reply, entry, keyInUse());
  }
  try {
    const rule = takeFault(simulation, entry, id);
    await answerCall(simulation, reply, {
      entry,
      requestId,
      rule,
      errors: errorsFor(id || route.op),
      execute: (stored) => execute(simulation, entry, call, rule, stored),
    });
  } finally {
    if (scopedKey) simulation.openKeys.release(scopedKey);
  }
}

/** The first answer under a key is kept and given again, whatever it was; a refusal of shape is not kept. */
function execute(
  simulation: Simulation,
  entry: LoggedCall,
  { route, id, key, requestId, params }: Arrived,
  fault: FaultRule | undefined,
  stored: Answer | undefined,
): Answer {
  const { store, clock } = simulation;
  const atMs = clock.nowMs();
  const scopedKey = `card/${key}`;
  const fingerprint = createHash('sha256')
    .update(`${route.method} ${route.op} ${id} ${canonical(params)}`)
    .digest('hex');
  const record = key ? store.transact((tx) => findRecord(tx, scopedKey, atMs)) : undefined;
  if (record) {
    const isSame = record.fingerprint === fingerprint;
    entry.outcome = isSame ? 'replayed' : 'rejected';
    if (!isSame) return keyReused();
    const headers = { 'idempotent-replayed': 'true', 'original-request': record.requestId };
    return {
      status: record.status,
      body: record.body,
      headers: { ...headers, ...(record.status === 402 || record.status >= 500 ? final : {}) },
    };
  }
  let validated: unknown;
  try {
    validated = readParams(route.params, params);
  } catch (error) {
    entry.outcome = 'rejected';
    if (error instanceof Refusal) return error.answer;
    throw error;
  }
  entry.outcome = 'executed';
  const keep = (step: Step, { status, body }: Answer) =>
    key && saveRecord(step.tx, { scopedKey, fingerprint, requestId, status, body, atMs });
  const run = (act: (step: Step) => Answer) =>
    store.transact((tx) => {
      const step: Step = { simulation, tx, atMs, op: route.op, key, requestId, fault };
      const truth = act(step);
      keep(step, stored ?? truth);
      return truth;
    });
  try {
    return run((step) => route.run(step, validated as never, id));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    entry.outcome = 'rejected';
    return run(() => error.answer); // The refused attempt was undone; its answer is kept all the same.
  }
}

/** A stored decline or 500 would only be given again. */
const final = { 'stripe-should-retry': 'false' };

function takeFault(
  { store, clock, faults }: Simulation,
  entry: LoggedCall,
  id: string,
): FaultRule | undefined {
  const isYoung = ({ params }: FaultRule) => {
    const bornMs = bornAtMs(store, id);
    return (
      params.seconds === undefined ||
      (bornMs !== undefined && clock.nowMs() < bornMs + Number(params.seconds) * 1000)
    );
  };
  const occasion = { provider: 'card', ops: [entry.op], references: entry.references };
  return store.transact((tx) =>
    faults.take(
      tx,
      occasion,
      (rule) => !isWebhookFault(rule.fault) && (rule.fault !== 'not-found-yet' || isYoung(rule)),
    ),
  );
}

/** Bearer, or Basic with the key as user. */
function isAuthorised(header: string | undefined, apiKey: string): boolean {
  const [scheme = '', credentials = ''] = (header ?? '').split(' ');
  if (scheme.toLowerCase() === 'bearer') return credentials === apiKey;
  const user = Buffer.from(credentials, 'base64').toString().split(':')[0];
  return scheme.toLowerCase() === 'basic' && user === apiKey;
}

function formText(request: FastifyRequest, body: Buffer): string {
  const type = request.headers['content-type'] ?? '';
  if (body.length > 0 && !type.startsWith('application/x-www-form-urlencoded')) {
    throw new Refusal(
      errorAnswer(400, 'invalid_request_error', `Bodies are form-encoded, not ${type || 'untyped'}.`),
    );
  }
  return body.toString('utf8');
}

function reject(reply: FastifyReply, entry: LoggedCall, refused: Answer): void {
  entry.outcome = 'rejected';
  answer(reply, entry, refused);
}

function answer(reply: FastifyReply, entry: LoggedCall, { status, body, headers }: Answer): void {
  entry.status = status;
  reply
    .code(status)
    .headers({ ...headers })
    .send(body);
}
