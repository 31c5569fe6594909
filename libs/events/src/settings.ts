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
  'fee.client_bank_bps': bps,
  'fee.initiation': cents,
  'fee.freelancer_bps': bps.max(1_500),
  'funding.mode': z.enum(['one_at_a_time', 'project_upfront']),
  'funding.first_charge': z.enum(['offer_accepted']),
  'milestone.min': cents,
  'amendment.expiry_days': days.min(1),
  'review.days': days.min(1),
  'review.min_hours': z.int().min(0).max(8_760),
  /** Days after the start of the review, in rising order (E-5). */
  'review.reminder_days': z.array(days).max(10),
  'bonus.min': cents,
  'bonus.max': cents,
  'bonus.days_after_end': days,
  'refund.response_days': days.min(1),
  'refund.days': days,
  'refund.retry_days': days.min(1),
  'dormant.days': days.min(15),
  'forfeit.notice_hours': z.int().min(1).max(720),
  'hold.days': days,
});
export type PinnedSettings = Readonly<z.output<typeof PinnedSettings>>;

export const pinnedDefaults: PinnedSettings = {
  'fee.client_bps': 500,
  'fee.client_bank_bps': 300,
  'fee.initiation': 499,
  'fee.freelancer_bps': 1_000,
  'funding.mode': 'one_at_a_time',
  'funding.first_charge': 'offer_accepted',
  'milestone.min': 500,
  'amendment.expiry_days': 7,
  'review.days': 14,
  'review.min_hours': 72,
  'review.reminder_days': [7, 11, 13],
  'bonus.min': 100,
  'bonus.max': 1_000_000,
  'bonus.days_after_end': 365,
  'refund.response_days': 7,
  'refund.days': 180,
  'refund.retry_days': 30,
  'dormant.days': 90,
  'forfeit.notice_hours': 24,
  'hold.days': 5,
};
