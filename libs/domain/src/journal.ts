import type { Currency } from './money.ts';

/**
 * One leg of a journal. `account` is a code of the chart with an optional sub-account:
 * `E.escrow.milestone:<id>`. Debit is positive, credit negative, in minor units.
 */
export type Line = Readonly<{ account: string; amountMinor: bigint }>;

/**
 * A double-entry journal as data: what a domain decision asks the ledger to post.
 * `causeId` and `kind` together are unique in a ledger: each business fact posts once (rule M-8).
 */
export type Journal = Readonly<{
  kind: string;
  causeId: string;
  currency: Currency;
  lines: readonly Line[];
  /** The agreement, or the account, in whose books the reader looks for it. */
  agreementId?: string;
  accountId?: string;
  /** Every posting on a clearing account carries one; the other side's event echoes it (rule M-22). */
  transferId?: string;
  /** M-9: the journal that this one reverses. */
  reverses?: string;
  /** M-21: where it is not the instant of the fact that posts it, such as a release dated by another service. */
  valueDate?: Date;
}>;

/**
 * Builds a journal: lines of zero are left out and the rest must sum to zero (M-1).
 * @throws RangeError when it does not balance: a defect of ours, never a user's mistake
 */
export function journal(draft: Omit<Journal, 'currency'> & { currency?: Currency }): Journal {
  const lines = draft.lines.filter((line) => line.amountMinor !== 0n);
  const sum = lines.reduce((total, line) => total + line.amountMinor, 0n);
  if (sum !== 0n) throw new RangeError(`journal ${draft.kind} does not balance: ${sum}`);
  if (lines.length < 2) throw new RangeError(`journal ${draft.kind} has fewer than two lines`);
  if (new Set(lines.map((line) => line.account)).size !== lines.length) {
    throw new RangeError(`journal ${draft.kind} names an account twice`);
  }
  return { ...draft, currency: draft.currency ?? 'USD', lines };
}

export const debit = (account: string, amountMinor: bigint): Line => ({ account, amountMinor });
export const credit = (account: string, amountMinor: bigint): Line => ({
  account,
  amountMinor: -amountMinor,
});

/**
 * Accounts whose natural side is debit (section 11 of docs/domain-rules.md); all others are credit accounts.
 */
const debitAccounts = [
  'E.cash.trust',
  'E.cash.operating',
  'E.client.receivable',
  'E.chargeback.disputed',
  'E.expense',
  'P.clearing.escrow',
  'P.freelancer.receivable',
];

/**
 * Accounts that may never be on the wrong side of zero (I3): their balances are stored and locked on posting.
 * Every other account's balance is the sum of its entries, so that no row of the platform serialises all
 * payments.
 */
const guardedAccounts = [
  'E.escrow.milestone',
  'E.fee.client_held',
  'E.fee.initiation_held',
  'P.freelancer.pending',
  'P.freelancer.available',
  'P.freelancer.held',
  'P.freelancer.in_transit',
];

const within = (code: string, list: readonly string[]): boolean =>
  list.some((entry) => code === entry || code.startsWith(`${entry}.`));

/** Splits `E.escrow.milestone:<id>` into chart code and sub-account (empty where there is none). */
export function accountParts(account: string): { code: string; subAccount: string } {
  const [code, subAccount] = account.split(/:(.*)/s);
  return { code: code!, subAccount: subAccount ?? '' };
}

export const isDebitAccount = (account: string): boolean => within(accountParts(account).code, debitAccounts);
export const isGuarded = (account: string): boolean => within(accountParts(account).code, guardedAccounts);

/** A signed sum (debit positive) shown on the account's natural side. */
export const naturalBalance = (account: string, signedMinor: bigint): bigint =>
  isDebitAccount(account) ? signedMinor : -signedMinor;
