import { correlationAttribute, crashPoint, runCausedBy, spanOf, type WallClock } from '@holdfast/messaging';
import { context, propagation, SpanKind } from '@opentelemetry/api';

/** What a worker does later belongs to the act that asked for it: its trace and its correlation id. */
export function asWorkOf<T>(
  origin: { id: string; correlationId: string; traceparent?: string | null },
  work: () => Promise<T>,
): Promise<T> {
  const parent = propagation.extract(context.active(), { traceparent: origin.traceparent ?? undefined });
  const causality = { causationId: origin.id, correlationId: origin.correlationId };
  const attributes = { [correlationAttribute]: origin.correlationId };
  return spanOf('provider work', SpanKind.INTERNAL, parent, () => runCausedBy(causality, work), attributes);
}

/** Between the provider's answer and its record: where a crash costs most (F7). */
export const recorded = (): void => crashPoint('provider.after_answer');

const [pauseMs, pauseMsMax] = [1_000, 30_000];

/** Pauses between tries, in wall time; forgotten at a restart, which only means an earlier try. */
export class Pauses {
  readonly #pauses = new Map<string, { until: number; tries: number }>();
  readonly #clock: WallClock;

  constructor(clock: WallClock) {
    this.#clock = clock;
  }

  resting(id: string): boolean {
    return (this.#pauses.get(id)?.until ?? 0) > this.#clock.now().getTime();
  }

  /** As long as the provider asked for; else a second, then twice as long each time, with jitter. */
  rest(id: string, askedMs?: number): void {
    const tries = (this.#pauses.get(id)?.tries ?? 0) + 1;
    const backoffMs = Math.min(pauseMs * 2 ** (tries - 1), pauseMsMax) * (0.5 + Math.random() / 2);
    this.#pauses.set(id, { until: this.#clock.now().getTime() + (askedMs ?? backoffMs), tries });
  }

  /** An answer came. */
  over(id: string): void {
    this.#pauses.delete(id);
  }
}
