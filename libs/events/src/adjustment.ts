import { z } from 'zod';
import { AccountId, type EventDefinition, Id, Instant, WireMoney } from './catalogue.ts';

/** Why books are corrected by hand (M-24). */
export const AdjustmentReason = z.enum([
  'wrong_amount',
  'wrong_account',
  'missing',
  'provider_difference',
  'other',
]);
export type AdjustmentReason = z.output<typeof AdjustmentReason>;

/** An account of the chart, with a place or a person's account behind the colon (section 11). */
export const LedgerAccount = z
  .string()
  .regex(/^[EP](?:\.[a-z_]{1,30}){1,3}(?::[A-Za-z0-9_-]{1,64})?$/)
  .meta({ title: 'LedgerAccount', description: 'An account of the chart of accounts.' });

/** The same fact of both ledgers: its journal has the kind `adjustment` and the adjustment as its cause. */
export const adjustmentPosted = {
  version: 1,
  key: 'owner',
  subject: 'adjustmentId',
  summary: 'A correction that one operator proposed and another approved (M-24).',
  data: z.object({
    adjustmentId: Id,
    /** The journal that it corrects, and in whose books that one stands. */
    corrects: Id,
    agreementId: Id.optional(),
    accountId: AccountId.optional(),
    reason: AdjustmentReason,
    lines: z
      .array(z.object({ account: LedgerAccount, side: z.enum(['debit', 'credit']), amount: WireMoney }))
      .min(2)
      .max(20),
    proposedBy: AccountId,
    approvedBy: AccountId,
    postedAt: Instant,
  }),
} as const satisfies EventDefinition;
