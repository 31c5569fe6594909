import { staffSettings } from '@holdfast/service';
import { z } from 'zod';

/** The settings that payouts owns: current ones, read at the moment of the act; `hold.days` is pinned. */
export const payoutsSettings = {
  schema: z.object({
    'fee.ach': z.int().min(0).max(1_000_000),
    'min.ach': z.int().min(1).max(1_000_000_000),
    'method.cooling_days': z.int().min(0).max(365),
    'identity.days': z.int().min(1).max(365),
    /** UTC, on business days (W-9). */
    'payout.cutoff': z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
    ...staffSettings.shape,
  }),
  defaults: {
    'fee.ach': 0,
    'min.ach': 500,
    'method.cooling_days': 3,
    'identity.days': 7,
    'payout.cutoff': '12:00',
    ...staffSettings.defaults,
  },
};
