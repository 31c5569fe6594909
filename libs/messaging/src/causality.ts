import { AsyncLocalStorage } from 'node:async_hooks';
import { context, propagation } from '@opentelemetry/api';

/** Why something happens: the message that caused it and the correlation id that joins the life of one payment. */
export interface Causality {
  causationId: string;
  correlationId: string;
}

const storage = new AsyncLocalStorage<Causality>();

export const runCausedBy = <T>(causality: Causality, work: () => T): T => storage.run(causality, work);

export const currentCausality = (): Causality | undefined => storage.getStore();

/** The running span as a W3C header; undefined where no tracing is set up. */
export function currentTraceparent(): string | undefined {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent;
}
