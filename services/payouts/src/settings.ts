import { z } from 'zod';

/**
 * The settings that payouts owns. Those of withdrawals come with them; `hold.days` is pinned by the
 * agreement.
 */
export const payoutsSettings = {
  schema: z.object({}),
  defaults: {},
};
