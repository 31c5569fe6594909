import { accountParts, naturalBalance } from '@holdfast/domain';
import type { Amounts } from './case-form.ts';

/** A posted line in the words of the case: `E.escrow.milestone:M1`. */
export interface CaseLine {
  account: string;
  /**
   * The account without suffix that this line counts for as well; none for a sub-account of somebody else.
   */
  total?: string;
  /** Debit +, credit -. */
  amountMinor: bigint;
}

export interface AccountDifference {
  account: string;
  expected: bigint;
  actual: bigint;
}

/** Divided by the place where the money lies, not by whose it is: `:card`, `:bank`. */
const dividedByPlace = ['E.cash.trust'];

/** Gives a posted line the case's names: of its milestones, its agreement and its people, by their ids. */
export function inWordsOfCase(
  { account, amountMinor }: { account: string; amountMinor: bigint },
  names: ReadonlyMap<string, string>,
): CaseLine {
  const { code, subAccount } = accountParts(account);
  if (!subAccount || dividedByPlace.includes(code)) return { account, total: code, amountMinor };
  const name = names.get(subAccount);
  return name ? { account: `${code}:${name}`, total: code, amountMinor } : { account, amountMinor };
}

const coveredBy = (line: CaseLine, account: string): boolean =>
  line.account === account || line.total === account;

const sumOn = (lines: readonly CaseLine[], account: string): bigint =>
  lines.reduce((sum, line) => (coveredBy(line, account) ? sum + line.amountMinor : sum), 0n);

/**
 * Every account on which the lines are not as expected; accounts that nothing expects are expected to be 0.
 */
export function lineDifferences(expected: Amounts, lines: readonly CaseLine[]): AccountDifference[] {
  const accounts = new Set(Object.keys(expected));
  for (const line of lines) {
    if (![...accounts].some((account) => coveredBy(line, account))) accounts.add(line.account);
  }
  return [...accounts]
    .map((account) => ({ account, expected: expected[account] ?? 0n, actual: sumOn(lines, account) }))
    .filter((difference) => difference.expected !== difference.actual);
}

/** As `lineDifferences`, for the accounts named only, each on its natural side. */
export function balanceDifferences(expected: Amounts, lines: readonly CaseLine[]): AccountDifference[] {
  return Object.entries(expected)
    .map(([account, amount]) => ({
      account,
      expected: amount,
      actual: naturalBalance(account, sumOn(lines, account)),
    }))
    .filter((difference) => difference.expected !== difference.actual);
}

/** `E.escrow.milestone:M1 expected -30001, actual -30000; ...` */
export const describeDifferences = (differences: readonly AccountDifference[]): string =>
  differences
    .map(({ account, expected, actual }) => `${account} expected ${expected}, actual ${actual}`)
    .join('; ');
