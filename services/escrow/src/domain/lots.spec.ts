import { earnedFee, halfUp } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Lot, least, takeLots } from './lots.ts';

const lot = (id: string, principal: bigint, fee: bigint, more: Partial<Lot> = {}): Lot => ({
  id,
  fundingId: `charge-${id}`,
  chargedAt: new Date('2026-11-23T09:00:00.000Z'),
  principalLeftMinor: principal,
  clientFeeLeftMinor: fee,
  ...more,
});
const share = (id: string, principalMinor: bigint, clientFeeMinor: bigint) => ({
  lotId: id,
  fundingId: `charge-${id}`,
  principalMinor,
  clientFeeMinor,
});
const [older, newer] = [lot('a', 16_667n, 833n), lot('b', 13_333n, 667n)];

describe('E-21: lots', () => {
  test('a release takes the oldest first', () => {
    const taking = { principalMinor: 20_000n, clientFeeMinor: 1_000n, order: 'oldest_first' } as const;
    expect(takeLots([newer, older], taking)).toEqual([share('a', 16_667n, 833n), share('b', 3_333n, 167n)]);
  });

  test('a refund takes the newest first', () => {
    const taking = { principalMinor: 20_000n, clientFeeMinor: 1_000n, order: 'newest_first' } as const;
    expect(takeLots([newer, older], taking)).toEqual([share('b', 13_333n, 667n), share('a', 6_667n, 333n)]);
  });

  test('the instant of the charge decides before the id', () => {
    const late = lot('a', 100n, 0n, { chargedAt: new Date('2026-12-01T00:00:00.000Z') });
    const taking = { principalMinor: 50n, clientFeeMinor: 0n, order: 'oldest_first' } as const;
    expect(takeLots([late, lot('z', 100n, 0n)], taking)).toEqual([share('z', 50n, 0n)]);
  });

  test('E-22: the lots of a disputed charge are passed over', () => {
    const taking = { principalMinor: 13_333n, clientFeeMinor: 667n, order: 'oldest_first' } as const;
    const frozenFundingIds = new Set(['charge-a']);
    expect(takeLots([older, newer], { ...taking, frozenFundingIds })).toEqual([share('b', 13_333n, 667n)]);
    expect(() => takeLots([older, newer], { ...taking, principalMinor: 13_334n, frozenFundingIds })).toThrow(
      RangeError,
    );
  });

  test('what does not cover the amount or its fee is a defect', () => {
    const taking = { principalMinor: 1n, clientFeeMinor: 1n, order: 'oldest_first' } as const;
    expect(() => takeLots([], taking)).toThrow(RangeError);
    expect(() => takeLots([lot('a', 1n, 0n)], taking)).toThrow(RangeError);
  });

  test('R-6, M-4: however a milestone leaves in parts, its lots give exactly what it gives and end empty', () => {
    const amount = fc.bigInt({ min: 1n, max: 1_000_000n });
    const charges = fc.array(amount, { minLength: 1, maxLength: 4 });
    const parts = fc.array(fc.tuple(amount, fc.boolean()), { maxLength: 8 });
    fc.assert(
      fc.property(charges, fc.bigInt({ min: 0n, max: 1_000n }), parts, (principals, bps, moves) => {
        let lots = principals.map((principal, index) =>
          lot(String(index), principal, halfUp(principal, bps, 10_000n)),
        );
        const total = principals.reduce((sum, principal) => sum + principal, 0n);
        const feeMinor = lots.reduce((sum, { clientFeeLeftMinor }) => sum + clientFeeLeftMinor, 0n);
        let movedBeforeMinor = 0n;
        for (const [wanted, oldest] of [...moves, [total, true] as const]) {
          const rest = total - movedBeforeMinor;
          const principalMinor = least(wanted, rest);
          if (principalMinor === 0n) continue;
          const clientFeeMinor = earnedFee({
            feeMinor,
            principalMinor: total,
            movedBeforeMinor,
            movedMinor: principalMinor,
          });
          const shares = takeLots(lots, {
            principalMinor,
            clientFeeMinor,
            order: oldest ? 'oldest_first' : 'newest_first',
          });
          lots = lots.map((each) => {
            const given = shares.find(({ lotId }) => lotId === each.id);
            return {
              ...each,
              principalLeftMinor: each.principalLeftMinor - (given?.principalMinor ?? 0n),
              clientFeeLeftMinor: each.clientFeeLeftMinor - (given?.clientFeeMinor ?? 0n),
            };
          });
          for (const each of lots) {
            expect(each.principalLeftMinor).toBeGreaterThanOrEqual(0n);
            expect(each.clientFeeLeftMinor).toBeGreaterThanOrEqual(0n);
          }
          movedBeforeMinor += principalMinor;
        }
        expect(lots.every((each) => each.principalLeftMinor === 0n && each.clientFeeLeftMinor === 0n)).toBe(
          true,
        );
      }),
      { numRuns: 500 },
    );
  });
});
