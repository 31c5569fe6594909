import type { FastifyRequest } from 'fastify';
import { type Answer, Refusal } from '../answering.ts';
import type { KeyRecord } from '../idempotency.ts';
import type { Protocol } from '../serving.ts';
import type { Simulation } from '../simulation.ts';
import { errorAnswer, errorsFor, keyInUse, keyReused } from './errors.ts';
import { canonical, type Params, parseForm } from './form.ts';
import { readParams } from './params.ts';
import { bornAtMs, referencesOf } from './references.ts';
import { routes } from './routes.ts';

/** Form-encoded bodies, and the first answer under a key is kept whatever it was: a decline, even a 500. */
export function cardProtocol({ store }: Simulation, apiKey: string): Protocol<Params> {
  return {
    provider: 'card',
    routes,
    requestIdHeader: 'request-id',
    isAuthorised: (header) => isAuthorised(header, apiKey),
    parse: (request, body) =>
      parseForm(request.method === 'POST' ? formText(request, body) : (request.url.split('?')[1] ?? '')),
    readParams,
    canonical: (params) => canonical(params),
    referencesOf: ({ id, key, params }) => referencesOf(store, id, key, params),
    bornAtMs: ({ id }) => bornAtMs(store, id),
    errorsFor,
    keyInUse,
    keyReused,
    kept: (_truth: Answer, told: Answer) => told,
    replayHeaders,
  };
}

/** A stored decline or 500 would only be given again. */
function replayHeaders({ requestId, status }: KeyRecord): Record<string, string> {
  const isFinal = status === 402 || status >= 500;
  return {
    'idempotent-replayed': 'true',
    'original-request': requestId,
    ...(isFinal ? { 'stripe-should-retry': 'false' } : {}),
  };
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
