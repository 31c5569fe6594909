import type { FastifyReply } from 'fastify';
import type { FaultRule } from './faults.ts';
import type { LoggedCall } from './request-log.ts';
import type { Simulation } from './simulation.ts';

export type Answer = Readonly<{ status: number; body: unknown; headers?: Readonly<Record<string, string>> }>;

/** A call that is refused before anything was written. */
export class Refusal extends Error {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super('refused');
    this.answer = answer;
  }
}

/**
 * The answers a provider gives when something goes wrong on its side, in its own words. `notFound` is that of
 * an object which is not there yet: for a list, one without it.
 */
export type Errors = Readonly<{
  outage: (status: number) => Answer;
  tooMany: () => Answer;
  denied: (status: number) => Answer;
  notFound: () => Answer;
  duplicateKey: (kind: string) => Answer;
  errorBody: () => unknown;
}>;

/**
 * One call to answer. `execute` acts at once and in one transaction; it is given what will be told instead
 * of the true answer, if anything.
 */
export type Call = Readonly<{
  entry: LoggedCall;
  requestId: string;
  rule: FaultRule | undefined;
  errors: Errors;
  execute: (told?: Answer) => Answer;
}>;

/** Faults that leave nothing behind; the two whose parameters decide are not among them. */
const unexecuted = new Set([
  'slow-not-executed',
  'connection-refused',
  'error-before-execution',
  'brown-out',
  'too-many-requests',
  'wrong-credentials',
  'not-found-yet',
]);

/** A call runs until its answer has left or its caller has gone. */
export function follow({ calls, webhooks }: Simulation, reply: FastifyReply, entry: LoggedCall): void {
  const end = () => {
    calls.close(entry);
    webhooks.kick(); // Usually a webhook comes after the answer to the call that caused it.
  };
  if (reply.raw.destroyed) end();
  else reply.raw.once('close', end);
}

/** Answers a call, playing its fault (section 5). Nothing is answered before its effects are on the disk. */
export async function answerCall(simulation: Simulation, reply: FastifyReply, call: Call): Promise<void> {
  const { entry, rule, errors } = call;
  entry.fault = rule?.fault ?? null;
  if (rule?.fault === 'connection-refused') simulation.wire.refuse(Number(rule.params.seconds));
  if (rule && !isExecuted(rule, entry)) {
    entry.outcome = 'not-executed';
    await simulation.store.flushed();
    return answerUnexecuted(simulation, reply, call, rule);
  }
  const late =
    rule?.fault === 'error-after-execution' ? errors.outage(Number(rule.params.status ?? 500)) : undefined;
  const truth = call.execute(late);
  await simulation.store.flushed();
  await answerAfter(simulation, reply, call, late ?? truth);
}

async function answerAfter(
  simulation: Simulation,
  reply: FastifyReply,
  call: Call,
  answer: Answer,
): Promise<void> {
  const { entry, rule, errors } = call;
  switch (rule?.fault) {
    case 'slow-executed':
      simulation.webhooks.kick();
      await pause(simulation, reply, Number(rule.params.seconds));
      return reply.raw.destroyed ? hangUp(reply) : send(reply, entry, answer);
    case 'webhook-before-response':
      await simulation.webhooks.sendNow(call.requestId);
      return send(reply, entry, answer);
    case 'connection-reset':
      return rule.params.when === 'within' ? breakOff(reply, answer) : hangUp(reply);
    case 'duplicate-key':
      return send(reply, entry, errors.duplicateKey(String(rule.params.answer)));
    case 'malformed-body':
      return sendMalformed(reply, entry, String(rule.params.kind), answer);
    case 'unknown-status':
      return send(reply, entry, { ...answer, body: withStatus(answer.body, String(rule.params.status)) });
    default:
      return send(reply, entry, answer);
  }
}

/** A token that has expired is refused on a call; where tokens are given, the fault makes a short-lived one. */
export function isExpiry({ fault }: FaultRule, { op }: Readonly<{ op: string }>): boolean {
  return fault === 'token-expired' && op !== 'token.create';
}

function isExecuted({ fault, params }: FaultRule, entry: LoggedCall): boolean {
  if (fault === 'token-expired') return entry.op === 'token.create';
  if (fault === 'duplicate-key') return params.executed !== false;
  if (fault === 'malformed-body') return params.executed !== false && params.kind !== 'error-in-200';
  return !unexecuted.has(fault);
}

async function answerUnexecuted(
  simulation: Simulation,
  reply: FastifyReply,
  { entry, errors }: Call,
  { fault, params }: FaultRule,
): Promise<void> {
  switch (fault) {
    case 'error-before-execution':
      return send(reply, entry, errors.outage(Number(params.status ?? 500)));
    case 'brown-out':
      return send(reply, entry, errors.outage(503));
    case 'too-many-requests':
      return send(reply, entry, {
        ...errors.tooMany(),
        headers: { ...errors.tooMany().headers, ...retryAfter(params) },
      });
    case 'token-expired':
      return send(reply, entry, errors.denied(401));
    case 'wrong-credentials':
      return send(reply, entry, errors.denied(Number(params.status)));
    case 'not-found-yet':
      return send(reply, entry, errors.notFound());
    case 'duplicate-key':
      return send(reply, entry, errors.duplicateKey(String(params.answer)));
    case 'malformed-body':
      return sendMalformed(reply, entry, String(params.kind), { status: 200, body: errors.errorBody() });
    case 'slow-not-executed':
      await pause(simulation, reply);
  }
  hangUp(reply);
}

/** Seconds, an HTTP date (2 s ahead unless `seconds` says otherwise), or no header. */
function retryAfter({ retryAfter: wish, seconds }: FaultRule['params']): Record<string, string> {
  if (wish === undefined) return {};
  if (wish !== 'date') return { 'retry-after': String(wish) };
  return { 'retry-after': new Date(Date.now() + Number(seconds ?? 2) * 1000).toUTCString() };
}

function send(reply: FastifyReply, entry: LoggedCall, { status, body, headers }: Answer): void {
  entry.status = status;
  reply
    .code(status)
    .headers({ ...headers })
    .type('application/json')
    .send(JSON.stringify(body));
}

function sendMalformed(reply: FastifyReply, entry: LoggedCall, kind: string, { status, body }: Answer): void {
  if (kind === 'error-in-200') {
    send(reply, entry, { status: 200, body });
    return;
  }
  const text = JSON.stringify(body);
  entry.status = kind === 'html-502' ? 502 : status;
  if (kind === 'html-502') {
    reply.code(502).type('text/html').send('<html><body><h1>502 Bad Gateway</h1></body></html>');
  } else {
    reply
      .code(status)
      .type('application/json')
      .send(kind === 'empty' ? '' : text.slice(0, text.length / 2));
  }
}

/** The object, or each of a list, in a state that nobody has heard of. */
function withStatus(body: unknown, status: string): unknown {
  if (Array.isArray(body)) return body.map((each) => withStatus(each, status));
  if (typeof body !== 'object' || body === null) return body;
  if ('data' in body) return { ...body, data: withStatus(body.data, status) };
  return 'status' in body ? { ...body, status } : body;
}

/** The socket goes without an answer. */
function hangUp(reply: FastifyReply): void {
  reply.hijack();
  reply.raw.destroy();
}

function breakOff(reply: FastifyReply, { status, body }: Answer): void {
  const text = JSON.stringify(body);
  reply.hijack();
  reply.raw.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  reply.raw.write(text.slice(0, text.length / 2), () => reply.raw.destroy());
}

/**
 * Ends with the time, with the caller's patience or with the simulator; without a time only with the
 * latter two.
 */
function pause({ stopping }: Simulation, reply: FastifyReply, seconds?: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = seconds === undefined ? undefined : setTimeout(end, seconds * 1000);
    function end(): void {
      clearTimeout(timer);
      stopping.removeEventListener('abort', end);
      resolve();
    }
    reply.raw.once('close', end);
    stopping.addEventListener('abort', end);
    if (stopping.aborted || reply.raw.destroyed) end();
  });
}
