import type { PayoutView } from '../domain/settlement.ts';
import type { SettlementFrame } from '../tables/settlement.table.ts';

/** What the provider says of the payout of 1,024.10 (G-30.4). */
export const payout = (status: PayoutView['status'], more: Partial<PayoutView> = {}): PayoutView => ({
  id: 'po_1',
  status,
  amountMinor: 102_410n,
  currency: 'usd',
  failure: status === 'canceled' ? 'cancelled' : 'provider_failed',
  ...more,
});

export const settlementFrame: SettlementFrame = {
  createBody: 'amount=102410',
  requestedBy: 'operator-1',
  reason: 'Cash for withdrawals.',
  requestedAt: new Date('2026-11-23T09:00:00.000Z'),
  correlationId: 'correlation-1',
  traceparent: null,
};
