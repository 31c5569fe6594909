import { createHash, randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { type Answer, answerCall, type Errors, follow, isExpiry, Refusal } from './answering.ts';
import { isFateFault, isWebhookFault } from './fault-catalogue.ts';
import type { FaultRule } from './faults.ts';
import { findRecord, type KeyRecord, keyWindowMs, saveRecord } from './idempotency.ts';
import type { LoggedCall } from './request-log.ts';
import type { Route } from './routes.ts';
import type { Simulation } from './simulation.ts';
import type { Step } from './step.ts';

/** What a call names: the id in its address, its key, its parameters. */
export type Named<Params> = Readonly<{ id: string; key: string | null; params: Params }>;

/** What one provider's wire has of its own. `Params` is what its bodies and queries are read into. */
export type Protocol<Params> = Readonly<{
  provider: string;
  routes: readonly Route[];
  requestIdHeader: string;
  /** Where a call carries its key; `idempotency-key` unless the provider has another name for it. */
  keyHeader?: string;
  isAuthorised: (header: string | undefined, route: Route) => boolean;
  /** All tokens given so far are worth nothing from now on (fault `token-expired`). */
  expireTokens?: () => void;
  /** @throws Refusal when it is no form or no JSON */
  parse: (request: FastifyRequest, body: Buffer) => Params;
  /** @throws Refusal for the first parameter that is missing, unknown or malformed */
  readParams: <Schema extends z.ZodType>(schema: Schema, params: Params) => z.output<Schema>;
  /** Equal for two calls that are the same to the provider. */
  canonical: (params: Params, body: Buffer) => string;
  /** For faults and the request log. */
  referencesOf: (named: Named<Params>) => readonly string[];
  /** When what is asked for was made, in business time; undefined if there is no such thing. */
  bornAtMs: (named: Named<Params>) => number | undefined;
  errorsFor: (route: Route, id: string) => Errors;
  keyInUse: () => Answer;
  keyReused: () => Answer;
  /** What is kept under the key. `told` is what the caller hears, which a fault may have made another. */
  kept: (truth: Answer, told: Answer) => Answer | undefined;
  /** How long a key is known, in business time; 24 h unless the provider says otherwise. */
  keptForMs?: (route: Route) => number;
  replayHeaders: (record: KeyRecord) => Record<string, string>;
  /** What a repeated call is answered with, where it is not the first answer itself. */
  replayStatus?: (record: KeyRecord) => number;
  /** What is played in place of the fault that was set, where the call itself asks for one. */
  played?: (named: Named<Params>, rule: FaultRule | undefined) => FaultRule | undefined;
}>;

/** A call as it arrived. `key` is null where keys mean nothing: without the header, and on reads. */
type Arrived<Params> = Named<Params> & Readonly<{ route: Route; requestId: string; fingerprint: string }>;

/** Puts a provider's addresses on the wire port. */
export function speak<Params>(
  app: FastifyInstance,
  simulation: Simulation,
  protocol: Protocol<Params>,
): void {
  for (const route of protocol.routes) {
    const { method, url } = route;
    app.route({
      method,
      url,
      handler: (request, reply) => serve(simulation, protocol, route, request, reply),
    });
  }
}

async function serve<Params>(
  simulation: Simulation,
  protocol: Protocol<Params>,
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const requestId = `req_${randomUUID().replaceAll('-', '').slice(0, 14)}`;
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const keyHeader = protocol.keyHeader ?? 'idempotency-key';
  const given = request.headers[keyHeader];
  const key = route.method === 'POST' && typeof given === 'string' && given !== '' ? given : null;
  const entry = simulation.calls.open({
    provider: protocol.provider,
    op: route.op,
    method: route.method,
    path: request.url,
    idempotencyKey: key,
    bodySha256: sha256(body),
  });
  follow(simulation, reply, entry);
  reply.header(protocol.requestIdHeader, requestId);
  if (key) reply.header(keyHeader, key);
  const { id = '' } = request.params as { id?: string };
  if (!protocol.isAuthorised(request.headers.authorization, route))
    return reject(reply, entry, protocol.errorsFor(route, id).denied(401));
  try {
    const params = protocol.parse(request, body);
    const fingerprint = sha256(`${route.method} ${route.op} ${id} ${protocol.canonical(params, body)}`);
    const call: Arrived<Params> = { route, id, key, requestId, params, fingerprint };
    await answerArrived(simulation, protocol, reply, entry, call);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    reject(reply, entry, error.answer);
  }
}

async function answerArrived<Params>(
  simulation: Simulation,
  protocol: Protocol<Params>,
  reply: FastifyReply,
  entry: LoggedCall,
  call: Arrived<Params>,
): Promise<void> {
  const { route, id, key, requestId } = call;
  entry.references = protocol.referencesOf(call);
  const scopedKey = key && `${protocol.provider}/${key}`;
  if (scopedKey && !simulation.openKeys.take(scopedKey)) {
    entry.outcome = 'conflict';
    return answer(reply, entry, protocol.keyInUse());
  }
  try {
    const taken = takeFault(simulation, protocol, entry, call);
    const rule = protocol.played ? protocol.played(call, taken) : taken;
    if (rule && isExpiry(rule, route)) protocol.expireTokens?.();
    await answerCall(simulation, reply, {
      entry,
      requestId,
      rule,
      errors: protocol.errorsFor(route, id),
      execute: (told) => execute(simulation, protocol, entry, call, rule, told),
    });
  } finally {
    if (scopedKey) simulation.openKeys.release(scopedKey);
  }
}

/** The first answer under a key is given again; a refusal of shape is never kept. */
function execute<Params>(
  simulation: Simulation,
  protocol: Protocol<Params>,
  entry: LoggedCall,
  { route, id, key, requestId, params, fingerprint }: Arrived<Params>,
  fault: FaultRule | undefined,
  told: Answer | undefined,
): Answer {
  const { store, clock } = simulation;
  const atMs = clock.nowMs();
  const scopedKey = `${protocol.provider}/${key}`;
  const record = key ? store.transact((tx) => findRecord(tx, scopedKey, atMs)) : undefined;
  if (record) {
    const isSame = record.fingerprint === fingerprint;
    entry.outcome = isSame ? 'replayed' : 'rejected';
    if (!isSame) return protocol.keyReused();
    const status = protocol.replayStatus?.(record) ?? record.status;
    return { status, body: record.body, headers: protocol.replayHeaders(record) };
  }
  let validated: unknown;
  try {
    validated = protocol.readParams(route.params, params);
  } catch (error) {
    entry.outcome = 'rejected';
    if (error instanceof Refusal) return error.answer;
    throw error;
  }
  entry.outcome = 'executed';
  const run = (act: (step: Step) => Answer) =>
    store.transact((tx) => {
      const { op } = route;
      const { references } = entry;
      const truth = act({ simulation, tx, atMs, op, key, requestId, references, fault });
      const kept = protocol.kept(truth, told ?? truth);
      if (key && kept) {
        const forgottenAtMs = atMs + (protocol.keptForMs?.(route) ?? keyWindowMs);
        const { status, body } = kept;
        saveRecord(tx, { scopedKey, fingerprint, requestId, status, body, atMs, forgottenAtMs });
      }
      return truth;
    });
  try {
    return run((step) => route.run(step, validated as never, id));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    entry.outcome = 'rejected';
    return run(() => error.answer); // The refused attempt was undone; its answer may be kept all the same.
  }
}

function takeFault<Params>(
  { store, clock, faults }: Simulation,
  protocol: Protocol<Params>,
  entry: LoggedCall,
  call: Named<Params>,
): FaultRule | undefined {
  const isYoung = ({ params }: FaultRule) => {
    const bornMs = protocol.bornAtMs(call);
    return (
      params.seconds === undefined ||
      (bornMs !== undefined && clock.nowMs() < bornMs + Number(params.seconds) * 1000)
    );
  };
  const befallsCall = (rule: FaultRule) => !isWebhookFault(rule.fault) && !isFateFault(rule.fault);
  const occasion = { provider: protocol.provider, ops: [entry.op], references: entry.references };
  return store.transact((tx) =>
    faults.take(
      tx,
      occasion,
      (rule) => befallsCall(rule) && (rule.fault !== 'not-found-yet' || isYoung(rule)),
    ),
  );
}

/** What a call or an event is about, each name once. */
export function distinct(names: Iterable<unknown>): string[] {
  return [...new Set([...names].filter((name): name is string => typeof name === 'string' && name !== ''))];
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
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
