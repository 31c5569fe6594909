import type { FastifyRequest } from 'fastify';
import { type Answer, Refusal } from '../answering.ts';
import type { Protocol } from '../serving.ts';
import type { Simulation } from '../simulation.ts';
import { errorAnswer, errorsFor, keyInUse, keyReused } from './errors.ts';
import { type Params, readParams } from './params.ts';
import { bornAtMs, referencesOf } from './references.ts';
import { routes } from './routes.ts';

/** JSON bodies, compared byte by byte. Only what succeeded is kept under a key: a refusal may be retried. */
export function bankProtocol(
  { store }: Simulation,
  organizationId: string,
  apiKey: string,
): Protocol<Params> {
  const credentials = Buffer.from(`${organizationId}:${apiKey}`).toString('base64');
  return {
    provider: 'bank',
    routes,
    requestIdHeader: 'x-request-id',
    isAuthorised: (header) => /^basic (.+)$/i.exec(header ?? '')?.[1] === credentials,
    parse: (request, body) =>
      request.method === 'POST'
        ? parseJson(request, body)
        : Object.fromEntries(new URLSearchParams(request.url.split('?')[1] ?? '')),
    readParams,
    canonical: (_params, body) => body.toString('base64'),
    referencesOf: (named) => referencesOf(store, named),
    bornAtMs: (named) => bornAtMs(store, named),
    errorsFor,
    keyInUse,
    keyReused,
    kept: (truth: Answer) => (truth.status < 300 ? truth : undefined),
    replayHeaders: () => ({}),
  };
}

function parseJson(request: FastifyRequest, body: Buffer): Params {
  const type = request.headers['content-type'] ?? '';
  if (!type.startsWith('application/json')) {
    throw new Refusal(errorAnswer(400, 'invalid_request', `Bodies are JSON, not ${type || 'untyped'}.`));
  }
  const parsed = jsonOf(body);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new Refusal(errorAnswer(400, 'invalid_request', 'The body is not a JSON object.'));
  }
  return parsed as Params;
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
