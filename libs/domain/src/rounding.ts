/** Rounding rules. All amounts are minor units, all percentages basis points. */

/** a fee is worked out once, on the total, half up. A fee that rounds to 0 posts no line. */
export function feeOf(amountMinor: bigint, bps: bigint): bigint {
  assertBasisPoints(bps);
  assertNotNegative(amountMinor);
  return (2n * amountMinor * bps + 10_000n) / 20_000n;
}

/** what a number of 10-minute segments costs at an hourly rate; on the week's total for one rate. */
export function hourlyAmountOf(rateMinorPerHour: bigint, segments: bigint): bigint {
  assertNotNegative(rateMinorPerHour, segments);
  return (2n * rateMinorPerHour * segments + 6n) / 12n;
}

/** `amount x numerator / denominator`, exact halves up. The building block of. */
export function halfUp(amountMinor: bigint, numerator: bigint, denominator: bigint): bigint {
  if (denominator <= 0n) throw new RangeError('the denominator must be positive');
  assertNotNegative(amountMinor, numerator);
  return (2n * amountMinor * numerator + denominator) / (2n * denominator);
}

/**
 * splits a total by weights with the largest remainder: everyone gets the floor, then one unit each to
 * the largest remainders, ties to the earlier item. The parts always sum to the total.
 */
export function split(totalMinor: bigint, weights: readonly bigint[]): bigint[] {
  assertNotNegative(totalMinor, ...weights);
  const sum = weights.reduce((left, right) => left + right, 0n);
  if (sum === 0n) throw new RangeError('the weights must not all be zero');
  const parts = weights.map((weight) => (totalMinor * weight) / sum);
  const rest = totalMinor - parts.reduce((left, right) => left + right, 0n);
  const byRemainder = weights
    .map((weight, index) => ({ index, remainder: (totalMinor * weight) % sum }))
    .sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1));
  for (const { index } of byRemainder.slice(0, Number(rest))) parts[index] = parts[index]! + 1n;
  return parts;
}

/**
 * one fee by R-2 on a charge for several milestones, shared over them by R-4 with the amounts as
 * weights.
 */
export function sharedFee(amountsMinor: readonly bigint[], bps: bigint): bigint[] {
  const total = amountsMinor.reduce((left, right) => left + right, 0n);
  return split(feeOf(total, bps), amountsMinor);
}

/**
 * what of a held fee is earned by moving `movedMinor` of a principal of which `movedBeforeMinor` had
 * already moved. Cumulative, so that the last part absorbs the rounding.
 */
export function earnedFee(fee: {
  feeMinor: bigint;
  principalMinor: bigint;
  movedBeforeMinor: bigint;
  movedMinor: bigint;
}): bigint {
  const { feeMinor, principalMinor, movedBeforeMinor, movedMinor } = fee;
  assertNotNegative(movedMinor);
  if (movedBeforeMinor + movedMinor > principalMinor) throw new RangeError('more moved than the principal');
  const before = halfUp(feeMinor, movedBeforeMinor, principalMinor);
  return halfUp(feeMinor, movedBeforeMinor + movedMinor, principalMinor) - before;
}

/** what of a fee goes back when only `keptMinor` of a payment of `paidMinor` is kept. */
export function returnedFee(feeMinor: bigint, keptMinor: bigint, paidMinor: bigint): bigint {
  if (keptMinor > paidMinor) throw new RangeError('more kept than was paid');
  return feeMinor - halfUp(feeMinor, keptMinor, paidMinor);
}

/** a percent award: the freelancer's share half up, the client gets the rest. */
export function award(amountMinor: bigint, freelancerBps: bigint): { freelancer: bigint; client: bigint } {
  assertBasisPoints(freelancerBps);
  const freelancer = halfUp(amountMinor, freelancerBps, 10_000n);
  return { freelancer, client: amountMinor - freelancer };
}

function assertBasisPoints(bps: bigint): void {
  if (bps < 0n || bps > 10_000n) throw new RangeError(`not basis points from 0 to 10000: ${bps}`);
}

function assertNotNegative(...inputs: readonly bigint[]): void {
  if (inputs.some((input) => input < 0n))
    throw new RangeError('negative amounts never occur as inputs (R-10)');
}
