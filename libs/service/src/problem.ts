import { NotYet, Rejection } from '@holdfast/domain';
import { currentCausality, isDatabaseAway } from '@holdfast/messaging';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject, Logger } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { throwError } from 'rxjs';
import { commonErrors, type ErrorCatalogue } from './errors.ts';
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
    const { status, title } = this.#errors[code] ?? { status: 409, title: code };
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (retryAfter) reply.header('retry-after', String(retryAfter));
    if (status === 401) reply.header('www-authenticate', 'Bearer');
    return reply
      .status(status)
      .type('application/problem+json')
      .send({ type: `urn:holdfast:error:${code}`, code, title, status, ...details });
  }

  #answer(error: unknown): Answer {
    if (error instanceof Rejection || error instanceof Problem) return { code: error.code, details: error.details };
    if (error instanceof NotYet) return { code: error.code, retryAfter: 1 };
    const status = error instanceof HttpException ? error.getStatus() : (error as { statusCode?: number })?.statusCode;
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
