import { type Journal, usd } from '@holdfast/domain';
import { pinnedDefaults } from '@holdfast/events';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { agreedMilestone, fundedFact } from '../testing/milestones.ts';
import { chargeParts } from './funding.ts';
import { fundingJournal, openingJournals, orphanedJournal, releaseJournal } from './journals.ts';
import { evolve, type MilestoneReleased, release } from './milestone.ts';

const ids = { agreementId: 'A', milestoneId: 'M1', fundingId: 'funding-1' };
const linesOf = ({ lines }: Journal) =>
  Object.fromEntries(lines.map((line) => [line.account, line.amountMinor]));

function released(priceMinor: bigint, clientFeeMinor: bigint): MilestoneReleased {
  const milestone = agreedMilestone({ id: 'M1', agreementId: 'A', price: usd(priceMinor) });
  const now = new Date('2026-11-23T09:00:00.000Z');
  const decision = { cause: 'approval', transferId: 'transfer-1', now, freelancerFeeBps: 1_000n } as const;
  return release(evolve(milestone, fundedFact(milestone, clientFeeMinor)), decision);
}

describe('funding', () => {
  test('G-1.1: 1,000.00 with both fees', () => {
    const journal = fundingJournal(ids, chargeParts(usd(100_000n), pinnedDefaults, true));
    expect(journal).toMatchObject({ kind: 'fund', causeId: 'funding-1', agreementId: 'A', currency: 'USD' });
    expect(linesOf(journal)).toEqual({
      'E.cash.trust:card': 105_499n,
      'E.escrow.milestone:M1': -100_000n,
      'E.fee.client_held:M1': -5_000n,
      'E.fee.initiation_held:A': -499n,
    });
  });

  test('G-3.1, G-3.4: the initiation fee stands on the first of two charges only', () => {
    const charge = (price: bigint, due: boolean) =>
      linesOf(fundingJournal(ids, chargeParts(usd(price), pinnedDefaults, due)));
    expect(charge(30_000n, true)).toMatchObject({
      'E.cash.trust:card': 31_999n,
      'E.fee.client_held:M1': -1_500n,
    });
    expect(charge(70_000n, false)).toEqual({
      'E.cash.trust:card': 73_500n,
      'E.escrow.milestone:M1': -70_000n,
      'E.fee.client_held:M1': -3_500n,
    });
  });
});

describe('release', () => {
  test('G-2.1: everything held is earned or goes to payouts', () => {
    const journal = releaseJournal(released(100_000n, 5_000n), usd(499n));
    expect(journal).toMatchObject({
      kind: 'release',
      causeId: 'transfer-1',
      transferId: 'transfer-1',
      agreementId: 'A',
    });
    expect(linesOf(journal)).toEqual({
      'E.escrow.milestone:M1': 100_000n,
      'E.fee.client_held:M1': 5_000n,
      'E.fee.initiation_held:A': 499n,
      'E.revenue.freelancer_fee': -10_000n,
      'E.revenue.client_fee': -5_000n,
      'E.revenue.initiation_fee': -499n,
      'E.clearing.payouts': -90_000n,
    });
  });

  test('R-10: a fee of nothing posts no line', () => {
    expect(linesOf(releaseJournal(released(4n, 0n), usd(0n)))).toEqual({
      'E.escrow.milestone:M1': 4n,
      'E.clearing.payouts': -4n,
    });
  });

  test('M-22: what crosses to payouts carries its transfer', () => {
    const journal = releaseJournal(released(100_000n, 5_000n), usd(0n));
    expect(journal.lines.some(({ account }) => account === 'E.clearing.payouts')).toBe(true);
    expect(journal.transferId).toBe('transfer-1');
  });
});

test('E-26: an orphaned charge is owed to the client, whole', () => {
  const journal = orphanedJournal(ids, usd(105_499n));
  expect(journal).toMatchObject({ kind: 'orphaned_charge', causeId: 'funding-1' });
  expect(linesOf(journal)).toEqual({ 'E.cash.trust:card': 105_499n, 'E.refund.payable': -105_499n });
});

test('section 11, M-23: the capital comes first, then the float of the bank account', () => {
  const { capital, float } = openingJournals(
    { capital: usd(10_000_000n), float: usd(1_000_000n) },
    { capital: 'movement-1', float: 'movement-2' },
  );
  expect(linesOf(capital)).toEqual({ 'E.cash.operating': 10_000_000n, 'E.equity.capital': -10_000_000n });
  expect(linesOf(float)).toEqual({ 'E.cash.trust:bank': 1_000_000n, 'E.cash.operating': -1_000_000n });
});

test('M-1, M-6: what funding puts on a milestone’s accounts, its release takes off to the last cent', () => {
  const minor = fc.bigInt({ min: 1n, max: 10n ** 12n });
  fc.assert(
    fc.property(minor, fc.integer({ min: 0, max: 1_500 }), fc.boolean(), (price, bps, due) => {
      const parts = chargeParts(usd(price), { ...pinnedDefaults, 'fee.client_bps': bps }, due);
      const release = releaseJournal(released(price, parts.clientFee.amountMinor), parts.initiationFee);
      const lines = [...fundingJournal(ids, parts).lines, ...release.lines];
      expect(lines.reduce((sum, { amountMinor }) => sum + amountMinor, 0n)).toBe(0n);
      for (const held of ['E.escrow.milestone:M1', 'E.fee.client_held:M1', 'E.fee.initiation_held:A']) {
        const left = lines
          .filter(({ account }) => account === held)
          .reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
        expect(left).toBe(0n);
      }
    }),
  );
});
