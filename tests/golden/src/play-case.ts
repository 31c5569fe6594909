import type { Marketplace } from '@holdfast/journeys';
import { balanceDifferences, describeDifferences } from './accounts.ts';
import { CaseError } from './case-error.ts';
import type { Expectation, GoldenCase, Step } from './case-form.ts';
import { CaseJournals } from './case-journals.ts';
import { type CaseJournal, firstDifference } from './compare-journals.ts';
import { arrange, planGiven, type Stage } from './stage.ts';
import { playStep } from './step-words.ts';

/**
 * Plays one case against a running system, and leaves its settings and its provider as they were.
 * @param stopping ends the case before its next step
 * @returns the first difference; undefined if the case is as expected
 * @throws CaseError for what cannot be played as it is written
 */
export async function playCase(
  market: Marketplace,
  { given, steps, end }: GoldenCase,
  stopping?: AbortSignal,
): Promise<string | undefined> {
  const settings = await planGiven(market, given);
  try {
    const stage = await arrange(market, given, settings);
    try {
      const journals = await CaseJournals.from(stage);
      for (const [index, step] of steps.entries()) {
        stopping?.throwIfAborted();
        const difference = await playAndCompare(stage, journals, step).catch(atStep(index));
        if (difference) return `step ${index + 1} (${titleOf(step)}), ${difference}`;
      }
      return end && endDifference(stage, journals, end.balances);
    } finally {
      for (const id of stage.faults) await market.clearFaults(id);
      await stage.treasury?.restore();
    }
  } finally {
    await settings.restore();
  }
}

async function playAndCompare(stage: Stage, journals: CaseJournals, step: Step): Promise<string | undefined> {
  const refusal = await playStep(stage, step);
  const posted = await journals.fresh();
  return stepDifference(step.expect, { refusal, posted });
}

/** A step without `expect` must go through; whatever it posts is right. */
export function stepDifference(
  expect: Expectation | undefined,
  { refusal, posted }: { refusal: string | undefined; posted: readonly CaseJournal[] },
): string | undefined {
  const refused = expect?.refused;
  if (refused === undefined && refusal) return `refused with ${refusal}, expected to go through`;
  if (refused !== undefined && !refusal)
    return `not refused, expected ${refused === true ? 'a refusal' : refused}`;
  if (typeof refused === 'string' && !isCode(refusal!, refused))
    return `refused with ${refusal}, expected ${refused}`;
  return expect?.journals && firstDifference(expect.journals, posted);
}

/** An answer by event has a closed reason without a noun: `not_funded` stands for `milestone.not_funded`. */
const isCode = (refusal: string, expected: string): boolean =>
  refusal === expected || (!refusal.includes('.') && expected.endsWith(`.${refusal}`));

function endDifference({ opening }: Stage, { all }: CaseJournals, balances: Record<string, bigint>) {
  const lines = [...opening, ...all.flatMap((journal) => journal.lines)];
  const differences = balanceDifferences(balances, lines);
  return differences.length > 0 ? `end, balances: ${describeDifferences(differences)}` : undefined;
}

const titleOf = (step: Step): string =>
  'milestone' in step ? `${step.do} ${step.milestone ?? 'all'}` : step.do;

const atStep =
  (index: number) =>
  (error: Error): never => {
    const within = error instanceof CaseError && error.path ? `.${error.path}` : '';
    throw new CaseError(`steps[${index}]${within}`, error.message, error.cause);
  };
