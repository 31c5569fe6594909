import { usd } from '@holdfast/domain';
import type { Refund } from '../domain/refund.ts';
import type { RefundView } from '../domain/refund-attempt.ts';
import type { RefundAttemptFrame } from '../tables/refund-attempt.table.ts';

/** What the provider says of the refund of 424.99 (G-7). */
export const refundView = (status: RefundView['status'], more: Partial<RefundView> = {}): RefundView => ({
  id: 're_1',
  status,
  amountMinor: 42_499n,
  currency: 'usd',
  ...more,
});

export const refundAttemptFrame: RefundAttemptFrame = {
  agreementId: 'agreement',
  fundingId: 'funding-1',
  subAccount: 'card',
  chargeReference: 'pi_1',
  createBody: 'payment_intent=pi_1',
  correlationId: 'correlation-1',
  traceparent: null,
};

/** G-7: all that was held, with both fees. */
export const refunding = (more: Partial<Refund> = {}): Refund =>
  ({
    id: 'refund-1',
    agreementId: 'agreement',
    clientId: 'client',
    freelancerId: 'freelancer',
    fundingId: 'funding-1',
    milestoneId: 'milestone-1',
    cause: 'silence',
    parts: {
      principal: usd(40_000n),
      clientFee: usd(2_000n),
      initiationFee: usd(499n),
      tax: usd(0n),
    },
    attempt: 1,
    decidedAt: new Date('2026-11-30T09:00:00.000Z'),
    status: 'refunding',
    ...more,
  }) as Refund;
