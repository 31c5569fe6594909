import { type CaseLine, describeDifferences, lineDifferences } from './accounts.ts';
import type { ExpectedJournal, Ledger } from './case-form.ts';

export interface CaseJournal {
  id: string;
  ledger: Ledger;
  kind: string;
  lines: readonly CaseLine[];
}

/** Journals of the platform: compared only where a step names them. */
const platformKinds = ['treasury', 'processing', 'fees'];

/**
 * Compares the journals of one step, per ledger and in any order.
 * @returns the first journal that differs, account by account; undefined if all are as expected
 */
export function firstDifference(
  expected: readonly ExpectedJournal[],
  actual: readonly CaseJournal[],
): string | undefined {
  for (const ledger of ['E', 'P'] as const) {
    const difference = differenceIn(
      expected.filter((journal) => journal.ledger === ledger),
      actual.filter((journal) => journal.ledger === ledger),
    );
    if (difference) return `ledger ${ledger}${difference}`;
  }
  return undefined;
}

function differenceIn(
  expected: readonly ExpectedJournal[],
  actual: readonly CaseJournal[],
): string | undefined {
  const partners = match(expected, actual);
  const missing = expected.find((_, index) => !partners.includes(index));
  const left = actual.filter((_, index) => partners[index] === undefined);
  const unexpected = left.filter(({ kind }) => !platformKinds.includes(kind));
  if (!missing) {
    const [first] = unexpected;
    return first && `, journal not expected: ${describeDifferences(lineDifferences({}, first.lines))}`;
  }
  // The likeliest counterpart is the one with which it agrees best.
  const [closest] = unexpected
    .map(({ lines }) => lineDifferences(missing.lines, lines))
    .sort((one, other) => one.length - other.length);
  if (closest) return `: ${describeDifferences(closest)}`;
  return `, journal missing: ${describeDifferences(lineDifferences(missing.lines, []))}`;
}

/**
 * Pairs as many as can be paired. An expected journal without suffixes may fit several actual ones, so a pair
 * is taken apart again where that lets one more journal find its partner.
 * @returns for each actual journal the index of the expected one
 */
function match(expected: readonly ExpectedJournal[], actual: readonly CaseJournal[]): (number | undefined)[] {
  const partners: (number | undefined)[] = actual.map(() => undefined);
  const place = (index: number, tried: Set<number>): boolean =>
    actual.some(({ lines }, candidate) => {
      if (tried.has(candidate) || lineDifferences(expected[index]!.lines, lines).length > 0) return false;
      tried.add(candidate);
      const rival = partners[candidate];
      if (rival !== undefined && !place(rival, tried)) return false;
      partners[candidate] = index;
      return true;
    });
  expected.forEach((_, index) => {
    place(index, new Set());
  });
  return partners;
}
