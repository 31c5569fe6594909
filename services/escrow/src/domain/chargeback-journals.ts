import { credit, debit, type Journal, journal, type Line } from '@holdfast/domain';
import type { Chargeback } from './chargeback.ts';
import { type ChargedPart, lossOf, worthOf } from './charged-parts.ts';
import { cardCash } from './journals.ts';
import { refundPayable } from './refund-journals.ts';
import { clearingAccount } from './withdrawal.ts';

/** What chargebacks move (golden cases G-24, G-25, G-32, G-35). */

const disputed = 'E.chargeback.disputed';
const feeExpense = 'E.expense.chargeback_fee';
const expense = 'E.expense.chargeback';

/** G-24.1: the bank takes amount and fee at once. */
export const receivedJournal = ({ id, agreementId, amount, fee }: Chargeback): Journal =>
  journal({
    kind: 'chargeback',
    causeId: id,
    agreementId,
    lines: [
      debit(disputed, amount.amountMinor),
      debit(feeExpense, fee.amountMinor),
      credit(cardCash, amount.amountMinor + fee.amountMinor),
    ],
  });

/** Won before it was lost: the money is back, the fee as the provider says. */
export const wonJournal = ({ id, agreementId, amount, feeReturned }: Chargeback): Journal =>
  journal({
    kind: 'chargeback_won',
    causeId: id,
    agreementId,
    lines: [
      debit(cardCash, amount.amountMinor + feeReturned.amountMinor),
      credit(disputed, amount.amountMinor),
      credit(feeExpense, feeReturned.amountMinor),
    ],
  });

/**
 * G-32.3, G-24.3: held money leaves escrow, and what was owed to the client is owed no more (E-24); protected pay is the
 * platform's loss; what is to be recovered waits.
 * @param rests by milestone, the fee that is earned since nothing is left of it
 * @returns undefined where all of it is to be recovered
 */
export function lostJournal(
  { id, agreementId, amount, parts }: Chargeback,
  rests: ReadonlyMap<string, bigint> = new Map(),
): Journal | undefined {
  const { held, owedMinor, recoverableMinor, borneMinor } = lossOf(amount.amountMinor, parts);
  const settledMinor = amount.amountMinor - recoverableMinor;
  if (settledMinor === 0n) return undefined;
  return journal({
    kind: 'chargeback_lost',
    causeId: id,
    agreementId,
    lines: [
      debit(refundPayable, owedMinor),
      ...heldLines(agreementId, held, debit, rests),
      debit(expense, borneMinor),
      credit(disputed, settledMinor),
      credit(
        'E.revenue.client_fee',
        [...rests.values()].reduce((sum, minor) => sum + minor, 0n),
      ),
    ],
  });
}

/** G-25.4: payouts has said what it took; the fees on it are no longer earned. */
export function clawedBackJournal({ agreementId, amount, parts }: Chargeback, transferId: string): Journal {
  const { recoverable, recoverableMinor } = lossOf(amount.amountMinor, parts);
  return journal({
    kind: 'claw_back',
    causeId: transferId,
    agreementId,
    transferId,
    lines: [
      debit(clearingAccount, recoverable.netMinor),
      debit('E.revenue.freelancer_fee', recoverable.freelancerFeeMinor),
      debit('E.revenue.client_fee', recoverable.clientFeeMinor),
      credit(disputed, recoverableMinor),
    ],
  });
}

/** G-35.1: won after it was lost, everything the other way; what cannot be held again is owed to the client. */
export function reinstatedJournal(
  { id, agreementId, amount, feeReturned, parts, restoreTransferId }: Chargeback,
  refilled: readonly ChargedPart[],
): Journal {
  const { refunding, held, recoverable, borneMinor } = lossOf(amount.amountMinor, parts);
  const owedMinor = [...refunding, ...held]
    .filter((part) => !refilled.includes(part))
    .reduce((sum, part) => sum + worthOf(part), 0n);
  return journal({
    kind: 'chargeback_won',
    causeId: id,
    agreementId,
    ...(restoreTransferId ? { transferId: restoreTransferId } : {}),
    lines: [
      debit(cardCash, amount.amountMinor + feeReturned.amountMinor),
      credit(clearingAccount, recoverable.netMinor),
      credit('E.revenue.freelancer_fee', recoverable.freelancerFeeMinor),
      credit('E.revenue.client_fee', recoverable.clientFeeMinor),
      ...heldLines(agreementId, refilled, credit),
      credit(refundPayable, owedMinor),
      credit(expense, borneMinor),
      credit(feeExpense, feeReturned.amountMinor),
    ],
  });
}

/** A charge may have paid several milestones; their initiation fee and tax are one line each. */
function heldLines(
  agreementId: string,
  parts: readonly ChargedPart[],
  side: (account: string, amountMinor: bigint) => Line,
  rests: ReadonlyMap<string, bigint> = new Map(),
): Line[] {
  const lots = parts.flatMap((part) => part.lots);
  const sumOf = (name: 'initiationFeeMinor' | 'taxMinor'): bigint =>
    lots.reduce((sum, lot) => sum + lot[name], 0n);
  return [
    ...parts.flatMap(({ milestoneId, principalMinor, clientFeeMinor }) =>
      milestoneId === undefined
        ? []
        : [
            side(`E.escrow.milestone:${milestoneId}`, principalMinor),
            side(`E.fee.client_held:${milestoneId}`, clientFeeMinor + (rests.get(milestoneId) ?? 0n)),
          ],
    ),
    side(`E.fee.initiation_held:${agreementId}`, sumOf('initiationFeeMinor')),
    side('E.tax.payable', sumOf('taxMinor')),
  ];
}
