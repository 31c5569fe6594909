import { type Journal, type Money, usd } from '@holdfast/domain';
import { type BillingMethodKind, pinnedDefaults } from '@holdfast/events';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { agreedMilestone, cardTerms, fundedFact } from '../testing/milestones.ts';
import { paidWithdrawal, returnedWithdrawal } from '../testing/withdrawals.ts';
import { chargeParts } from './charge-parts.ts';
import {
  fundingJournal,
  openingJournals,
  orphanedJournal,
  releaseJournal,
  settlementJournal,
  settlementReturnJournal,
  withdrawalPaidJournal,
  withdrawalReturnedJournal,
} from './journals.ts';
import { evolve } from './milestone.ts';
import type { MilestoneReleased } from './milestone-events.ts';
import { release } from './release.ts';
import { clearingApplied } from './withdrawal.ts';

const ids = { agreementId: 'A', milestoneId: 'M1', fundingId: 'funding-1' };
const linesOf = ({ lines }: Journal) =>
  Object.fromEntries(lines.map((line) => [line.account, line.amountMinor]));

/** The journal of a charge for M1. */
function chargedBy(price: Money, initiationDue: boolean, kind: BillingMethodKind = 'card'): Journal {
  const parts = chargeParts([price], { ...cardTerms(initiationDue), kind });
  return fundingJournal(ids, parts, [{ ...parts.shares[0]!, milestoneId: 'M1' }], kind);
}

function released(priceMinor: bigint, clientFeeMinor: bigint): MilestoneReleased {
  const milestone = agreedMilestone({ id: 'M1', agreementId: 'A', price: usd(priceMinor) });
  const now = new Date('2026-11-23T09:00:00.000Z');
  const decision = { cause: 'approval', transferId: 'transfer-1', now, freelancerFeeBps: 1_000n } as const;
  return release(evolve(milestone, fundedFact(milestone, clientFeeMinor)), decision);
}

describe('funding', () => {
  test('G-1.1: 1,000.00 with both fees', () => {
    const journal = chargedBy(usd(100_000n), true);
    expect(journal).toMatchObject({ kind: 'fund', causeId: 'funding-1', agreementId: 'A', currency: 'USD' });
    expect(linesOf(journal)).toEqual({
      'E.cash.trust:card': 105_499n,
      'E.escrow.milestone:M1': -100_000n,
      'E.fee.client_held:M1': -5_000n,
      'E.fee.initiation_held:A': -499n,
    });
  });

  test('P-1: by PayPal it arrives there, by a bank debit at the card provider with its lower fee', () => {
    const charged = (kind: 'paypal' | 'bank') => linesOf(chargedBy(usd(100_000n), true, kind));
    expect(charged('paypal')).toMatchObject({ 'E.cash.trust:paypal': 105_499n });
    expect(charged('bank')).toMatchObject({ 'E.cash.trust:card': 103_499n, 'E.fee.client_held:M1': -3_000n });
  });

  test('G-3.1, G-3.4: the initiation fee stands on the first of two charges only', () => {
    const charge = (price: bigint, due: boolean) => linesOf(chargedBy(usd(price), due));
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
  const journal = orphanedJournal(ids, usd(105_499n), 'card');
  expect(journal).toMatchObject({ kind: 'orphaned_charge', causeId: 'funding-1' });
  expect(linesOf(journal)).toEqual({ 'E.cash.trust:card': 105_499n, 'E.refund.payable': -105_499n });
  const byPaypal = orphanedJournal(ids, usd(105_499n), 'paypal');
  expect(linesOf(byPaypal)).toMatchObject({ 'E.cash.trust:paypal': 105_499n });
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
      const parts = chargeParts([usd(price)], cardTerms(due, { ...pinnedDefaults, 'fee.client_bps': bps }));
      const release = releaseJournal(released(price, parts.clientFee.amountMinor), parts.initiationFee);
      const lines = [
        ...fundingJournal(ids, parts, [{ ...parts.shares[0]!, milestoneId: 'M1' }], 'card').lines,
        ...release.lines,
      ];
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

describe('M-23: a settlement of the card provider’s balance', () => {
  test('G-30.4: the cash lies at the bank', () => {
    const journal = settlementJournal('settlement-1', usd(102_410n));
    expect(journal).toMatchObject({ kind: 'treasury', causeId: 'settlement-1' });
    expect(linesOf(journal)).toEqual({ 'E.cash.trust:bank': 102_410n, 'E.cash.trust:card': -102_410n });
  });

  test('what the bank sends back lies at the card provider again: a second fact of the same cause', () => {
    const [there, back] = [settlementJournal, settlementReturnJournal].map((of) =>
      of('settlement-1', usd(5n)),
    );
    expect(back).toMatchObject({ kind: 'treasury_return', causeId: 'settlement-1' });
    expect(linesOf(back!)).toEqual({ 'E.cash.trust:card': 5n, 'E.cash.trust:bank': -5n });
    expect(there!.kind).not.toBe(back!.kind);
  });
});

describe('M-2: escrow’s side of a withdrawal', () => {
  const linesBack = (more: Parameters<typeof returnedWithdrawal>[0]) => {
    const journal = withdrawalReturnedJournal(returnedWithdrawal(more));
    return journal && linesOf(journal);
  };

  test('G-21.3: what was paid left the bank', () => {
    const paid = paidWithdrawal();
    const journal = withdrawalPaidJournal(paid);
    expect(linesOf(journal)).toEqual({ 'E.clearing.payouts': 50_000n, 'E.cash.trust:bank': -50_000n });
    const { withdrawalId: causeId, accountId, transferId, paidAt: valueDate } = paid;
    expect(journal).toMatchObject({ kind: 'withdrawal_paid', causeId, accountId, transferId, valueDate });
  });

  test('G-38.5: what came back after it was paid is at the bank again', () => {
    const returned = returnedWithdrawal();
    const journal = withdrawalReturnedJournal(returned)!;
    expect(linesOf(journal)).toEqual({ 'E.cash.trust:bank': 50_000n, 'E.clearing.payouts': -50_000n });
    const { withdrawalId: causeId, accountId, transferId, returnedAt: valueDate } = returned;
    expect(journal).toMatchObject({ kind: 'withdrawal_returned', causeId, accountId, transferId, valueDate });
  });

  test('W-12: a bank charge after it was paid is the freelancer’s loss where the details were wrong', () => {
    const charged = { amountBack: usd(49_000n), bankCharge: usd(1_000n) };
    expect(linesBack({ ...charged, feeKept: true })).toEqual({
      'E.cash.trust:bank': 49_000n,
      'E.clearing.payouts': -49_000n,
    });
  });

  test('W-12: else the platform bears it, and payouts gets all of it back', () => {
    const charged = { amountBack: usd(49_000n), bankCharge: usd(1_000n) };
    expect(linesBack({ ...charged, feeKept: false })).toEqual({
      'E.cash.trust:bank': 49_000n,
      'E.expense.processing': 1_000n,
      'E.clearing.payouts': -50_000n,
    });
  });

  test('G-29, W-12: before it was paid nothing of it stands in escrow’s books', () => {
    for (const feeKept of [true, false]) {
      expect(linesBack({ afterPaid: false, feeKept, transferId: undefined })).toBeUndefined();
    }
  });

  test('W-12: but a bank charge does, through clearing where the freelancer bears it', () => {
    const charged = { afterPaid: false, amountBack: usd(49_000n), bankCharge: usd(1_000n) };
    expect(linesBack({ ...charged, feeKept: true })).toEqual({
      'E.clearing.payouts': 1_000n,
      'E.cash.trust:bank': -1_000n,
    });
    expect(linesBack({ ...charged, feeKept: false })).toEqual({
      'E.expense.processing': 1_000n,
      'E.cash.trust:bank': -1_000n,
    });
  });

  test('W-12: of a bank that keeps everything nothing is left to book but the platform’s loss', () => {
    const all = { amountBack: usd(0n), bankCharge: usd(50_000n) };
    expect(linesBack({ ...all, feeKept: true })).toBeUndefined();
    expect(linesBack({ ...all, feeKept: false })).toEqual({
      'E.expense.processing': 50_000n,
      'E.clearing.payouts': -50_000n,
    });
  });

  test('M-22: the answer says what was posted on clearing, and there is none without', () => {
    const paid = paidWithdrawal();
    expect(clearingApplied('withdrawal_paid', withdrawalPaidJournal(paid))).toEqual({
      type: 'escrow.clearing.applied',
      accountId: paid.accountId,
      transferId: paid.transferId,
      amount: usd(50_000n),
      kind: 'withdrawal_paid',
    });
    const answerTo = (more: Parameters<typeof returnedWithdrawal>[0]) =>
      clearingApplied('withdrawal_returned', withdrawalReturnedJournal(returnedWithdrawal(more))!);
    const charged = { amountBack: usd(49_000n), bankCharge: usd(1_000n) };
    expect(answerTo({ ...charged, feeKept: false })).toMatchObject({ amount: usd(50_000n) });
    expect(answerTo({ ...charged, feeKept: true })).toMatchObject({ amount: usd(49_000n) });
    expect(answerTo({ ...charged, feeKept: true, afterPaid: false })).toMatchObject({ amount: usd(1_000n) });
    expect(answerTo({ ...charged, feeKept: false, afterPaid: false })).toBeUndefined();
  });

  test('M-22: a clearing posting without a transfer is a defect of payouts, refused aloud', () => {
    const journal = withdrawalReturnedJournal(returnedWithdrawal({ transferId: undefined }))!;
    expect(() => clearingApplied('withdrawal_returned', journal)).toThrow(RangeError);
  });

  test('M-2: whatever the bank keeps, all that was sent ends in cash, in costs or with payouts', () => {
    const sent = fc.bigInt({ min: 1n, max: 10n ** 12n });
    fc.assert(
      fc.property(sent, fc.integer({ min: 0, max: 100 }), fc.boolean(), (sentMinor, percent, feeKept) => {
        const chargeMinor = (sentMinor * BigInt(percent)) / 100n;
        const back = { amountBack: usd(sentMinor - chargeMinor), bankCharge: usd(chargeMinor), feeKept };
        const paid = withdrawalPaidJournal(paidWithdrawal({ sent: usd(sentMinor) }));
        const returned = withdrawalReturnedJournal(returnedWithdrawal(back));
        const sums = new Map<string, bigint>();
        for (const { account, amountMinor } of [...paid.lines, ...(returned?.lines ?? [])]) {
          sums.set(account, (sums.get(account) ?? 0n) + amountMinor);
        }
        expect(sums.get('E.cash.trust:bank')).toBe(-chargeMinor);
        expect(sums.get('E.clearing.payouts')).toBe(feeKept ? chargeMinor : 0n);
        expect(sums.get('E.expense.processing') ?? 0n).toBe(feeKept ? 0n : chargeMinor);
      }),
    );
  });
});
