import { usd } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import { type Cover, surplusMinorOf, sweepOf, topUpOf, treasuryJournal } from './treasury.ts';

const float = 1_000_000n;
const cover = (more: Partial<Cover> = {}): Cover => ({
  trustMinor: float,
  bankMinor: float,
  operatingMinor: 100_000n,
  requiredMinor: 0n,
  debtsMinor: 0n,
  ...more,
});
const refusal = (code: string) => expect.objectContaining({ code });
const linesOf = (movement: Parameters<typeof treasuryJournal>[0]) =>
  treasuryJournal(movement).lines.map(({ account, amountMinor }) => [account, amountMinor]);

describe('M-14: what the trust cash must cover', () => {
  test('G-24.2: a chargeback and its fee, less the fees that were earned', () => {
    const after = cover({ trustMinor: float + 52_500n - 54_000n, requiredMinor: 45_000n });
    expect(surplusMinorOf(after, float)).toBe(-46_500n);
    expect(topUpOf(after, float)).toEqual(usd(46_500n));
  });

  test('G-31.1: the debt of a freelancer is required too', () => {
    const held = { trustMinor: float + 24_000n, requiredMinor: 15_000n + 10_500n };
    expect(topUpOf(cover({ ...held, debtsMinor: 5_000n }), float)).toEqual(usd(6_500n));
    expect(topUpOf(cover(held), float)).toEqual(usd(1_500n));
  });
});

describe('M-23: top-up and sweep', () => {
  test('neither where nothing is short and nothing over', () => {
    expect(() => topUpOf(cover(), float)).toThrow(refusal('treasury.nothing_short'));
    expect(() => sweepOf(cover(), float)).toThrow(refusal('treasury.no_surplus'));
  });

  test('a top-up is no more than the platform has', () => {
    const short = cover({ trustMinor: float - 100_000n });
    expect(topUpOf(short, float)).toEqual(usd(100_000n));
    expect(() => topUpOf({ ...short, operatingMinor: 99_999n }, float)).toThrow(
      refusal('treasury.capital_short'),
    );
    expect(() => sweepOf(short, float)).toThrow(refusal('treasury.no_surplus'));
  });

  test('a sweep takes from the bank; what lies at a provider is settled first', () => {
    const over = cover({ trustMinor: float + 1_500n, bankMinor: 1_500n });
    expect(sweepOf(over, float)).toEqual(usd(1_500n));
    expect(() => sweepOf({ ...over, bankMinor: 1_499n }, float)).toThrow(refusal('treasury.bank_short'));
    expect(() => topUpOf(over, float)).toThrow(refusal('treasury.nothing_short'));
  });

  test('a part of it is enough, more than it is refused', () => {
    const short = cover({ trustMinor: float - 1_500n, operatingMinor: 1_000n });
    expect(topUpOf(short, float, usd(1_000n))).toEqual(usd(1_000n));
    expect(() => topUpOf(short, float, usd(1_501n))).toThrow(refusal('treasury.exceeds_short'));
    const over = cover({ trustMinor: float + 1_500n, bankMinor: 1_000n });
    expect(sweepOf(over, float, usd(1_000n))).toEqual(usd(1_000n));
    expect(() => sweepOf(over, float, usd(1_501n))).toThrow(refusal('treasury.exceeds_surplus'));
  });

  test('G-31.1, G-31.4: the journals', () => {
    const movement = { id: 'movement-1', amount: usd(6_500n) };
    expect(linesOf({ ...movement, kind: 'top_up' })).toEqual([
      ['E.cash.trust:bank', 6_500n],
      ['E.cash.operating', -6_500n],
    ]);
    expect(linesOf({ ...movement, kind: 'sweep' })).toEqual([
      ['E.cash.operating', 6_500n],
      ['E.cash.trust:bank', -6_500n],
    ]);
  });
});
