import { feeOf } from '@holdfast/domain';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { grossFor } from './earnings.ts';

describe('the gross of a net amount', () => {
  it('leaves exactly that net after the fee, whatever both are (R-2)', () => {
    const net = fc.bigInt({ min: 1n, max: 1_000_000_000n });
    fc.assert(
      fc.property(net, fc.bigInt({ min: 0n, max: 1_500n }), (netMinor, feeBps) => {
        const gross = grossFor(netMinor, feeBps);
        expect(gross - feeOf(gross, feeBps)).toBe(netMinor);
      }),
    );
  });
});
