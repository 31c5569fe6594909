import { plusDays, usd } from '@holdfast/domain';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type PaidLot, type Payment, planDraw, returned, takenBack } from './drawn-refund.ts';
import { amountOf } from './refund.ts';

const releasedAt = new Date('2027-01-04T09:00:00.000Z');
const asked = (amountMinor?: bigint, now = plusDays(releasedAt, 6)) => ({ amountMinor, now, days: 180 });

const payment = (grossMinor: bigint, clientFeeMinor: bigint, more: Partial<Payment> = {}): Payment => ({
  id: 'release-1',
  releasedAt,
  grossMinor,
  clientFeeMinor,
  freelancerFeeMinor: (grossMinor + 5n) / 10n,
  refundedMinor: 0n,
  ...more,
});

/** A lot of which all was released. */
const lot = (id: string, principalMinor: bigint, clientFeeMinor: bigint, day = 0): PaidLot => ({
  id,
  fundingId: `funding-of-${id}`,
  chargedAt: plusDays(releasedAt, day - 30),
  principalMinor,
  principalLeftMinor: 0n,
  principalRefundedMinor: 0n,
  chargedBackMinor: 0n,
  clientFeeMinor,
  clientFeeLeftMinor: 0n,
  initiationFeeMinor: 0n,
  taxMinor: 0n,
  feeReturnedMinor: 0n,
  taxReturnedMinor: 0n,
});

const minor = (planned: ReturnType<typeof planDraw>) =>
  planned.map(({ parts, netMinor, freelancerFeeMinor }) => {
    return [parts.principal.amountMinor, parts.clientFee.amountMinor, freelancerFeeMinor, netMinor];
  });

test('G-19.2a, E-19: all of a payment goes back with both fees', () => {
  const paid = { payments: [payment(20_000n, 1_000n)], lots: [lot('a', 20_000n, 1_000n)] };
  const [refund, ...others] = planDraw(paid, asked());
  expect(others).toEqual([]);
  expect(refund).toMatchObject({ fundingId: 'funding-of-a', netMinor: 18_000n, freelancerFeeMinor: 2_000n });
  expect(amountOf(refund!.parts)).toEqual(usd(21_000n));
});

test('G-20.2a, R-6: of a part the fees are what is kept of them less than before', () => {
  const paid = {
    payments: [payment(33_333n, 1_667n, { freelancerFeeMinor: 3_333n })],
    lots: [lot('a', 33_333n, 1_667n)],
  };
  expect(minor(planDraw(paid, asked(10_000n)))).toEqual([[10_000n, 500n, 1_000n, 9_000n]]);
});

test('E-21: of several releases and charges the newest first, one refund for each charge', () => {
  const first = payment(6_667n, 333n, { freelancerFeeMinor: 667n });
  const second = payment(13_333n, 667n, {
    id: 'release-2',
    releasedAt: plusDays(releasedAt, 5),
    freelancerFeeMinor: 1_333n,
  });
  // G-19p: two releases of one charge.
  const one = { payments: [first, second], lots: [lot('a', 20_000n, 1_000n)] };
  expect(minor(planDraw(one, asked()))).toEqual([[20_000n, 1_000n, 2_000n, 18_000n]]);
  expect(planDraw(one, asked(100n))[0]!.shares.map(({ releaseId }) => releaseId)).toEqual(['release-2']);
  const two = { payments: [first, second], lots: [lot('old', 6_667n, 333n), lot('new', 13_333n, 667n, 1)] };
  expect(planDraw(two, asked(14_000n)).map(({ fundingId, parts }) => [fundingId, parts.principal])).toEqual([
    ['funding-of-new', usd(13_333n)],
    ['funding-of-old', usd(667n)],
  ]);
});

test('P-12: the tax follows the client fee that goes back', () => {
  const taxed = { ...lot('a', 20_000n, 1_000n), taxMinor: 200n };
  const [refund] = planDraw({ payments: [payment(20_000n, 1_000n)], lots: [taxed] }, asked(10_000n));
  expect(refund!.parts).toMatchObject({ clientFee: usd(500n), tax: usd(100n) });
});

test('E-18, M-13: not more than was paid, nor after `refund.days`; both told apart', () => {
  const paid = { payments: [payment(20_000n, 1_000n)], lots: [lot('a', 20_000n, 1_000n)] };
  expect(() => planDraw(paid, asked(20_001n))).toThrow('refund.exceeds_paid');
  expect(() => planDraw({ payments: [], lots: [] }, asked())).toThrow('refund.exceeds_paid');
  const end = plusDays(releasedAt, 180);
  expect(planDraw(paid, asked(undefined, new Date(end.getTime() - 1)))).toHaveLength(1);
  expect(() => planDraw(paid, asked(undefined, end))).toThrow('refund.too_late');
  expect(() => planDraw(paid, asked(1n, end))).toThrow('refund.too_late');
});

test('R-6, M-13: parts in any order give back all, to the cent, and never more of a source than it paid', () => {
  const amounts = fc.array(fc.bigInt({ min: 1n, max: 40_000n }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(
      amounts,
      amounts,
      fc.array(fc.bigInt({ min: 1n, max: 30_000n })),
      (grosses, principals, parts) => {
        const total = grosses.reduce((sum, gross) => sum + gross, 0n);
        // The same total, cut elsewhere: charges and releases need not match.
        const cuts = [...principals.map((each) => each % (total + 1n)), 0n, total].sort((a, b) =>
          a < b ? -1 : 1,
        );
        const sizes = cuts.slice(1).map((cut, index) => cut - cuts[index]!);
        const fee = (gross: bigint): bigint => (gross * 5n + 50n) / 100n;
        let payments = grosses.map((gross, index) => payment(gross, fee(gross), { id: `release-${index}` }));
        const fees = payments.reduce((sum, each) => sum + each.clientFeeMinor, 0n);
        let given = 0n;
        let lots = sizes.map((size, index) => {
          const own = index === sizes.length - 1 ? fees - given : (fees * size) / total;
          given += own;
          return lot(`lot-${index}`, size, own, index);
        });
        const back = { principal: 0n, clientFee: 0n, freelancerFee: 0n };
        for (const part of [...parts, undefined]) {
          const left = total - back.principal;
          if (left === 0n) break;
          const amount = part === undefined || part > left ? left : part;
          const planned = planDraw({ payments, lots }, asked(amount));
          for (const { parts: each, freelancerFeeMinor, netMinor, shares } of planned) {
            expect(netMinor).toBeGreaterThanOrEqual(0n);
            back.principal += each.principal.amountMinor;
            back.clientFee += each.clientFee.amountMinor;
            back.freelancerFee += freelancerFeeMinor;
            for (const share of shares) {
              lots = lots.map((known) => (known.id === share.lotId ? returned(known, share) : known));
              payments = payments.map((known) =>
                known.id === share.releaseId
                  ? { ...known, refundedMinor: known.refundedMinor + share.principalMinor }
                  : known,
              );
            }
          }
        }
        const freelancerFee = payments.reduce((sum, each) => sum + each.freelancerFeeMinor, 0n);
        expect(back).toEqual({ principal: total, clientFee: fees, freelancerFee });
        for (const known of lots) expect(known.principalRefundedMinor).toBe(known.principalMinor);
      },
    ),
  );
});

test('R-10: what is taken back leaves the lot as it was', () => {
  const before = lot('a', 20_000n, 1_000n);
  const [{ shares }] = planDraw({ payments: [payment(20_000n, 1_000n)], lots: [before] }, asked(7_777n)) as [
    ReturnType<typeof planDraw>[number],
  ];
  expect(returned(returned(before, shares[0]), takenBack(shares[0]!))).toEqual(before);
});

test('E-18: support gives back what was released so long ago, and not longer; both told apart', () => {
  const [old, young] = [payment(8_000n, 400n), payment(2_000n, 100n, { id: 'release-2' })];
  const paid = {
    payments: [old, { ...young, releasedAt: plusDays(releasedAt, 30) }],
    lots: [lot('a', 10_000n, 500n)],
  };
  const later = (days: number, amountMinor?: bigint) =>
    planDraw(paid, { amountMinor, now: plusDays(releasedAt, days), afterDays: 180, days: 365 });
  expect(() => later(179)).toThrow('refund.too_early');
  expect(later(180)[0]!.shares.map(({ releaseId }) => releaseId)).toEqual(['release-1']);
  expect(() => later(180, 8_001n)).toThrow('refund.too_early');
  expect(minor(later(210))).toEqual([[10_000n, 500n, 1_000n, 9_000n]]);
  expect(later(365)[0]!.shares.map(({ releaseId }) => releaseId)).toEqual(['release-2']);
  expect(() => later(365, 2_001n)).toThrow('refund.too_late');
  expect(() => later(395)).toThrow('refund.too_late');
});
