import type { FastifyRequest } from 'fastify';
import { type Answer, Refusal } from '../answering.ts';
import type { Protocol } from '../serving.ts';
import type { Simulation } from '../simulation.ts';
import { errorAnswer, errorsFor, keyInUse, keyReused } from './errors.ts';
import { type Params, preferName, readParams } from './params.ts';
import { bornAtMs, referencesOf } from './references.ts';
import { keptForMs, routes } from './routes.ts';
import { expireAll, isLive } from './tokens.ts';

const tokenPath = '/v1/oauth2/token';

/** JSON bodies, compared byte by byte; only what succeeded is kept under a key, for as long as its kind is. */
export function paypalProtocol(
  { store }: Simulation,
  clientId: string,
  clientSecret: string,
): Protocol<Params> {
  const credentials = Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
  const isClient = (header: string) => /^basic (.+)$/i.exec(header)?.[1] === credentials;
  const isBearer = (header: string) => isLive(store, /^bearer (.+)$/i.exec(header)?.[1] ?? '');
  return {
    provider: 'paypal',
    routes,
    requestIdHeader: 'paypal-debug-id',
    keyHeader: 'paypal-request-id',
    isAuthorised: (header, { op }) => (op === 'token.create' ? isClient : isBearer)(header ?? ''),
    expireTokens: () => expireAll(store),
    parse,
    readParams,
    canonical: (_params, body) => body.toString('base64'),
    referencesOf: (named) => referencesOf(store, named),
    bornAtMs: (named) => bornAtMs(store, named),
    errorsFor,
    keyInUse,
    keyReused,
    kept: (truth: Answer) => (truth.status < 300 ? truth : undefined),
    keptForMs,
    replayHeaders: () => ({}),
    replayStatus: () => 200,
  };
}

function parse(request: FastifyRequest, body: Buffer): Params {
  const { method, url, headers } = request;
  if (method === 'GET') return Object.fromEntries(new URLSearchParams(url.split('?')[1] ?? ''));
  if (url === tokenPath) return Object.fromEntries(new URLSearchParams(body.toString('utf8')));
  const type = headers['content-type'] ?? '';
  if (!type.startsWith('application/json')) {
    throw new Refusal(
      errorAnswer(415, 'UNSUPPORTED_MEDIA_TYPE', 'The server does not support the media type.'),
    );
  }
  const parsed = body.length === 0 ? {} : jsonOf(body);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed) || preferName in parsed) {
    throw new Refusal(errorAnswer(400, 'INVALID_REQUEST', 'The body is not a JSON object.'));
  }
  const isWhole = /return=representation/.test(String(headers.prefer ?? ''));
  return { ...parsed, [preferName]: isWhole ? 'representation' : 'minimal' };
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
