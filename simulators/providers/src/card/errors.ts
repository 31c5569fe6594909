import { type Answer, type Errors, Refusal } from '../answering.ts';
import type { Route } from '../routes.ts';
import { listObject } from './render.ts';

type ErrorType = 'api_error' | 'card_error' | 'idempotency_error' | 'invalid_request_error';
type Details = Readonly<{
  code?: string;
  decline_code?: string;
  network_decline_code?: string;
  param?: string;
  charge?: string;
  payment_intent?: unknown;
  payment_method?: unknown;
  setup_intent?: unknown;
}>;

const wait = { 'stripe-should-retry': 'true' };
const final = { 'stripe-should-retry': 'false' };

/** The error object of section 4.1. */
export function errorAnswer(
  status: number,
  type: ErrorType,
  message: string,
  details: Details = {},
  headers: Record<string, string> = {},
): Answer {
  return { status, body: { error: { type, message, ...details } }, headers };
}

export function invalid(message: string, details: Details = {}): Refusal {
  return new Refusal(errorAnswer(400, 'invalid_request_error', message, details));
}

/** 404 when the address names it, 400 when a parameter does. */
export function missing(kind: string, id: string, param?: string): Refusal {
  const details = { code: 'resource_missing', param: param ?? 'id' };
  return new Refusal(
    errorAnswer(param ? 400 : 404, 'invalid_request_error', `No such ${kind}: '${id}'`, details),
  );
}

/** Nobody may take money of a bank account without the words of its owner. */
export function mandateDataMissing(): Refusal {
  const details = { code: 'parameter_missing', param: 'mandate_data' };
  return invalid('Missing required param: mandate_data.', details);
}

/** A decline: asking again gets the same answer. */
export function declineAnswer(message: string, details: Details): Answer {
  return errorAnswer(402, 'card_error', message, details, final);
}

function badKey(): Answer {
  return errorAnswer(
    401,
    'invalid_request_error',
    'Invalid API Key provided.',
    { code: 'api_key_invalid' },
    final,
  );
}

export function keyInUse(): Answer {
  const message = 'There is currently another in-progress request using this Idempotency-Key.';
  return errorAnswer(409, 'idempotency_error', message, { code: 'idempotency_key_in_use' }, wait);
}

export function keyReused(): Answer {
  const message =
    'Keys for idempotent requests can only be used with the same parameters they were first used with.';
  return errorAnswer(400, 'idempotency_error', message, {}, final);
}

export function errorsFor({ op, url, isList }: Route, id: string): Errors {
  return {
    // No `Stripe-Should-Retry`: a caller cannot know from here whether anything was done.
    outage: (status) => errorAnswer(status, 'api_error', 'An unexpected error occurred on our side.'),
    tooMany: () =>
      errorAnswer(429, 'invalid_request_error', 'Request rate limit exceeded.', { code: 'rate_limit' }, wait),
    denied: (status) =>
      status === 401 ? badKey() : errorAnswer(403, 'invalid_request_error', 'Not permitted.'),
    notFound: () =>
      isList ? { status: 200, body: listObject(url, [], false) } : missing('object', id || op).answer,
    duplicateKey: (kind) => (kind === '409' ? keyInUse() : keyReused()),
    errorBody: () => errorAnswer(200, 'api_error', 'An unexpected error occurred on our side.').body,
  };
}
