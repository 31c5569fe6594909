import { accountParts, credit, debit, type Journal, journal } from '@holdfast/domain';
import type { FundsCredited, FundsMatured } from './credit.ts';
import type {
  Withdrawal,
  WithdrawalCancelled,
  WithdrawalFailed,
  WithdrawalPaid,
  WithdrawalRequested,
  WithdrawalReturned,
} from './withdrawal.ts';

/** Which accounts each fact debits and credits (golden cases G-2.2, G-2.3, G-21 to G-23, G-29, G-38). */

const clearing = 'P.clearing.escrow';
const feeRevenue = 'P.revenue.withdrawal_fee';
const available = (accountId: string): string => `P.freelancer.available:${accountId}`;
const inTransit = (accountId: string): string => `P.freelancer.in_transit:${accountId}`;

/** G-2.2, G-31.3: debts first. Dated as the release is in escrow (M-21): the hold counts from there. */
export function creditJournal(
  { agreementId, accountId, transferId, net, toDebt, toPending }: FundsCredited,
  releasedAt: Date,
): Journal {
  return journal({
    kind: 'release',
    causeId: transferId,
    agreementId,
    accountId,
    transferId,
    valueDate: releasedAt,
    lines: [
      debit(clearing, net.amountMinor),
      credit(`P.freelancer.receivable:${accountId}`, toDebt.amountMinor),
      credit(`P.freelancer.pending:${accountId}`, toPending.amountMinor),
    ],
  });
}

export function maturityJournal({ agreementId, accountId, transferId, amount }: FundsMatured): Journal {
  return journal({
    kind: 'maturity',
    causeId: transferId,
    agreementId,
    accountId,
    lines: [
      debit(`P.freelancer.pending:${accountId}`, amount.amountMinor),
      credit(available(accountId), amount.amountMinor),
    ],
  });
}

/** G-21.1: asked for, the money is nobody's to spend until the provider has paid or refused. */
export const requestJournal = ({ withdrawalId, accountId, amount }: WithdrawalRequested): Journal =>
  journal({
    kind: 'withdrawal',
    causeId: withdrawalId,
    accountId,
    lines: [
      debit(available(accountId), amount.amountMinor),
      credit(inTransit(accountId), amount.amountMinor),
    ],
  });

/** Cancelled, or failed before it was paid: the whole amount back, without a fee (W-10, W-12). */
export const undoneJournal = ({
  type,
  withdrawalId,
  accountId,
  amount,
}: WithdrawalCancelled | WithdrawalFailed): Journal =>
  journal({
    kind: type === 'payouts.withdrawal.failed' ? 'withdrawal_failed' : 'withdrawal_cancelled',
    causeId: withdrawalId,
    accountId,
    lines: [
      debit(inTransit(accountId), amount.amountMinor),
      credit(available(accountId), amount.amountMinor),
    ],
  });

/** G-22.2: what was sent leaves through clearing, the fee is earned. */
export const paidJournal = ({ withdrawalId, accountId, transferId, sent, fee }: WithdrawalPaid): Journal =>
  journal({
    kind: 'withdrawal_paid',
    causeId: withdrawalId,
    accountId,
    transferId,
    lines: [
      debit(inTransit(accountId), sent.amountMinor + fee.amountMinor),
      credit(clearing, sent.amountMinor),
      credit(feeRevenue, fee.amountMinor),
    ],
  });

/**
 * W-12. Wrong details (`feeKept`): our fee stays earned and the bank's charge is the freelancer's loss. In
 * every other case the whole amount comes back to them, and escrow bears the charge: the platform's cost is
 * booked where its cash is.
 */
export function returnedJournal(
  { amount, fee }: Pick<Withdrawal, 'amount' | 'fee'>,
  back: WithdrawalReturned,
): Journal {
  const { withdrawalId, accountId, transferId, amountBack, bankCharge, feeKept, afterPaid } = back;
  const lost = feeKept ? bankCharge.amountMinor : 0n;
  const keptFee = feeKept ? fee.amountMinor : 0n;
  const regained = amount.amountMinor - lost - keptFee;
  const lines = afterPaid
    ? // G-23.4, G-38.4: the fee had been earned when it was paid.
      [
        debit(clearing, amountBack.amountMinor + bankCharge.amountMinor - lost),
        debit(feeRevenue, fee.amountMinor - keptFee),
      ]
    : // G-29.2: clearing is touched only by what the bank keeps.
      [debit(inTransit(accountId), amount.amountMinor), credit(clearing, lost), credit(feeRevenue, keptFee)];
  const kind = 'withdrawal_returned';
  const common = { kind, causeId: withdrawalId, accountId, transferId };
  return journal({ ...common, lines: [...lines, credit(available(accountId), regained)] });
}

/** What a journal moves on clearing: the other side must answer its transfer (M-22). */
export function clearedMinor({ lines }: Journal): bigint {
  const line = lines.find(({ account }) => accountParts(account).code === clearing);
  const amountMinor = line?.amountMinor ?? 0n;
  return amountMinor < 0n ? -amountMinor : amountMinor;
}
