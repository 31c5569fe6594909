/** The rounding rules, written anew from docs/domain-rules.md: the model shares no code with what it judges. */

/** Half up. */
export const halfUp = (amount: bigint, part: bigint, whole: bigint): bigint =>
  (2n * amount * part + whole) / (2n * whole);

/** A fee, once on its total. */
export const feeOf = (amount: bigint, bps: bigint): bigint => halfUp(amount, bps, 10_000n);

/** The largest remainder, ties to the earlier one. */
export function share(total: bigint, weights: readonly bigint[]): bigint[] {
  const whole = sum(weights);
  const parts = weights.map((weight) => (total * weight) / whole);
  const byRemainder = weights
    .map((weight, index) => ({ index, remainder: (total * weight) % whole }))
    .sort((a, b) => Number(b.remainder - a.remainder) || a.index - b.index);
  for (const { index } of byRemainder.slice(0, Number(total - sum(parts)))) parts[index]! += 1n;
  return parts;
}

export const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, each) => total + each, 0n);
export const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
