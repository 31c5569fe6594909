import { expect, it, jest } from '@jest/globals';
import { type MeterProvider, metrics, type ObservableCallback } from '@opentelemetry/api';
import { breakerStates, observeBreakers } from './breakers.ts';

it('AD-22: a breaker is told by provider and operation, as it stands when it is asked', () => {
  const addCallback = jest.fn<(callback: ObservableCallback) => void>();
  const createObservableGauge = jest.fn((_name: string) => ({ addCallback }));
  metrics.setGlobalMeterProvider({ getMeter: () => ({ createObservableGauge }) } as unknown as MeterProvider);
  const breakers = new Map([['charge.read', { opened: false, halfOpen: false }]]);
  try {
    observeBreakers([{ provider: 'card', breakers }]);
  } finally {
    metrics.disable();
  }
  breakers.set('charge.create', { opened: true, halfOpen: false });
  breakers.set('charge.confirm', { opened: false, halfOpen: true });
  const observe = jest.fn();
  addCallback.mock.calls[0]![0]({ observe });
  expect(createObservableGauge.mock.calls[0]![0]).toBe('holdfast.breaker.state');
  expect(observe.mock.calls).toEqual([
    [0, { provider: 'card', operation: 'charge.read' }],
    [2, { provider: 'card', operation: 'charge.create' }],
    [1, { provider: 'card', operation: 'charge.confirm' }],
  ]);
});

it('AD-22: the details of health name provider, operation and state', () => {
  const breakers = new Map([
    ['payout.ach', { opened: true, halfOpen: false }],
    ['payout.read', { opened: false, halfOpen: false }],
  ]);
  expect(breakerStates([{ provider: 'bank', breakers }])).toEqual([
    { provider: 'bank', operation: 'payout.ach', state: 'open' },
    { provider: 'bank', operation: 'payout.read', state: 'closed' },
  ]);
});
