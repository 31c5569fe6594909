import type { Catalogue, Message } from '@holdfast/events';
import {
  context,
  type Link,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { correlationAttribute } from './causality.ts';
import type { ConsumedRecord } from './parking.ts';

const tracer = trace.getTracer('holdfast.messaging');

/** The span of applying one event: a child of the span that published it. Attributes hold ids only. */
export function consumerSpan<T>(
  record: ConsumedRecord,
  message: Message<Catalogue>,
  work: () => Promise<T>,
): Promise<T> {
  const parent = propagation.extract(context.active(), { traceparent: message.traceparent });
  return spanOf(`process ${message.event.type}`, SpanKind.CONSUMER, parent, work, {
    'messaging.system': 'kafka',
    'messaging.operation.type': 'process',
    'messaging.destination.name': record.topic,
    'messaging.message.id': message.id,
    [correlationAttribute]: message.correlationId,
  });
}

/** What a timer does starts a trace of its own, with a link to the fact that set it (AD-22). */
export function timerSpan<T>(
  kind: string,
  cause: { correlationId: string; traceparent: string | null } | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const set = propagation.extract(ROOT_CONTEXT, { traceparent: cause?.traceparent ?? undefined });
  const linked = trace.getSpanContext(set);
  const attributes = {
    'holdfast.deadline': kind,
    ...(cause ? { [correlationAttribute]: cause.correlationId } : {}),
  };
  const links = linked ? [{ context: linked }] : [];
  return spanOf(`timer ${kind}`, SpanKind.INTERNAL, ROOT_CONTEXT, work, attributes, links);
}

export function spanOf<T>(
  name: string,
  kind: SpanKind,
  parent: ReturnType<typeof context.active>,
  work: () => Promise<T>,
  attributes: Record<string, string | number>,
  links: Link[] = [],
): Promise<T> {
  return tracer.startActiveSpan(name, { kind, attributes, links }, parent, async (span) => {
    try {
      return await work();
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'error' });
      throw error;
    } finally {
      span.end();
    }
  });
}
