import { type MessageRef, runCausedBy } from '@holdfast/messaging';
import {
  type ArgumentMetadata,
  type CallHandler,
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  SetMetadata,
  StandardSchemaValidationPipe,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Observable, tap } from 'rxjs';
import { z } from 'zod';
import type { Party } from './authentication.ts';
import { holdsCardNumber, textHoldsCardNumber, textsOf } from './card-number.ts';
import { Problem } from './problem.ts';

const Key = z.string().regex(/^[\x21-\x7e]{1,100}$/);

/** The Idempotency-Key, scoped to its caller: a repeat gets the first answer (AD-9). */
export const Message = createParamDecorator((_: unknown, context: ExecutionContext): MessageRef => {
  const { headers, party } = context.switchToHttp().getRequest<FastifyRequest & { party: Party }>();
  const key = headers['idempotency-key'];
  if (key === undefined) throw new Problem('idempotency.key_missing');
  if (!Key.safeParse(key).success) {
    throw new Problem('request.invalid', {
      issues: [{ path: 'Idempotency-Key', problem: 'must be 1 to 100 signs' }],
    });
  }
  if (textHoldsCardNumber(String(key))) throw new Problem('request.card_number');
  return { source: 'http', id: `${party.accountId}/${key}` };
});

type Issue = { path: string; problem: string };

/** Shape is checked at the edge, by the schema that is also the type. Issues name fields, never contents. */
@Injectable()
export class ShapePipe extends StandardSchemaValidationPipe {
  constructor() {
    super({
      exceptionFactory: (issues) =>
        new Problem('request.invalid', {
          issues: issues.slice(0, 50).map(({ path, message }) => ({
            path: (path ?? [])
              .map((part) => String(typeof part === 'object' ? part.key : part).slice(0, 60))
              .join('.'),
            problem: message.replace(/received .*$/i, '').slice(0, 200),
          })),
        }),
    });
  }

  /** An unknown field is refused, not left out; the JSON parser has refused `__proto__` before. */
  protected override stripProtoKeys(): void {}

  override async transform<T>(value: T, metadata: ArgumentMetadata): Promise<T> {
    try {
      return await super.transform(value, metadata);
    } catch (error) {
      if (!(error instanceof Problem) || !metadata.data) throw error;
      // A parameter has a name of its own, which its schema does not know.
      const issues = (error.details.issues as Issue[]).map(({ path, problem }) => ({
        path: [metadata.data, path].filter(Boolean).join('.'),
        problem,
      }));
      throw new Problem('request.invalid', { issues });
    }
  }
}

const digitsKey = 'holdfast.digits';

/**
 * Names the one field of a route's body whose digits may pass for a card number by chance, as a bank account's
 * do (P-15). What the route takes there it must encrypt.
 */
export const DigitsIn = (field: string): MethodDecorator => SetMetadata(digitsKey, field);

const unkeptKey = 'holdfast.unkept';

/**
 * A body of which nothing is stored but what the route checks by itself: a provider's signed notice, whose traces
 * and references may pass for a card number by chance and must not be refused for it (P-15).
 */
export const BodyNotKept = (): MethodDecorator => SetMetadata(unkeptKey, true);

/** The body as it is looked through: without that field, where it is digits and nothing else. */
function withoutDigits(body: unknown, field: string | undefined): unknown {
  if (field === undefined || typeof body !== 'object' || body === null) return body;
  const { [field]: digits, ...rest } = body as Record<string, unknown>;
  return typeof digits === 'string' && /^\d+$/.test(digits) ? rest : body;
}

/**
 * What no field may hold, whatever its schema says: a card number, which never enters the system (P-15), and text that
 * PostgreSQL cannot store.
 */
@Injectable()
export class ContentGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const { body, query, params } = context.switchToHttp().getRequest<FastifyRequest>();
    const digitsField = this.reflector.get<string | undefined>(digitsKey, context.getHandler());
    const isKept = this.reflector.get<boolean | undefined>(unkeptKey, context.getHandler()) !== true;
    if (holdsCardNumber([isKept ? withoutDigits(body, digitsField) : null, query, params])) {
      throw new Problem('request.card_number');
    }
    const problem = 'holds a sign that is no text';
    for (const { field, text } of textsOf([body, query, params])) {
      if (!text.includes('\u0000') && text.isWellFormed()) continue;
      throw new Problem('request.invalid', { issues: [{ path: field.slice(0, 100), problem }] });
    }
    return true;
  }
}

export type CorrelatedRequest = FastifyRequest & { correlationId: string };

/**
 * Every request starts a correlation id; what it causes carries it on, and what acts on a payment joins that of the
 * payment. Which one it was stands in the answer (AD-5).
 */
@Injectable()
export class CausalityInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const http = context.switchToHttp();
    const { correlationId } = http.getRequest<CorrelatedRequest>();
    const causality = { causationId: correlationId, correlationId };
    const sayWhich = (): void => {
      http.getResponse<FastifyReply>().header('correlation-id', causality.correlationId);
    };
    // `handle` is called inside, since it keeps the context in which it was called.
    return new Observable((subscriber) =>
      runCausedBy(causality, () => next.handle().pipe(tap(sayWhich)).subscribe(subscriber)),
    );
  }
}
