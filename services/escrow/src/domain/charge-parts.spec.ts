import { usd } from '@holdfast/domain';
import { pinnedDefaults } from '@holdfast/events';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cardTerms } from '../testing/milestones.ts';
import { chargeParts } from './charge-parts.ts';
import { fundingJournal } from './journals.ts';
import { taxBpsOf, taxRatesForm } from './tax.ts';

const minors = (shares: readonly { amountMinor: bigint }[]) => shares.map(({ amountMinor }) => amountMinor);

describe('R-5: one charge for several milestones', () => {
  test('G-4.1: one client fee, shared; one journal', () => {
    const principals = [3_334n, 3_333n, 3_333n].map(usd);
    const { shares, ...parts } = chargeParts(principals, cardTerms(false));
    expect(parts.total).toEqual(usd(10_500n));
    expect(minors(shares.map(({ clientFee }) => clientFee))).toEqual([167n, 167n, 166n]);
    const named = shares.map((share, index) => ({ ...share, milestoneId: `M${index + 1}` }));
    const { lines } = fundingJournal({ agreementId: 'A', fundingId: 'funding-1' }, parts, named, 'card');
    expect(Object.fromEntries(lines.map(({ account, amountMinor }) => [account, amountMinor]))).toEqual({
      'E.cash.trust:card': 10_500n,
      'E.escrow.milestone:M1': -3_334n,
      'E.escrow.milestone:M2': -3_333n,
      'E.escrow.milestone:M3': -3_333n,
      'E.fee.client_held:M1': -167n,
      'E.fee.client_held:M2': -167n,
      'E.fee.client_held:M3': -166n,
    });
  });

  test('P-3, R-4: the shares are the charge, whatever it pays and at what rates', () => {
    const amounts = fc.array(fc.bigInt({ min: 1n, max: 10n ** 12n }), { minLength: 1, maxLength: 20 });
    const bps = fc.integer({ min: 0, max: 10_000 });
    fc.assert(
      fc.property(amounts, bps, bps, fc.boolean(), (prices, feeBps, taxBps, initiationDue) => {
        const settings = { ...pinnedDefaults, 'fee.client_bps': feeBps };
        const terms = { kind: 'card', settings, initiationDue, taxBps } as const;
        const { shares, ...parts } = chargeParts(prices.map(usd), terms);
        const part = (name: 'principal' | 'clientFee' | 'initiationFee' | 'tax') =>
          minors(shares.map((share) => share[name])).reduce((sum, amount) => sum + amount, 0n);
        for (const name of ['principal', 'clientFee', 'initiationFee', 'tax'] as const) {
          expect(part(name)).toBe(parts[name].amountMinor);
        }
        expect(part('principal') + part('clientFee') + part('initiationFee') + part('tax')).toBe(
          parts.total.amountMinor,
        );
      }),
    );
  });
});

test('P-4: a bank debit has the lower client fee', () => {
  const of = (kind: 'card' | 'paypal' | 'bank') =>
    chargeParts([usd(100_000n)], { ...cardTerms(false), kind }).clientFee.amountMinor;
  expect([of('card'), of('paypal'), of('bank')]).toEqual([5_000n, 5_000n, 3_000n]);
});

describe('P-12: tax on the fees alone', () => {
  test('G-27.1: 20% on 5499 are 1100', () => {
    const { tax, total, shares } = chargeParts([usd(100_000n)], { ...cardTerms(true), taxBps: 2_000 });
    expect([tax, total]).toEqual([usd(1_100n), usd(106_599n)]);
    expect(shares[0]!.tax).toEqual(usd(1_100n));
    const { lines } = fundingJournal(
      { agreementId: 'A', fundingId: 'f' },
      chargeParts([usd(100_000n)], {
        ...cardTerms(true),
        taxBps: 2_000,
      }),
      [{ ...shares[0]!, milestoneId: 'M1' }],
      'card',
    );
    expect(lines).toContainEqual({ account: 'E.tax.payable', amountMinor: -1_100n });
  });

  test('no fees, no tax', () => {
    const settings = { ...pinnedDefaults, 'fee.client_bps': 0, 'fee.initiation': 0 };
    expect(chargeParts([usd(1n)], { ...cardTerms(true, settings), taxBps: 10_000 }).tax).toEqual(usd(0n));
  });

  test.each([
    ['', 'US', 100],
    ['US=0,other=2000', 'US', 0],
    ['US=0,other=2000', 'other', 2_000],
    ['other=2000', 'US', 100],
  ] as const)('by the region of the client: %j for %s is %d', (rates, region, bps) => {
    expect(taxBpsOf({ 'tax.default_rate': 100, 'tax.rates': rates }, region)).toBe(bps);
  });

  test('a table of another form is refused', () => {
    for (const rates of ['US', 'US=', 'US=10001', 'DE=1900', 'US=1;other=2', 'US=-1', ',US=1']) {
      expect(rates).not.toMatch(taxRatesForm);
    }
    for (const rates of ['', 'US=0', 'other=10000', 'US=1,other=2']) expect(rates).toMatch(taxRatesForm);
  });
});
