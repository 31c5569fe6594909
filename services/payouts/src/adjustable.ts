import type { AdjustableAccounts } from '@holdfast/service';

/**
 * What of ledger P two operators may correct by hand (M-24). What is pending, held, under way or owed is told by rows as
 * well, and clearing by escrow.
 */
export const payoutsAdjustable: AdjustableAccounts = {
  platform: ['P.revenue.withdrawal_fee'],
  cash: [],
  persons: ['P.freelancer.available'],
  kept: [
    'P.clearing.escrow',
    'P.freelancer.held',
    'P.freelancer.in_transit',
    'P.freelancer.pending',
    'P.freelancer.receivable',
  ],
};
