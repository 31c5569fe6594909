import { usd } from '@holdfast/domain';
import { pinnedDefaults } from '@holdfast/events';
import { takesCharge } from '../domain/charging.ts';
import type { Milestone } from '../domain/milestone.ts';
import type { MilestoneFunded } from '../domain/milestone-events.ts';

export const settings = {
  'fee.client_bps': 500,
  'fee.initiation': 499,
  'fee.freelancer_bps': 1_000,
  'review.days': 14,
  'review.min_hours': 72,
} as const;

/** An agreed milestone of 1,000.00. */
export const agreedMilestone = (more: Partial<Milestone> = {}): Milestone =>
  ({
    id: 'milestone-1',
    agreementId: 'agreement',
    clientId: 'client',
    freelancerId: 'freelancer',
    order: 1,
    termsVersion: 1,
    price: usd(100_000n),
    status: 'agreed',
    ...more,
  }) as Milestone;

export const fundedFact = (milestone: Milestone, clientFeeMinor: bigint): MilestoneFunded => ({
  type: 'escrow.milestone.funded',
  agreementId: milestone.agreementId,
  milestoneId: milestone.id,
  version: milestone.termsVersion,
  fundingId: 'funding-1',
  amount: milestone.price,
  clientFee: usd(clientFeeMinor),
  lots: [{ lotId: 'lot-1', amount: milestone.price }],
  fundedAt: new Date('2026-11-23T09:00:00.000Z'),
});

/** A charge by card at the default fees, untaxed. */
export const cardTerms = (initiationDue: boolean, settings = pinnedDefaults) =>
  ({ kind: 'card', settings, initiationDue, taxBps: 0 }) as const;

/** Whether the charge of this one milestone is taken, one at a time and in an active contract. */
export const takes = (
  milestone: Milestone,
  others: readonly Milestone[],
  { fundingId, termsVersion }: { fundingId: string; termsVersion: number },
): boolean =>
  takesCharge(
    [milestone, ...others.filter(({ id }) => id !== milestone.id)],
    { fundingId, shares: [{ milestoneId: milestone.id, termsVersion }] },
    { mode: 'one_at_a_time', status: 'active' },
  );
