import type { AdjustableAccounts } from '@holdfast/service';

/**
 * What of ledger E two operators may correct by hand (M-24). What stands for milestones, bonuses, fees that are not earned,
 * refunds and chargebacks is told by rows and lots as well, and clearing by payouts.
 */
export const escrowAdjustable: AdjustableAccounts = {
  platform: [
    'E.cash.operating',
    'E.equity.capital',
    'E.expense.arbitration',
    'E.expense.chargeback',
    'E.expense.chargeback_fee',
    'E.expense.processing',
    'E.expense.protection',
    'E.revenue.client_fee',
    'E.revenue.freelancer_fee',
    'E.revenue.initiation_fee',
    'E.tax.payable',
  ],
  cash: ['E.cash.trust:bank', 'E.cash.trust:card', 'E.cash.trust:paypal'],
  persons: [],
  kept: [
    'E.arbitration.held',
    'E.chargeback.disputed',
    'E.clearing.payouts',
    'E.client.receivable',
    'E.escrow.bonus',
    'E.escrow.hourly',
    'E.escrow.milestone',
    'E.fee.client_held',
    'E.fee.initiation_held',
    'E.refund.payable',
  ],
};
