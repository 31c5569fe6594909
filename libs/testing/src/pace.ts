/**
 * How long the middle one of some rounds takes, in milliseconds: a machine that stands still for a moment spoils one round,
 * and not this.
 */
export async function medianMs(rounds: number, round: (index: number) => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  for (let index = 0; index < rounds; index += 1) {
    const startedAt = performance.now();
    await round(index);
    took.push(performance.now() - startedAt);
  }
  return took.sort((a, b) => a - b)[Math.floor((rounds - 1) / 2)]!;
}
