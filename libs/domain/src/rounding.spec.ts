import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  award,
  earnedFee,
  feeOf,
  halfUp,
  hourlyAmountOf,
  returnedFee,
  sharedFee,
  split,
} from './rounding.ts';

const sumOf = (parts: readonly bigint[]): bigint => parts.reduce((left, right) => left + right, 0n);

/** Up to the largest amount that Money accepts. */
const amount = fc.bigInt({ min: 0n, max: 10n ** 18n - 1n });
const bps = fc.bigInt({ min: 0n, max: 10_000n });
/** Parts of which at least one is more than zero. */
const parts = fc.array(amount, { minLength: 1, maxLength: 30 }).filter((list) => sumOf(list) > 0n);

describe('R-1: integers only, percentages in basis points', () => {
  test.each([-1n, 10_001n])('%d is not a percentage', (wrong) => {
    expect(() => feeOf(100n, wrong)).toThrow(RangeError);
    expect(() => award(100n, wrong)).toThrow(RangeError);
  });

  test('the largest amount has an exact fee, which a floating-point number could not hold', () => {
    expect(feeOf(999_999_999_999_999_999n, 10_000n)).toBe(999_999_999_999_999_999n);
  });
});

describe('R-2: a fee is worked out once, half up', () => {
  test.each([
    ['10% of 3334', 3334n, 1000n, 333n],
    ['10% of 3335', 3335n, 1000n, 334n],
    ['10% of 26664', 26664n, 1000n, 2666n],
    ['10% of 33336', 33336n, 1000n, 3334n],
    ['10% of 4', 4n, 1000n, 0n],
    ['10% of 5', 5n, 1000n, 1n],
    ['5% of 750', 750n, 500n, 38n],
    ['0% of anything', 12345n, 0n, 0n],
    ['100% of anything', 12345n, 10_000n, 12345n],
  ])('%s', (_name, amountMinor, rate, fee) => {
    expect(feeOf(amountMinor, rate)).toBe(fee);
  });

  test('it is at most half a cent from the exact fee', () => {
    fc.assert(
      fc.property(amount, bps, (amountMinor, rate) => {
        const error = feeOf(amountMinor, rate) * 10_000n - amountMinor * rate;
        expect(error > -5_000n && error <= 5_000n).toBe(true);
      }),
    );
  });
});

describe('R-3: hourly amounts, on the total of the week', () => {
  test.each([
    [2222n, 23n, 8518n],
    [2001n, 3n, 1001n],
    [1000n, 1n, 167n],
    [2222n, 0n, 0n],
  ])('an hourly rate of %d for %d segments is %d', (rate, segments, result) => {
    expect(hourlyAmountOf(rate, segments)).toBe(result);
  });

  test('rounding each segment would be wrong', () => {
    expect(23n * hourlyAmountOf(2222n, 1n)).toBe(8510n);
  });

  test('whole hours cost exactly the rate', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 1_000_000n), fc.bigInt(0n, 168n), (rate, hours) => {
        expect(hourlyAmountOf(rate, 6n * hours)).toBe(rate * hours);
      }),
    );
  });
});

describe('R-4: splitting by the largest remainder', () => {
  test.each([
    ['100001 by 33.33/33.33/33.34%', 100001n, [3333n, 3333n, 3334n], [33330n, 33330n, 33341n]],
    ['1001 in six equal parts', 1001n, [1n, 1n, 1n, 1n, 1n, 1n], [167n, 167n, 167n, 167n, 167n, 166n]],
    ['ties to the earlier item', 1n, [1n, 1n], [1n, 0n]],
    ['a larger remainder before an earlier item', 2n, [1n, 2n, 2n], [0n, 1n, 1n]],
    ['nothing for a weight of zero', 10n, [0n, 3n, 0n], [0n, 10n, 0n]],
  ])('%s', (_name, total, weights, result) => {
    expect(split(total, weights)).toEqual(result);
  });

  test('the parts sum to the total, each less than a cent from its exact share', () => {
    fc.assert(
      fc.property(amount, parts, (total, weights) => {
        const shares = split(total, weights);
        expect(sumOf(shares)).toBe(total);
        const sum = sumOf(weights);
        for (const [index, share] of shares.entries()) {
          const error = share * sum - total * weights[index]!;
          expect(error > -sum && error < sum).toBe(true);
        }
      }),
    );
  });

  test('equal parts never grow along the list', () => {
    fc.assert(
      fc.property(amount, fc.integer({ min: 1, max: 30 }), (total, count) => {
        const shares = split(total, Array<bigint>(count).fill(1n));
        expect(shares).toEqual(shares.toSorted((left, right) => Number(right - left)));
      }),
    );
  });

  test('no weights at all is a defect', () => {
    expect(() => split(10n, [])).toThrow(RangeError);
    expect(() => split(10n, [0n, 0n])).toThrow(RangeError);
  });
});

describe('R-5: one fee on a charge for several milestones', () => {
  test('$100 in three equal parts (G-4)', () => {
    expect(sharedFee([3334n, 3333n, 3333n], 500n)).toEqual([167n, 167n, 166n]);
  });

  test('unequal milestones carry unequal shares (G-3)', () => {
    expect(sharedFee([30000n, 70000n], 500n)).toEqual([1500n, 3500n]);
  });

  test('the shares sum to the one fee on the charge', () => {
    fc.assert(
      fc.property(parts, bps, (amounts, rate) => {
        expect(sumOf(sharedFee(amounts, rate))).toBe(feeOf(sumOf(amounts), rate));
      }),
    );
  });
});

describe('R-6: partial movement is cumulative', () => {
  /** What each part of a principal earns, in the order in which the parts move. */
  const earnedBy = (feeMinor: bigint, moved: readonly bigint[]): bigint[] => {
    const principalMinor = sumOf(moved);
    let movedBeforeMinor = 0n;
    return moved.map((movedMinor) => {
      const earned = earnedFee({ feeMinor, principalMinor, movedBeforeMinor, movedMinor });
      movedBeforeMinor += movedMinor;
      return earned;
    });
  };

  test('2500 x 33333 / 50000', () => {
    expect(halfUp(2500n, 33333n, 50000n)).toBe(1667n);
    expect(earnedBy(2500n, [33333n, 16667n])).toEqual([1667n, 833n]);
  });

  test('the last part absorbs the rounding', () => {
    expect(earnedBy(100n, [1n, 1n, 1n])).toEqual([33n, 34n, 33n]);
  });

  test('over any partition the parts earn exactly the whole fee, and never a negative one', () => {
    fc.assert(
      fc.property(amount, parts, (feeMinor, moved) => {
        const earned = earnedBy(feeMinor, moved);
        expect(sumOf(earned)).toBe(feeMinor);
        expect(earned.every((part) => part >= 0n)).toBe(true);
      }),
    );
  });

  test('more than the principal never moves', () => {
    const fee = { feeMinor: 5n, principalMinor: 10n, movedBeforeMinor: 6n, movedMinor: 5n };
    expect(() => earnedFee(fee)).toThrow(RangeError);
  });

  test.each([
    ['all is kept', 500n, 10000n, 10000n, 0n],
    ['nothing is kept', 500n, 0n, 10000n, 500n],
    ['a third is kept', 500n, 3333n, 10000n, 333n],
  ])('a refund after release: %s', (_name, feeMinor, kept, paid, returned) => {
    expect(returnedFee(feeMinor, kept, paid)).toBe(returned);
  });

  test('successive refunds return exactly the fee once nothing is kept', () => {
    fc.assert(
      fc.property(amount, parts, (feeMinor, refunds) => {
        const paid = sumOf(refunds);
        let kept = paid;
        let returned = 0n;
        for (const refund of refunds) {
          const before = returnedFee(feeMinor, kept, paid);
          kept -= refund;
          returned += returnedFee(feeMinor, kept, paid) - before;
        }
        expect(returned).toBe(feeMinor);
      }),
    );
  });

  test('more than was paid is never kept', () => {
    expect(() => returnedFee(5n, 11n, 10n)).toThrow(RangeError);
  });
});

describe('R-7: a percent award', () => {
  test('60% of 33333', () => {
    expect(award(33333n, 6_000n)).toEqual({ freelancer: 20000n, client: 13333n });
  });

  test('the freelancer has the half cent', () => {
    expect(award(1n, 5_000n)).toEqual({ freelancer: 1n, client: 0n });
  });

  test('both shares sum to the amount', () => {
    fc.assert(
      fc.property(amount, bps, (amountMinor, share) => {
        const { freelancer, client } = award(amountMinor, share);
        expect(freelancer + client).toBe(amountMinor);
        expect(client >= 0n).toBe(true);
      }),
    );
  });
});

describe('R-8: a dispute that removes segments', () => {
  test('the week is worked out again on the segments left; the refund is the difference', () => {
    expect(hourlyAmountOf(2222n, 23n) - hourlyAmountOf(2222n, 20n)).toBe(8518n - 7407n);
  });

  test('removing segments never raises the week', () => {
    const segments = fc.bigInt(0n, 1_008n);
    fc.assert(
      fc.property(fc.bigInt(0n, 1_000_000n), segments, segments, (rate, left, removed) => {
        expect(hourlyAmountOf(rate, left + removed) >= hourlyAmountOf(rate, left)).toBe(true);
      }),
    );
  });
});

describe('R-9: the freelancer fee is on each released part', () => {
  test('two parts may cost a cent more or less than one release', () => {
    expect(feeOf(5n, 1_000n) + feeOf(5n, 1_000n)).toBe(2n);
    expect(feeOf(4n, 1_000n) + feeOf(4n, 1_000n)).toBe(0n);
    expect([feeOf(10n, 1_000n), feeOf(8n, 1_000n)]).toEqual([1n, 1n]);
  });

  test('the difference is never more than a cent per part', () => {
    fc.assert(
      fc.property(parts, bps, (released, rate) => {
        const apart = sumOf(released.map((part) => feeOf(part, rate))) - feeOf(sumOf(released), rate);
        const limit = BigInt(released.length);
        expect(apart >= -limit && apart <= limit).toBe(true);
      }),
    );
  });
});

describe('R-10: negative amounts never occur as inputs', () => {
  test.each<[string, () => unknown]>([
    ['a fee', () => feeOf(-1n, 1_000n)],
    ['a rate', () => hourlyAmountOf(-1n, 6n)],
    ['segments', () => hourlyAmountOf(600n, -1n)],
    ['a total to split', () => split(-1n, [1n])],
    ['a weight', () => split(1n, [2n, -1n])],
    ['an award', () => award(-1n, 5_000n)],
    ['a numerator', () => halfUp(1n, -1n, 2n)],
    [
      'a part that moves',
      () => earnedFee({ feeMinor: 5n, principalMinor: 9n, movedBeforeMinor: 3n, movedMinor: -1n }),
    ],
    ['what is kept', () => returnedFee(5n, -1n, 10n)],
  ])('%s', (_name, act) => {
    expect(act).toThrow(RangeError);
  });

  test('a principal of zero carries no fee', () => {
    expect(() => halfUp(1n, 1n, 0n)).toThrow(RangeError);
  });
});
