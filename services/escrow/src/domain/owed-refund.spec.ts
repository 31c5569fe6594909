import { usd } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import type { Chargeback } from './chargeback.ts';
import { lostJournal, reinstatedJournal } from './chargeback-journals.ts';
import { chargedParts, lossOf, type OwedRefund, restOf, worthOf } from './charged-parts.ts';
import { amountOf } from './refund.ts';

const owed: OwedRefund = {
  id: 'refund-1',
  milestoneId: 'milestone-1',
  parts: { principal: usd(40_000n), clientFee: usd(2_000n), initiationFee: usd(499n), tax: usd(250n) },
};
const lot = {
  id: 'lot-2',
  fundingId: 'funding-1',
  chargedAt: new Date('2026-11-23T09:00:00.000Z'),
  milestoneId: 'milestone-2',
  principalMinor: 10_000n,
  principalLeftMinor: 10_000n,
  clientFeeMinor: 500n,
  clientFeeLeftMinor: 500n,
  principalRefundedMinor: 0n,
  chargedBackMinor: 0n,
  initiationFeeMinor: 0n,
  taxMinor: 0n,
  feeReturnedMinor: 0n,
  taxReturnedMinor: 0n,
};
const lostOf = (amountMinor: bigint, parts: Chargeback['parts']) =>
  ({
    id: 'chargeback-1',
    agreementId: 'agreement-1',
    amount: usd(amountMinor),
    feeReturned: usd(0n),
    parts,
  }) as Chargeback;
const linesOf = (journal: ReturnType<typeof lostJournal>) =>
  Object.fromEntries(journal!.lines.map(({ account, amountMinor }) => [account, amountMinor]));

describe('E-24: what a lost chargeback takes of a refund that was not sent', () => {
  test('first what is owed anyway, then what is held; nothing is the platform’s', () => {
    const parts = chargedParts(53_249n, [lot], [], undefined, [owed]);
    expect(parts.map(({ state }) => state)).toEqual(['refunding', 'held']);
    expect(parts.map(worthOf)).toEqual([42_749n, 10_500n]);
    expect(lossOf(53_249n, parts)).toMatchObject({ owedMinor: 42_749n, borneMinor: 0n });
    expect(linesOf(lostJournal(lostOf(53_249n, parts)))).toMatchObject({
      'E.refund.payable': 42_749n,
      'E.escrow.milestone:milestone-2': 10_000n,
      'E.fee.client_held:milestone-2': 500n,
      'E.chargeback.disputed': -53_249n,
    });
  });

  test.each([1n, 39_999n, 40_000n, 41_000n, 42_300n, 42_748n, 42_749n])(
    'R-10: of a dispute of %d the rest is still owed, to the cent',
    (amountMinor) => {
      const [part] = chargedParts(amountMinor, [], [], undefined, [owed]);
      expect(worthOf(part!)).toBe(amountMinor);
      expect(amountOf(restOf(owed.parts, part!)).amountMinor).toBe(42_749n - amountMinor);
      for (const { amountMinor: minor } of Object.values(restOf(owed.parts, part!))) {
        expect(minor >= 0n).toBe(true);
      }
    },
  );

  test('P-11: won at a later stage it is owed again', () => {
    const parts = chargedParts(42_749n, [], [], undefined, [owed]);
    expect(linesOf(reinstatedJournal(lostOf(42_749n, parts), []))).toEqual({
      'E.cash.trust:card': 42_749n,
      'E.refund.payable': -42_749n,
    });
  });
});
