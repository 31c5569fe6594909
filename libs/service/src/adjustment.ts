import {
  accountParts,
  credit,
  debit,
  type Journal,
  journal,
  type Money,
  naturalBalance,
  Rejection,
} from '@holdfast/domain';
import type { AdjustmentReason } from '@holdfast/events';

/** What a correction by hand may move of a ledger (M-24); whatever stands in no list is no account of its chart. */
export type AdjustableAccounts = Readonly<{
  /** The platform's own: as long as none ends on the wrong side of zero. */
  platform: readonly string[];
  /** Customers' cash, one account per provider: what is booked there is what the provider says. */
  cash: readonly string[];
  /** With the person's account behind the colon. */
  persons: readonly string[];
  /** What rows tell as well, or the other ledger: only the commands of those rows move it (M-2, M-4). */
  kept: readonly string[];
}>;

export type AdjustmentLine = Readonly<{
  account: string;
  side: 'debit' | 'credit';
  amount: Money;
  /** On cash: by what name the provider's book has the movement (M-3). */
  reference?: string;
}>;

/** A journal by hand: one person proposes it, another one decides (S-11). */
export type Adjustment = Readonly<{
  id: string;
  /** The journal that it corrects. */
  corrects: string;
  reason: AdjustmentReason;
  lines: readonly AdjustmentLine[];
  proposedBy: string;
  proposedAt: Date;
}> &
  (
    | Readonly<{ status: 'proposed' }>
    | Readonly<{ status: 'posted' | 'rejected' | 'withdrawn'; decidedBy: string; decidedAt: Date }>
  );

export type Decision = 'approve' | 'reject' | 'withdraw';
const outcomes = { approve: 'posted', reject: 'rejected', withdraw: 'withdrawn' } as const;

/** The journal that is corrected, as far as a correction needs to know it. */
export type Corrected = Readonly<{ id: string; agreementId?: string; accountId?: string }>;

const signed = ({ side, amount }: AdjustmentLine): bigint =>
  side === 'debit' ? amount.amountMinor : -amount.amountMinor;

/**
 * M-24: it obeys every rule that other journals obey. Of a person it moves the account that the corrected journal stands
 * in. Cash is booked as the provider has it, so that the proof compares it like any movement and hides nothing (M-3).
 * @throws Rejection adjustment.account_unknown | adjustment.account_kept | adjustment.account_twice |
 *   adjustment.reference_misplaced | adjustment.unbalanced
 */
export function assertAdjusts(
  lines: readonly AdjustmentLine[],
  { accountId }: Corrected,
  accounts: AdjustableAccounts,
): void {
  for (const { account, reference } of lines) {
    const { code, subAccount } = accountParts(account);
    if (accounts.kept.includes(code)) throw new Rejection('adjustment.account_kept', { account });
    const isCash = accounts.cash.includes(account);
    const isTheirs = accounts.persons.includes(code) && subAccount === accountId;
    if (!isCash && !isTheirs && !accounts.platform.includes(account)) {
      throw new Rejection('adjustment.account_unknown', { account });
    }
    if (isCash !== (reference !== undefined)) {
      throw new Rejection('adjustment.reference_misplaced', { account });
    }
  }
  if (new Set(lines.map(({ account }) => account)).size !== lines.length) {
    throw new Rejection('adjustment.account_twice');
  }
  if (lines.reduce((sum, line) => sum + signed(line), 0n) !== 0n) {
    throw new Rejection('adjustment.unbalanced');
  }
}

/**
 * S-11: another person than the one who proposed it posts or rejects it; that one may take it back.
 * @throws Rejection adjustment.decided | adjustment.second_person_needed | adjustment.not_own
 */
export function decide(adjustment: Adjustment, decision: Decision, by: string, now: Date): Adjustment {
  if (adjustment.status !== 'proposed') throw new Rejection('adjustment.decided');
  const isOwn = adjustment.proposedBy === by;
  if (decision === 'withdraw' && !isOwn) throw new Rejection('adjustment.not_own');
  if (decision !== 'withdraw' && isOwn) throw new Rejection('adjustment.second_person_needed');
  return { ...adjustment, status: outcomes[decision], decidedBy: by, decidedAt: now };
}

/** The accounts of the platform that it lessens: none of them may fall below zero by it (M-7, M-14). */
export const lessened = (
  { lines }: Pick<Adjustment, 'lines'>,
  { platform }: AdjustableAccounts,
): readonly { account: string; amountMinor: bigint }[] =>
  lines
    .filter(({ account }) => platform.includes(account))
    .map((line) => ({ account: line.account, amountMinor: -naturalBalance(line.account, signed(line)) }))
    .filter(({ amountMinor }) => amountMinor > 0n);

/** M-9, M-24: a journal of its own kind that names the one it corrects, and stands in the same books. */
export const adjustmentJournal = ({ id, lines }: Adjustment, corrected: Corrected): Journal =>
  journal({
    kind: 'adjustment',
    causeId: id,
    agreementId: corrected.agreementId,
    accountId: corrected.accountId,
    reverses: corrected.id,
    lines: lines.map(({ account, side, amount }) =>
      (side === 'debit' ? debit : credit)(account, amount.amountMinor),
    ),
  });
