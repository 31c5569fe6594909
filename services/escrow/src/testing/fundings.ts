import type { IntentView } from '../domain/funding.ts';
import type { FundingFrame } from '../tables/funding.table.ts';

/** What the provider says of the intent of 1,054.99 (G-1). */
export const intent = (status: IntentView['status'], more: Partial<IntentView> = {}): IntentView => ({
  id: 'pi_1',
  status,
  receivedMinor: status === 'succeeded' ? 105_499n : 0n,
  currency: 'usd',
  ...more,
});

export const fundingFrame: FundingFrame = {
  agreementId: 'agreement',
  milestoneId: 'milestone-1',
  clientId: 'client',
  freelancerId: 'freelancer',
  methodId: 'method-1',
  termsVersion: 1,
  bonusId: null,
  pays: false,
  rollFrom: null,
  rollMinor: 0n,
  createBody: 'amount=105499',
  confirmBody: 'off_session=true',
  correlationId: 'correlation-1',
  traceparent: null,
};
