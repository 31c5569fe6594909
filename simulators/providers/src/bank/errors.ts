import { type Answer, type Errors, Refusal } from '../answering.ts';
import type { Route } from '../routes.ts';

/** The error object of section 3.6. */
export function errorAnswer(status: number, code: string, message: string, parameter?: string): Answer {
  return { status, body: { errors: { code, message, ...(parameter === undefined ? {} : { parameter }) } } };
}

export function invalid(message: string, parameter?: string, code = 'parameter_invalid'): Refusal {
  return new Refusal(errorAnswer(422, code, message, parameter));
}

export function notFound(): Refusal {
  return new Refusal(errorAnswer(404, 'resource_not_found', 'Resource not found', 'id'));
}

/** Its first order stands, whatever became of it: look for that one. */
export function externalIdTaken(): Answer {
  const message = 'A payment order with this external_id exists already.';
  return errorAnswer(409, 'resource_conflict', message, 'external_id');
}

export function keyInUse(): Answer {
  const message = 'Another request with this Idempotency-Key is being executed.';
  return errorAnswer(409, 'idempotency_key_in_use', message);
}

export function keyReused(): Answer {
  const message = 'This Idempotency-Key was used with another request.';
  return errorAnswer(409, 'idempotency_key_reused', message);
}

export function errorsFor({ isList }: Route): Errors {
  const outage = 'Our server encountered an error while processing your request.';
  return {
    outage: (status) => errorAnswer(status, 'internal_error', outage),
    tooMany: () => errorAnswer(429, 'too_many_requests', 'The account has issued too many requests.'),
    denied: (status) =>
      status === 401
        ? errorAnswer(401, 'unauthorized', 'The organization id or the API key is not valid.')
        : errorAnswer(403, 'forbidden', 'The account does not have access to the requested resource.'),
    notFound: () => (isList ? { status: 200, body: [] } : notFound().answer),
    duplicateKey: (kind) => (kind === '409' ? externalIdTaken() : keyReused()),
    errorBody: () => errorAnswer(200, 'internal_error', outage).body,
  };
}
