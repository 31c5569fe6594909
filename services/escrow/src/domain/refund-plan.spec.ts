import { usd } from '@holdfast/domain';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { agreedMilestone, fundedFact } from '../testing/milestones.ts';
import { evolve, type Freeze, type HeldMilestone } from './milestone.ts';
import { amountOf } from './refund.ts';
import { planRefunds, type RefundableLot, type Returning } from './refund-plan.ts';

const chargedAt = (day: number): Date => new Date(Date.UTC(2026, 10, 20 + day));

const lot = (
  id: string,
  principal: bigint,
  fee: bigint,
  more: Partial<RefundableLot> = {},
): RefundableLot => ({
  id,
  fundingId: `funding-of-${id}`,
  chargedAt: chargedAt(1),
  principalLeftMinor: principal,
  clientFeeLeftMinor: fee,
  clientFeeMinor: fee,
  initiationFeeMinor: 0n,
  taxMinor: 0n,
  feeReturnedMinor: 0n,
  taxReturnedMinor: 0n,
  ...more,
});

const held = (price: bigint, fee: bigint, freezes: readonly Freeze[] = []): HeldMilestone => {
  const milestone = agreedMilestone({ price: usd(price) });
  return { ...evolve(milestone, fundedFact(milestone, fee)), freezes } as HeldMilestone;
};

const returning = (milestone: HeldMilestone, lots: RefundableLot[], amount = milestone.held): Returning => {
  return { milestone, amount, lots };
};

test('G-7, P-6: all that is held with its fee, and the initiation fee where the contract ends unreleased', () => {
  const first = lot('a', 40_000n, 2_000n, { initiationFeeMinor: 499n });
  const [refund, ...others] = planRefunds([returning(held(40_000n, 2_000n), [first])], first);
  expect(others).toEqual([]);
  expect(refund).toMatchObject({ fundingId: 'funding-of-a', milestoneId: 'milestone-1' });
  expect(amountOf(refund!.parts)).toEqual(usd(42_499n));
  const [without] = planRefunds([returning(held(40_000n, 2_000n), [first])]);
  expect(amountOf(without!.parts)).toEqual(usd(42_000n));
});

test('P-6: the initiation fee goes back to its own charge, alone where that one has nothing else to get', () => {
  const other = lot('old', 40_000n, 2_000n, {
    principalLeftMinor: 0n,
    clientFeeLeftMinor: 0n,
    initiationFeeMinor: 499n,
  });
  const refunds = planRefunds([returning(held(30_000n, 1_500n), [lot('new', 30_000n, 1_500n)])], other);
  expect(refunds.map(({ fundingId, parts }) => [fundingId, amountOf(parts).amountMinor])).toEqual([
    ['funding-of-new', 31_500n],
    ['funding-of-old', 499n],
  ]);
  expect(refunds[1]!.milestoneId).toBeUndefined();
  expect(planRefunds([], other)).toHaveLength(1);
});

test('G-27, P-12: the tax goes back with both fees, and cumulatively in parts', () => {
  const taxed = lot('a', 100_000n, 5_000n, { initiationFeeMinor: 499n, taxMinor: 1_100n });
  const [whole] = planRefunds([returning(held(100_000n, 5_000n), [taxed])], taxed);
  expect(whole!.parts.tax).toEqual(usd(1_100n));
  expect(amountOf(whole!.parts)).toEqual(usd(106_599n));
  // Without the initiation fee its tax stays: 1100 x 5000 / 5499.
  expect(planRefunds([returning(held(100_000n, 5_000n), [taxed])])[0]!.parts.tax).toEqual(usd(1_000n));
  const [part] = planRefunds([returning(held(100_000n, 5_000n), [taxed], usd(33_333n))]);
  expect(part!.parts).toMatchObject({ clientFee: usd(1_667n), tax: usd(333n) });
});

test('E-21: newest lots first, a refund for each charge and never more than is left of it', () => {
  const old = lot('a', 16_667n, 833n);
  const young = lot('b', 13_333n, 667n, { chargedAt: chargedAt(2) });
  const milestone = held(30_000n, 1_500n);
  const part = planRefunds([returning(milestone, [old, young], usd(20_000n))]);
  expect(part.map(({ fundingId, parts }) => [fundingId, parts.principal.amountMinor])).toEqual([
    ['funding-of-b', 13_333n],
    ['funding-of-a', 6_667n],
  ]);
  const all = planRefunds([returning(milestone, [old, young])]);
  expect(all.map(({ parts }) => amountOf(parts).amountMinor)).toEqual([14_000n, 17_500n]);
});

test('E-21: two lots of one charge on a milestone are one refund', () => {
  const lots = [lot('a', 10_000n, 500n, { fundingId: 'f' }), lot('b', 5_000n, 250n, { fundingId: 'f' })];
  const refunds = planRefunds([returning(held(15_000n, 750n), lots)]);
  expect(refunds).toHaveLength(1);
  expect(refunds[0]!.lots.map(({ lotId }) => lotId).sort()).toEqual(['a', 'b']);
});

test('E-9: what is reserved for a later milestone does not go back', () => {
  const reserved = { fundingId: 'funding-9', amount: usd(1n) };
  const milestone = { ...held(20_000n, 1_000n), reserved };
  const lots = [lot('a', 20_000n, 1_000n)];
  expect(() => planRefunds([returning(milestone, lots)])).toThrow('milestone.reserved');
});

test('E-22: frozen money does not go back, and lots of a charge under chargeback are passed over', () => {
  const lots = [lot('a', 20_000n, 1_000n), lot('b', 10_000n, 500n, { chargedAt: chargedAt(2) })];
  const freeze = {
    cause: 'chargeback',
    causeId: 'dp_1',
    amount: usd(10_000n),
    fundingId: 'funding-of-b',
  } as const;
  const milestone = held(30_000n, 1_500n, [freeze as Freeze]);
  expect(() => planRefunds([returning(milestone, lots)])).toThrow('milestone.frozen');
  const [refund, ...others] = planRefunds([returning(milestone, lots, usd(20_000n))]);
  expect(refund).toMatchObject({ fundingId: 'funding-of-a', parts: { principal: usd(20_000n) } });
  expect(others).toEqual([]);
});

test('M-13, R-6: in parts as in one, no lot gives more than it holds, of principal, fee and tax', () => {
  const amounts = fc.array(fc.bigInt({ min: 1n, max: 60_000n }), { minLength: 1, maxLength: 6 });
  const fees = fc.tuple(fc.bigInt({ min: 0n, max: 3_000n }), fc.bigInt({ min: 0n, max: 900n }));
  fc.assert(
    fc.property(amounts, fees, fc.bigInt({ min: 0n, max: 2_000n }), (parts, [clientFee, initiation], tax) => {
      const price = parts.reduce((sum, part) => sum + part, 0n);
      let milestone = held(price, clientFee);
      const fee = clientFee + initiation;
      let own = lot('a', price, clientFee, { initiationFeeMinor: initiation, taxMinor: fee > 0n ? tax : 0n });
      const returned = { principal: 0n, clientFee: 0n, tax: 0n };
      for (const part of parts) {
        const isLast = part === milestone.held.amountMinor;
        const [refund] = planRefunds([returning(milestone, [own], usd(part))], isLast ? own : undefined);
        const [taken] = refund!.lots;
        returned.principal += taken!.principalMinor;
        returned.clientFee += taken!.clientFeeMinor;
        returned.tax += taken!.taxMinor;
        own = {
          ...own,
          principalLeftMinor: own.principalLeftMinor - taken!.principalMinor,
          clientFeeLeftMinor: own.clientFeeLeftMinor - taken!.clientFeeMinor,
          feeReturnedMinor: own.feeReturnedMinor + taken!.clientFeeMinor + taken!.initiationFeeMinor,
          taxReturnedMinor: own.taxReturnedMinor + taken!.taxMinor,
        };
        const left = milestone.held.amountMinor - part;
        const feeLeft = milestone.clientFee.amountMinor - taken!.clientFeeMinor;
        milestone = { ...milestone, held: usd(left), principal: usd(left), clientFee: usd(feeLeft) };
      }
      expect(returned).toEqual({ principal: price, clientFee, tax: own.taxMinor });
      expect([own.principalLeftMinor, own.clientFeeLeftMinor]).toEqual([0n, 0n]);
    }),
  );
});
