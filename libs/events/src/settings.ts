import { z } from 'zod';

const bps = z.int().min(0).max(10_000);
const cents = z.int().min(0).max(1_000_000_000);
const days = z.int().min(0).max(3_650);

/**
 * Settings that an agreement pins when the offer is accepted and that `contracts.contract.activated`
 * carries, so that no service looks them up elsewhere (AD-15). Names and defaults: docs/domain-rules.md,
 * settings.
 */
export const PinnedSettings = z.object({
  'fee.client_bps': bps,
  'fee.initiation': cents,
  'fee.freelancer_bps': bps.max(1_500),
  'funding.mode': z.enum(['one_at_a_time']),
  'funding.first_charge': z.enum(['offer_accepted']),
  'milestone.min': cents,
  'review.days': days.min(1),
  'review.min_hours': z.int().min(0).max(8_760),
  'hold.days': days,
});
export type PinnedSettings = Readonly<z.output<typeof PinnedSettings>>;

export const pinnedDefaults: PinnedSettings = {
  'fee.client_bps': 500,
  'fee.initiation': 499,
  'fee.freelancer_bps': 1_000,
  'funding.mode': 'one_at_a_time',
  'funding.first_charge': 'offer_accepted',
  'milestone.min': 500,
  'review.days': 14,
  'review.min_hours': 72,
  'hold.days': 5,
};
