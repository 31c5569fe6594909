import type { Duplex } from 'node:stream';
import { NotYet, Rejection } from '@holdfast/domain';
import { currentCausality, isDatabaseAway } from '@holdfast/messaging';
import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  Inject,
  Logger,
} from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { throwError } from 'rxjs';
import { commonErrors, type ErrorCatalogue, type ErrorDefinition } from './errors.ts';
import type { ServiceDefinition } from './service-definition.ts';
import { DEFINITION } from './tokens.ts';

/** An answer that is no business refusal: shape, token, rights, outage. Never stored under an Idempotency-Key. */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly code: keyof typeof commonErrors,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(code);
  }
}

interface Answer {
  code: string;
  details?: Readonly<Record<string, unknown>>;
  /** Seconds after which asking again makes sense. */
  retryAfter?: number;
}

/** What Nest or Fastify refuse before a controller is reached. */
const codeOfStatus: Readonly<Record<number, keyof typeof commonErrors>> = {
  400: 'request.malformed',
  404: 'route.unknown',
  413: 'request.too_large',
  415: 'request.media_type',
  429: 'request.rate_limited',
};

const problemType = 'application/problem+json';
const problemOf = (code: string, { status, title }: ErrorDefinition) => ({
  type: `urn:holdfast:error:${code}`,
  code,
  title,
  status,
});

/** What Fastify refuses before there is a route: an address it cannot read. It is not repeated to the caller. */
export function refuseAddress(reply: FastifyReply): void {
  const problem = problemOf('route.unknown', commonErrors['route.unknown']);
  reply.status(problem.status).type(problemType).send(problem);
}

/** What Node refuses before there is a request; nobody may be listening any more. */
export function refuseConnection(error: { code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return;
  const code = error.code === 'HPE_HEADER_OVERFLOW' ? 'request.headers_too_large' : 'request.malformed';
  const problem = problemOf(code, commonErrors[code]);
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} Refused`,
    `content-type: ${problemType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/**
 * Turns everything that is thrown into `application/problem+json` with a stable code (RFC 9457, AD-19). On Kafka it
 * passes the original error on, which Nest would hide from the transport.
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #logger = new Logger('http');
  readonly #errors: ErrorCatalogue;

  constructor(@Inject(DEFINITION) definition: ServiceDefinition) {
    this.#errors = { ...commonErrors, ...definition.errors };
  }

  catch(error: unknown, host: ArgumentsHost): unknown {
    if (host.getType() !== 'http') return throwError(() => error);
    const { code, details, retryAfter } = this.#answer(error);
    const problem = problemOf(code, this.#errors[code] ?? { status: 409, title: code });
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (retryAfter) reply.header('retry-after', String(retryAfter));
    if (problem.status === 401) reply.header('www-authenticate', 'Bearer');
    return reply
      .status(problem.status)
      .type(problemType)
      .send({ ...details, ...problem });
  }

  #answer(error: unknown): Answer {
    if (error instanceof Rejection || error instanceof Problem)
      return { code: error.code, details: error.details };
    if (error instanceof NotYet) return { code: error.code, retryAfter: 1 };
    const status =
      error instanceof HttpException ? error.getStatus() : (error as { statusCode?: number })?.statusCode;
    const known = status === undefined ? undefined : codeOfStatus[status];
    if (known) return { code: known };
    if (isDatabaseAway(error)) return { code: 'service.unavailable', retryAfter: 1 };
    this.#logger.error(
      { err: error, correlationId: currentCausality()?.correlationId },
      'a request ended in a defect',
    );
    return { code: 'internal' };
  }
}
