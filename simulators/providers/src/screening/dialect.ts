import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Answer, type Errors, Refusal } from '../answering.ts';
import { isWebhookFault } from '../fault-catalogue.ts';
import type { FaultRule } from '../faults.ts';
import { list, operationsOf, post } from '../routes.ts';
import { distinct, type Named, type Protocol, speak } from '../serving.ts';
import type { Dialect, Simulation } from '../simulation.ts';
import { validate } from '../validation.ts';

export type ScreeningOptions = Readonly<{ apiKey: string }>;
type Params = Readonly<Record<string, unknown>>;

const Ask = z.strictObject({ reference: z.string().min(1).max(100), name: z.string().min(1).max(255) });
const List = z.strictObject({ limit: z.string().optional() });

const routes = [
  post('/v1/screenings', 'screening.ask', Ask, ({ fault }, { name }) => ({
    status: 200,
    body: { result: fault?.fault === 'screening' ? fault.params.result : resultOf(name) },
  })),
  // Nothing is kept: a read only shows that somebody answers.
  list('/v1/screenings', 'screening.read', List, () => ({ status: 200, body: { data: [] } })),
];

/** Names that hold one of these words get that answer, and `Silent` gets none. */
function resultOf(name: string): 'clear' | 'review' | 'blocked' {
  if (name.includes('Blocked')) return 'blocked';
  return name.includes('Review') ? 'review' : 'clear';
}

/** A vendor of sanctions screening (section 0.3): one question, one word. */
export function screeningDialect(
  app: FastifyInstance,
  simulation: Simulation,
  { apiKey }: ScreeningOptions,
): Dialect {
  const cannot = (fault: string): boolean => isWebhookFault(fault) || fault === 'unknown-status';
  simulation.faults.know('screening', { operations: operationsOf(routes), cannot });
  speak(app, simulation, protocolOf(apiKey));
  return {
    provider: 'screening',
    owns: (path) => path.startsWith('/v1/screenings'),
    failure: (status, message) => errorAnswer(status, 'invalid_request', message),
  };
}

function protocolOf(apiKey: string): Protocol<Params> {
  return {
    provider: 'screening',
    routes,
    requestIdHeader: 'x-request-id',
    isAuthorised: (header) => header === `Bearer ${apiKey}`,
    parse,
    readParams,
    canonical: (_params, body) => body.toString('base64'),
    referencesOf: ({ params }) => distinct([params.reference]),
    bornAtMs: () => undefined,
    errorsFor: () => errors,
    // A question has no key: it is answered anew each time.
    keyInUse: () => errorAnswer(409, 'conflict', 'Another request is being answered.'),
    keyReused: () => errorAnswer(409, 'conflict', 'Another request had this key.'),
    kept: () => undefined,
    replayHeaders: () => ({}),
    played,
  };
}

/** Silence, because a fault says so or a name: the connection stays open, and nothing comes. */
function played({ params }: Named<Params>, rule: FaultRule | undefined): FaultRule | undefined {
  const isFault = rule?.fault === 'screening' && rule.params.result === 'no_answer';
  const isName = !rule && typeof params.name === 'string' && params.name.includes('Silent');
  return isFault || isName ? { ...(rule ?? silence), fault: 'slow-not-executed', params: {} } : rule;
}

const silence: FaultRule = {
  id: 'Silent',
  provider: 'screening',
  op: 'screening.ask',
  match: {},
  fault: 'slow-not-executed',
  params: {},
  times: null,
  seen: 0,
  fired: 0,
  createdAtMs: 0,
};

function errorAnswer(status: number, code: string, message: string): Answer {
  return { status, body: { error: { code, message } } };
}

const outage = (status: number): Answer => errorAnswer(status, 'internal_error', 'Something went wrong.');
const errors: Errors = {
  outage,
  tooMany: () => errorAnswer(429, 'too_many_requests', 'Too many requests.'),
  denied: (status) => errorAnswer(status, 'unauthorized', 'The key is not valid.'),
  notFound: () => errorAnswer(404, 'not_found', 'There is no such thing.'),
  duplicateKey: () => errorAnswer(409, 'conflict', 'Another request had this key.'),
  errorBody: () => outage(200).body,
};

function parse(request: FastifyRequest, body: Buffer): Params {
  if (request.method === 'GET') {
    return Object.fromEntries(new URLSearchParams(request.url.split('?')[1] ?? ''));
  }
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    if (typeof parsed === 'object' && parsed !== null) return parsed as Params;
  } catch {} // Told as what follows.
  throw new Refusal(errorAnswer(400, 'invalid_request', 'The body is not a JSON object.'));
}

function readParams<Schema extends z.ZodType>(schema: Schema, params: Params): z.output<Schema> {
  const read = validate(schema, params);
  if (read.ok) return read.params;
  throw new Refusal(errorAnswer(422, `parameter_${read.problem.kind}`, read.problem.param));
}
