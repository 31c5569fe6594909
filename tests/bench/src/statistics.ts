/** The middle value; of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = inOrder(values);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The smallest value that at least this share of all values does not exceed (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
  const sorted = inOrder(values);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

export interface Summary {
  /** The median over the rounds. */
  value: number;
  min: number;
  max: number;
  rounds: number;
}

export function summaryOf(values: readonly number[]): Summary {
  const sorted = inOrder(values);
  return { value: median(sorted), min: sorted[0]!, max: sorted.at(-1)!, rounds: sorted.length };
}

/** Each round begins with the next case, so that none always stands behind the same load of the machine. */
export function orderOf<Case>(cases: readonly Case[], round: number): Case[] {
  const shift = round % cases.length;
  return [...cases.slice(shift), ...cases.slice(0, shift)];
}

function inOrder(values: readonly number[]): number[] {
  if (values.length === 0) throw new RangeError('nothing was measured');
  return values.toSorted((a, b) => a - b);
}
