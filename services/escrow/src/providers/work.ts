import { crashPoint, runCausedBy, spanOf, type WallClock } from '@holdfast/messaging';
import { context, propagation, SpanKind } from '@opentelemetry/api';

/** What a worker does later belongs to the act that asked for it: its trace and its correlation id. */
export function asWorkOf<T>(
  origin: { id: string; correlationId: string; traceparent?: string | null },
  work: () => Promise<T>,
): Promise<T> {
  const parent = propagation.extract(context.active(), { traceparent: origin.traceparent ?? undefined });
  const causality = { causationId: origin.id, correlationId: origin.correlationId };
  const attributes = { 'holdfast.correlation_id': origin.correlationId };
  return spanOf('provider work', SpanKind.INTERNAL, parent, () => runCausedBy(causality, work), attributes);
}

/** Between the provider's answer and its record: where a crash costs most (F7). */
export const recorded = (): void => crashPoint('provider.after_answer');

/** Pauses that a provider asked for, in wall time; forgotten at a restart, which only means an earlier try. */
export class Pauses {
  readonly #until = new Map<string, number>();
  readonly #clock: WallClock;

  constructor(clock: WallClock) {
    this.#clock = clock;
  }

  resting(id: string): boolean {
    const until = this.#until.get(id);
    if (until === undefined) return false;
    if (until > this.#clock.now().getTime()) return true;
    this.#until.delete(id);
    return false;
  }

  rest(id: string, ms: number): void {
    this.#until.set(id, this.#clock.now().getTime() + ms);
  }
}
