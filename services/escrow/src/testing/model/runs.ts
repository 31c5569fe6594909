import fc from 'fast-check';

/** A handful of sequences in every run; more, or the ones of another run, by the environment. */
export function modelRuns(environment: NodeJS.ProcessEnv = process.env) {
  const { HOLDFAST_MODEL_RUNS: numRuns = '20', HOLDFAST_MODEL_SEED: seed } = environment;
  return {
    numRuns: Number(numRuns),
    ...(seed ? { seed: Number(seed) } : {}),
    maxCommands: 80,
  };
}

/** Tells which sequence failed and how it is run again, or what all of them have tried. */
export function report<T>(details: fc.RunDetails<T>, taken: readonly string[]): void {
  const { seed, numRuns, failed } = details;
  if (failed) {
    const again = `HOLDFAST_MODEL_SEED=${seed} HOLDFAST_MODEL_RUNS=${numRuns} npm test -- escrow/src/model`;
    const told = fc.defaultReportMessage(details);
    throw new Error(`${told}\n\nThe same sequences again: ${again}`, { cause: details.errorInstance });
  }
  const steps = Map.groupBy(taken, (step) => step);
  const lines = [...steps].map(([step, all]) => `${step} ${all.length}`).sort();
  // Few sequences do not try everything; in many, what is never accepted is not tested.
  for (const name of numRuns < 200 ? [] : new Set(taken.map((step) => step.split(' ')[0]!))) {
    if (!steps.has(`${name} accepted`)) throw new Error(`${name} was never accepted.\n${lines.join('\n')}`);
  }
  console.log(`${numRuns} sequences of seed ${seed}, ${taken.length} steps\n${lines.join('\n')}`);
}
