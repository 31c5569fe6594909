import { metrics } from '@opentelemetry/api';

/** The breakers of one provider, one per operation that has been called. */
export interface ProviderBreakers {
  readonly provider: string;
  readonly breakers: ReadonlyMap<string, { readonly opened: boolean; readonly halfOpen: boolean }>;
}

const states = ['closed', 'half_open', 'open'] as const;
const stateOf = ({ opened, halfOpen }: { opened: boolean; halfOpen: boolean }): number =>
  opened ? 2 : Number(halfOpen);

/** For the details of `/health/ready`: a provider that is away makes no service unready. */
export function breakerStates(providers: readonly ProviderBreakers[]): object[] {
  return providers.flatMap(({ provider, breakers }) =>
    [...breakers].map(([operation, breaker]) => {
      return { provider, operation, state: states[stateOf(breaker)] };
    }),
  );
}

/** The state of each breaker that has made a call: 0 closed, 1 half open, 2 open (AD-22). */
export function observeBreakers(providers: readonly ProviderBreakers[]): void {
  const description = '0 closed, 1 half open, 2 open';
  const gauge = metrics
    .getMeter('holdfast')
    .createObservableGauge('holdfast.breaker.state', { unit: '1', description });
  gauge.addCallback((result) => {
    for (const { provider, breakers } of providers) {
      for (const [operation, breaker] of breakers) {
        result.observe(stateOf(breaker), { provider, operation });
      }
    }
  });
}
