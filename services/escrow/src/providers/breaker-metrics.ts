import { metrics } from '@opentelemetry/api';

interface Breaker {
  readonly opened: boolean;
  readonly halfOpen: boolean;
}

/** The state of each breaker of a provider that has made a call: 0 closed, 1 half open, 2 open (AD-22). */
export function observeBreakers(provider: string, breakers: ReadonlyMap<string, Breaker>): void {
  const description = '0 closed, 1 half open, 2 open';
  const gauge = metrics
    .getMeter('holdfast')
    .createObservableGauge('holdfast.breaker.state', { unit: '1', description });
  gauge.addCallback((result) => {
    for (const [operation, { opened, halfOpen }] of breakers)
      result.observe(opened ? 2 : Number(halfOpen), { provider, operation });
  });
}
