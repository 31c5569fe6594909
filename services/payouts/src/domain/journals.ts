import { credit, debit, type Journal, journal } from '@holdfast/domain';
import type { FundsCredited, FundsMatured } from './credit.ts';

/** Which accounts each fact debits and credits (golden cases G-2.2, G-2.3). */

/** Dated as the release is in escrow (M-21): the hold counts from there. */
export function creditJournal(
  { agreementId, accountId, transferId, toPending }: FundsCredited,
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
      debit('P.clearing.escrow', toPending.amountMinor),
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
      credit(`P.freelancer.available:${accountId}`, amount.amountMinor),
    ],
  });
}
