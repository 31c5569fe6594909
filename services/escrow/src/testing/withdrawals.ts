import { usd } from '@holdfast/domain';
import type { WithdrawalPaid, WithdrawalReturned } from '../domain/withdrawal.ts';

const withdrawal = {
  withdrawalId: '0192f0c1-0000-7000-8000-000000000002',
  accountId: 'freelancer-1',
  attemptId: 'po_7K3M9QAA-1',
  subAccount: 'bank',
} as const;

/** A withdrawal of 500.00 by ACH, as payouts tells of it (G-21.2). */
export const paidWithdrawal = (more: Partial<WithdrawalPaid> = {}): WithdrawalPaid => ({
  ...withdrawal,
  sent: usd(50_000n),
  fee: usd(0n),
  transferId: '0192f0c1-0000-7000-8000-000000000003',
  paidAt: new Date('2026-11-25T12:00:00.000Z'),
  ...more,
});

/** The same come back with R03 after it was paid, whole (G-38.4). */
export const returnedWithdrawal = (more: Partial<WithdrawalReturned> = {}): WithdrawalReturned => ({
  ...withdrawal,
  afterPaid: true,
  amountBack: usd(50_000n),
  bankCharge: usd(0n),
  feeKept: true,
  reason: 'bad_details',
  transferId: '0192f0c1-0000-7000-8000-000000000004',
  returnedAt: new Date('2026-11-27T12:00:00.000Z'),
  ...more,
});
