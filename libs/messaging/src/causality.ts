import { AsyncLocalStorage } from 'node:async_hooks';
import { context, propagation, trace } from '@opentelemetry/api';

/** Why something happens: the message that caused it and the correlation id that joins the life of one payment. */
export interface Causality {
  causationId: string;
  correlationId: string;
}

const storage = new AsyncLocalStorage<Causality>();

export const runCausedBy = <T>(causality: Causality, work: () => T): T => storage.run(causality, work);

export const currentCausality = (): Causality | undefined => storage.getStore();

/** The attribute under which every span shows it. */
export const correlationAttribute = 'holdfast.correlation_id';

/** What is being done turns out to belong to a payment that has one already: its answer, log and span say so. */
export function joinCorrelation(causality: Causality, correlationId: string): void {
  causality.correlationId = correlationId;
  trace.getActiveSpan()?.setAttribute(correlationAttribute, correlationId);
}

/** The running span as a W3C header; undefined where no tracing is set up. */
export function currentTraceparent(): string | undefined {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent;
}
