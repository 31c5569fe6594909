import { usd } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { someTerms } from '../testing/terms.ts';
import { canonicalTerms, priceTerms } from './terms.ts';

const settings = { 'milestone.min': 500, 'funding.mode': 'one_at_a_time' } as const;
const parties = { agreementId: 'agreement', clientId: 'client', freelancerId: 'freelancer' };
const dueDate = '2027-01-15';
const priced = (...cents: bigint[]) => cents.map((cent) => ({ title: 'Part', price: usd(cent), dueDate }));
const shares = (...hundredths: number[]) =>
  hundredths.map((percentHundredths) => ({ title: 'Part', percentHundredths, dueDate }));
const pricesOf = (terms: ReturnType<typeof priceTerms>) =>
  terms.milestones.map(({ price }) => price.amountMinor);

describe('A-3: the minimum of a milestone', () => {
  test('500 cents are enough', () => {
    expect(pricesOf(priceTerms(someTerms({ milestones: priced(500n) }), settings))).toEqual([500n]);
  });

  test('499 cents are refused, with the place and the minimum', () => {
    const terms = someTerms({ milestones: priced(500n, 499n) });
    expect(() => priceTerms(terms, settings)).toThrow(
      expect.objectContaining({
        code: 'milestone.below_minimum',
        details: { order: 2, minimum: { amountMinor: '500', currency: 'USD' } },
      }),
    );
  });

  test('a percent of the budget counts by the cents it becomes', () => {
    const terms = someTerms({ budget: usd(10_000n), milestones: shares(499, 9_501) });
    expect(() => priceTerms(terms, settings)).toThrow(
      expect.objectContaining({ code: 'milestone.below_minimum' }),
    );
  });

  test('without a minimum a milestone still has a price', () => {
    const terms = someTerms({ budget: usd(1n), milestones: shares(5_000, 5_000) });
    const free = { ...settings, 'milestone.min': 0 };
    expect(() => priceTerms(terms, free)).toThrow(
      expect.objectContaining({ code: 'milestone.below_minimum' }),
    );
  });
});

describe('A-9: each milestone by amount or by percent of the budget', () => {
  test('R-4: 33.33, 33.33 and 33.34 percent of 100.00 become cents that total the budget', () => {
    const terms = someTerms({ budget: usd(10_000n), milestones: shares(3_333, 3_333, 3_334) });
    expect(pricesOf(priceTerms(terms, settings))).toEqual([3_333n, 3_333n, 3_334n]);
  });

  test('R-4: the cent left over goes to the largest remainder, ties to the earlier one', () => {
    const terms = someTerms({ budget: usd(2_001n), milestones: shares(5_000, 5_000) });
    expect(pricesOf(priceTerms(terms, settings))).toEqual([1_001n, 1_000n]);
  });

  test.each([[[3_333, 3_333, 3_333]], [[6_000, 5_000]]])(
    'percents of %p do not total 100.00',
    (hundredths) => {
      const terms = someTerms({ budget: usd(10_000n), milestones: shares(...hundredths) });
      expect(() => priceTerms(terms, settings)).toThrow(
        expect.objectContaining({ code: 'milestones.percent_total' }),
      );
    },
  );

  test('amounts may leave some of the budget for later milestones, and never exceed it', () => {
    const milestones = priced(5_000n, 4_000n);
    expect(pricesOf(priceTerms(someTerms({ budget: usd(10_000n), milestones }), settings))).toEqual([
      5_000n,
      4_000n,
    ]);
    expect(() => priceTerms(someTerms({ budget: usd(8_999n), milestones }), settings)).toThrow(
      expect.objectContaining({ code: 'milestones.over_budget' }),
    );
  });

  test('an amount beside percents that use up the budget is over it', () => {
    const milestones = [...shares(10_000), ...priced(500n)];
    expect(() => priceTerms(someTerms({ budget: usd(10_000n), milestones }), settings)).toThrow(
      expect.objectContaining({ code: 'milestones.over_budget' }),
    );
  });

  test('whatever the percents are, the prices total the budget', () => {
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 9_999 }), { maxLength: 49 });
    fc.assert(
      fc.property(fc.bigInt({ min: 50_000_000n, max: 10n ** 15n }), cuts, (budgetMinor, points) => {
        const ends = [...points.sort((a, b) => a - b), 10_000];
        const hundredths = ends.map((end, index) => end - (ends[index - 1] ?? 0));
        const terms = someTerms({ budget: usd(budgetMinor), milestones: shares(...hundredths) });
        const prices = pricesOf(priceTerms(terms, settings));
        expect(prices.reduce((sum, price) => sum + price, 0n)).toBe(budgetMinor);
      }),
    );
  });
});

describe('the text of the terms hash', () => {
  const terms = priceTerms(someTerms(), settings);

  test('A-1: it covers every field of the offer, with sorted keys', () => {
    expect(canonicalTerms(terms, parties)).toBe(
      '{"agreementId":"agreement","clientId":"client","deliverables":"Source and a running copy",' +
        '"freelancerId":"freelancer","fundingMode":"one_at_a_time","milestones":[{"dueDate":"2026-12-15",' +
        '"price":{"amountMinor":"10000","currency":"USD"},"title":"Design"},{"dueDate":"2027-01-15",' +
        '"price":{"amountMinor":"5000","currency":"USD"},"title":"Build"}],' +
        '"scope":"Five pages with an order form","startDate":"2026-12-01","title":"Website for a bakery",' +
        '"type":"fixed"}',
    );
  });

  test('it does not depend on the order of the fields as they came', () => {
    const { title, ...rest } = terms;
    expect(canonicalTerms({ title, ...rest }, parties)).toBe(canonicalTerms({ ...rest, title }, parties));
  });

  test.each([
    { title: 'Another' },
    { scope: 'Another' },
    { deliverables: 'Another' },
    { startDate: '2026-12-02' },
    { budget: usd(15_000n) },
    { milestones: terms.milestones.slice(0, 1) },
  ])('it changes with %p', (change) => {
    expect(canonicalTerms({ ...terms, ...change }, parties)).not.toBe(canonicalTerms(terms, parties));
  });
});
