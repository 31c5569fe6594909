import { randomInt } from 'node:crypto';
import fc from 'fast-check';

/** Sequences of random commands, the same for the same seed. */
export type Runs = Readonly<{ seed: number; numRuns: number; path?: string }>;

/** A seed, or the very sequence of it that has found a fault. */
export type Known = Readonly<{ seed: number; path?: string }>;

/** Where `CI` is set: what a run finds there that the one before did not is of the change between them. */
const seedInCi = 21;

/** Some of known seeds and some of a new one; other sequences, or one of them, by the environment. */
export function modelRuns(
  known: readonly Known[],
  numRuns: Readonly<{ known: number; fresh: number }>,
  environment: NodeJS.ProcessEnv = process.env,
): Runs[] {
  const { HOLDFAST_MODEL_SEED: seed, HOLDFAST_MODEL_RUNS: runs, HOLDFAST_MODEL_PATH: path } = environment;
  const ownSeed = environment.CI ? seedInCi : randomInt(2 ** 31);
  const fresh = { seed: Number(seed ?? ownSeed), numRuns: Number(runs ?? numRuns.fresh) };
  if (path) return [{ ...fresh, numRuns: 1, path }];
  if (seed || runs) return [fresh];
  const again = ({ seed: each, path: at }: Known): Runs =>
    at === undefined ? { seed: each, numRuns: numRuns.known } : { seed: each, numRuns: 1, path: at };
  return [...known.map(again), fresh];
}

/** Tells which sequence failed and how it is run again, or what all of them have tried. */
export function report<T>(details: fc.RunDetails<T>, taken: readonly string[], spec: string): void {
  const { seed, numRuns, failed, counterexamplePath } = details;
  if (failed) {
    const path = counterexamplePath?.split(':')[0] ?? '';
    const again = `HOLDFAST_MODEL_SEED=${seed} HOLDFAST_MODEL_PATH=${path} npm test -- ${spec}`;
    const told = fc.defaultReportMessage(details);
    throw new Error(`${told}\n\nThe same sequence again: ${again}`, { cause: details.errorInstance });
  }
  const steps = Map.groupBy(taken, (step) => step);
  const refused = taken.filter((step) => !step.endsWith(' accepted')).length;
  const share = Math.round((100 * refused) / Math.max(1, taken.length));
  const told = `${numRuns} sequences of seed ${seed}, ${taken.length} steps, ${share} % of them refused`;
  const lines = [...steps].map(([step, all]) => `${step} ${all.length}`).sort();
  // Few sequences do not try everything; in many, what is never accepted is not tested.
  if (numRuns < 200) {
    console.log(told);
    return;
  }
  console.log([told, ...lines].join('\n'));
  for (const name of new Set(taken.map((step) => step.split(' ')[0]!))) {
    if (!steps.has(`${name} accepted`)) throw new Error(`${name} was never accepted.`);
  }
}
