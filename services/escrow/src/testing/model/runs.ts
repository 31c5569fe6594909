import fc from 'fast-check';

/** A handful of sequences in every run; more, or the ones of another run, by the environment. */
export function modelRuns(environment: NodeJS.ProcessEnv = process.env) {
  const { HOLDFAST_MODEL_RUNS: numRuns = '25', HOLDFAST_MODEL_SEED: seed } = environment;
  return {
    numRuns: Number(numRuns),
    ...(seed ? { seed: Number(seed) } : {}),
    maxCommands: 40,
  };
}

/** Tells which sequence failed, and how it is run again. */
export function report<T>(details: fc.RunDetails<T>): void {
  if (!details.failed) return;
  const { seed, numRuns } = details;
  const again = `HOLDFAST_MODEL_SEED=${seed} HOLDFAST_MODEL_RUNS=${numRuns} npm test -- escrow/src/model`;
  const told = fc.defaultReportMessage(details);
  throw new Error(`${told}\n\nThe same sequences again: ${again}`, { cause: details.errorInstance });
}
