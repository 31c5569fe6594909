import { randomUUID } from 'node:crypto';
import { type Answer, type Errors, Refusal } from '../answering.ts';
import type { Route } from '../routes.ts';

type Detail = Readonly<{ issue: string; description: string; field?: string; location?: string }>;
type Link = Readonly<{ href: string; rel: string; method: string }>;

/** The envelope of section 1.6. `description` may change any day: callers branch on `issue`. */
export function errorAnswer(
  status: number,
  name: string,
  message: string,
  details: readonly Detail[] = [],
  links: readonly Link[] = [],
): Answer {
  return { status, body: { name, message, debug_id: randomUUID().slice(0, 13), details, links } };
}

/** 422: understood, and refused by a rule of the business (section 4.2). */
export function unprocessable(issue: string, description: string, links: readonly Link[] = []): Answer {
  const message =
    'The requested action could not be performed, semantically incorrect, or failed business validation.';
  return errorAnswer(422, 'UNPROCESSABLE_ENTITY', message, [{ issue, description }], links);
}

export function refuse(issue: string, description: string): Refusal {
  return new Refusal(unprocessable(issue, description));
}

export function invalid(field: string, issue: string, description: string): Refusal {
  const message = 'Request is not well-formed, syntactically incorrect, or violates schema.';
  return new Refusal(
    errorAnswer(400, 'INVALID_REQUEST', message, [{ field, location: 'body', issue, description }]),
  );
}

export function notFound(): Refusal {
  const details = [{ issue: 'INVALID_RESOURCE_ID', description: 'Specified resource ID does not exist.' }];
  return new Refusal(
    errorAnswer(404, 'RESOURCE_NOT_FOUND', 'The specified resource does not exist.', details),
  );
}

export function keyInUse(): Answer {
  const details = [
    { issue: 'PREVIOUS_REQUEST_IN_PROGRESS', description: 'A previous request is in progress.' },
  ];
  return errorAnswer(409, 'RESOURCE_CONFLICT', 'The server has detected a conflict.', details);
}

export function keyReused(): Answer {
  return unprocessable('DUPLICATE_REQUEST_ID', 'The PayPal-Request-Id was used with another request.');
}

/** Where tokens are given, errors have the form of OAuth. */
function oauthAnswer(status: number, error: string): Answer {
  return { status, body: { error, error_description: 'Client Authentication failed' } };
}

export function errorsFor({ op }: Route): Errors {
  const isToken = op === 'token.create';
  const outage = (status: number): Answer =>
    errorAnswer(
      status,
      status === 503 ? 'SERVICE_UNAVAILABLE' : 'INTERNAL_SERVER_ERROR',
      'An error occurred.',
    );
  return {
    outage,
    tooMany: () => errorAnswer(429, 'RATE_LIMIT_REACHED', 'Too many requests.'),
    denied: (status) => {
      if (isToken) return oauthAnswer(status, 'invalid_client');
      return status === 401
        ? errorAnswer(401, 'AUTHENTICATION_FAILURE', 'Authentication failed due to invalid credentials.')
        : errorAnswer(403, 'NOT_AUTHORIZED', 'Authorization failed due to insufficient permissions.');
    },
    notFound: () => notFound().answer,
    duplicateKey: (kind) => (kind === '409' ? keyInUse() : keyReused()),
    errorBody: () => outage(500).body,
  };
}
