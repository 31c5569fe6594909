import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ChargedLot, chargedParts, lossOf, type Released, worthOf } from './charged-parts.ts';

const lot = (more: Partial<ChargedLot> = {}): ChargedLot => ({
  id: 'lot-1',
  fundingId: 'funding-1',
  chargedAt: new Date('2026-11-23T09:00:00.000Z'),
  milestoneId: 'milestone-1',
  bonusId: null,
  principalMinor: 50_000n,
  principalLeftMinor: 50_000n,
  clientFeeMinor: 2_500n,
  clientFeeLeftMinor: 2_500n,
  principalRefundedMinor: 0n,
  chargedBackMinor: 0n,
  initiationFeeMinor: 0n,
  taxMinor: 0n,
  feeReturnedMinor: 0n,
  taxReturnedMinor: 0n,
  ...more,
});
const gone = { principalLeftMinor: 0n, clientFeeLeftMinor: 0n };
const released = (more: Partial<Released> = {}): Released => ({
  milestoneId: 'milestone-1',
  grossMinor: 50_000n,
  freelancerFeeMinor: 5_000n,
  protected: true,
  ...more,
});

describe('P-11: what a disputed charge paid', () => {
  test('G-32: held money, with its fee', () => {
    const parts = chargedParts(52_500n, [lot()], []);
    expect(parts).toMatchObject([
      { milestoneId: 'milestone-1', state: 'held', principalMinor: 50_000n, clientFeeMinor: 2_500n },
    ]);
    expect(lossOf(52_500n, parts)).toMatchObject({ held: parts, recoverableMinor: 0n, borneMinor: 0n });
  });

  test('G-24, P-10: protected pay is the platform’s loss', () => {
    const parts = chargedParts(52_500n, [lot(gone)], [released()]);
    expect(parts).toMatchObject([{ state: 'released', protected: true, netMinor: 45_000n }]);
    expect(lossOf(52_500n, parts)).toMatchObject({ held: [], recoverableMinor: 0n, borneMinor: 52_500n });
  });

  test('G-25: unprotected pay is to be recovered, net; the fees on it are not earned', () => {
    const bonus = lot({
      ...gone,
      milestoneId: null,
      bonusId: 'bonus-1',
      principalMinor: 10_000n,
      clientFeeMinor: 500n,
    });
    const paid = released({
      milestoneId: null,
      bonusId: 'bonus-1',
      grossMinor: 10_000n,
      freelancerFeeMinor: 1_000n,
      protected: false,
    });
    const parts = chargedParts(10_500n, [bonus], [paid, released()]);
    expect(parts).toMatchObject([{ bonusId: 'bonus-1', state: 'released', netMinor: 9_000n }]);
    expect(lossOf(10_500n, parts)).toMatchObject({
      recoverable: { netMinor: 9_000n, freelancerFeeMinor: 1_000n, clientFeeMinor: 500n },
      recoverableMinor: 10_500n,
      borneMinor: 0n,
    });
  });

  test('P-6: the initiation fee goes with held money while it is held; once earned it is the platform’s loss', () => {
    const withFee = lot({ initiationFeeMinor: 499n });
    const held = chargedParts(52_999n, [withFee], [], 'lot-1');
    expect(lossOf(52_999n, held).borneMinor).toBe(0n);
    expect(held[0]!.lots).toMatchObject([{ initiationFeeMinor: 499n }]);
    expect(lossOf(52_999n, chargedParts(52_999n, [withFee], [])).borneMinor).toBe(499n);
  });

  test('P-12: the tax follows the fees', () => {
    const [part] = chargedParts(52_750n, [lot({ taxMinor: 250n })], []);
    expect(part!.lots).toMatchObject([{ clientFeeMinor: 2_500n, taxMinor: 250n }]);
    expect(worthOf(part!)).toBe(52_750n);
  });

  test('less than the whole takes what is held first; what went back to the client is no part of it', () => {
    const half = lot({
      principalLeftMinor: 20_000n,
      clientFeeLeftMinor: 1_000n,
      principalRefundedMinor: 10_000n,
      feeReturnedMinor: 500n,
    });
    const paid = released({ grossMinor: 20_000n, freelancerFeeMinor: 2_000n });
    expect(chargedParts(42_000n, [half], [paid])).toMatchObject([
      { state: 'held', principalMinor: 20_000n, clientFeeMinor: 1_000n },
      { state: 'released', principalMinor: 20_000n, clientFeeMinor: 1_000n, netMinor: 18_000n },
    ]);
    expect(chargedParts(21_000n, [half], [paid])).toMatchObject([{ state: 'held', principalMinor: 20_000n }]);
    expect(chargedParts(10_500n, [half], [paid])).toMatchObject([
      { state: 'held', principalMinor: 10_000n, clientFeeMinor: 500n },
    ]);
  });

  test('M-13, E-21: never more than was disputed, nor more than is left of a lot; nothing is lost', () => {
    const anyLot = fc
      .record({
        principal: fc.bigInt(1n, 1_000_000n),
        left: fc.bigInt(0n, 100n),
        fee: fc.bigInt(0n, 50_000n),
        tax: fc.bigInt(0n, 5_000n),
      })
      .map(({ principal, left, fee, tax }) => ({
        principalMinor: principal,
        principalLeftMinor: (principal * left) / 100n,
        clientFeeMinor: fee,
        clientFeeLeftMinor: (fee * left) / 100n,
        taxMinor: tax,
      }));
    fc.assert(
      fc.property(
        fc.array(anyLot, { minLength: 1, maxLength: 4 }),
        fc.bigInt(1n, 5_000_000n),
        fc.boolean(),
        (drawn, amountMinor, isProtected) => {
          const lots = drawn.map((one, index) =>
            lot({ ...one, id: `lot-${index}`, milestoneId: `m-${index}` }),
          );
          const paid = lots.map(({ milestoneId, principalMinor, principalLeftMinor }) => {
            const grossMinor = principalMinor - principalLeftMinor;
            return released({
              milestoneId,
              grossMinor,
              freelancerFeeMinor: grossMinor / 10n,
              protected: isProtected,
            });
          });
          const parts = chargedParts(amountMinor, lots, paid);
          const { recoverable, recoverableMinor, held, borneMinor } = lossOf(amountMinor, parts);
          expect(borneMinor).toBeGreaterThanOrEqual(0n);
          const heldMinor = held.reduce((sum, part) => sum + worthOf(part), 0n);
          expect(heldMinor + recoverableMinor + borneMinor).toBe(amountMinor);
          const { netMinor, freelancerFeeMinor, clientFeeMinor } = recoverable;
          expect(netMinor + freelancerFeeMinor + clientFeeMinor).toBe(recoverableMinor);
          for (const each of held.flatMap((part) => part.lots)) {
            const { principalLeftMinor, clientFeeLeftMinor } = lots.find(({ id }) => id === each.lotId)!;
            expect(each.principalMinor).toBeLessThanOrEqual(principalLeftMinor);
            expect(each.clientFeeMinor).toBeLessThanOrEqual(clientFeeLeftMinor);
          }
        },
      ),
    );
  });
});
