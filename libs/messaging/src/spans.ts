import type { Catalogue, Message } from '@holdfast/events';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
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
    'holdfast.correlation_id': message.correlationId,
  });
}

export function spanOf<T>(
  name: string,
  kind: SpanKind,
  parent: ReturnType<typeof context.active>,
  work: () => Promise<T>,
  attributes: Record<string, string | number>,
): Promise<T> {
  return tracer.startActiveSpan(name, { kind, attributes }, parent, async (span) => {
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
