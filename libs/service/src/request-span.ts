import { correlationAttribute, spanOf } from '@holdfast/messaging';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { context as otel, propagation, SpanKind } from '@opentelemetry/api';
import { from, lastValueFrom, type Observable } from 'rxjs';
import type { CorrelatedRequest } from './request.ts';

/** The server span of a request: method and route template only, so that no id of a person becomes a span name. */
@Injectable()
export class RequestSpanInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const request = context.switchToHttp().getRequest<CorrelatedRequest>();
    const route = request.routeOptions.url ?? 'unknown';
    const parent = propagation.extract(otel.active(), { traceparent: request.headers.traceparent });
    const work = () => lastValueFrom(next.handle(), { defaultValue: undefined });
    return from(
      spanOf(`${request.method} ${route}`, SpanKind.SERVER, parent, work, {
        'http.request.method': request.method,
        'http.route': route,
        [correlationAttribute]: request.correlationId,
      }),
    );
  }
}
