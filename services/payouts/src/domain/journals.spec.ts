import { type Journal, usd } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { creditRelease, evolve, mature } from './credit.ts';
import {
  clearedMinor,
  creditJournal,
  maturityJournal,
  paidJournal,
  requestJournal,
  returnedJournal,
  undoneJournal,
} from './journals.ts';
import type { WithdrawalPaid, WithdrawalReturned } from './withdrawal.ts';

const releasedAt = new Date('2026-11-23T09:00:00.000Z');
const dueAt = new Date('2026-11-28T09:00:00.000Z');
const credited = creditRelease({
  agreementId: 'agreement',
  transferId: 'transfer-1',
  clientId: 'client',
  freelancerId: 'F1',
  net: usd(90_000n),
  releasedAt,
  holdDays: 5,
  toDebt: usd(0n),
});
const matured = mature(evolve({ clientId: 'client' }, credited), dueAt)!;
const linesOf = ({ lines }: Journal) =>
  Object.fromEntries(lines.map((line) => [line.account, line.amountMinor]));

test('G-2.2: what escrow released is the freelancer’s, pending', () => {
  expect(linesOf(creditJournal(credited, releasedAt))).toEqual({
    'P.clearing.escrow': 90_000n,
    'P.freelancer.pending:F1': -90_000n,
  });
});

test('M-21, M-22: it is dated as the release, and carries its transfer', () => {
  expect(creditJournal(credited, releasedAt)).toMatchObject({
    kind: 'release',
    causeId: 'transfer-1',
    transferId: 'transfer-1',
    agreementId: 'agreement',
    accountId: 'F1',
    valueDate: releasedAt,
  });
});

test('G-2.3: the end of the hold moves it from pending to available', () => {
  expect(linesOf(maturityJournal(matured))).toEqual({
    'P.freelancer.pending:F1': 90_000n,
    'P.freelancer.available:F1': -90_000n,
  });
  expect(maturityJournal(matured)).toMatchObject({ kind: 'maturity', causeId: 'transfer-1' });
});

test('M-8: credit and maturity of one transfer are two facts, each posted once', () => {
  const keyOf = ({ kind, causeId }: Journal) => `${kind}/${causeId}`;
  expect(keyOf(creditJournal(credited, releasedAt))).not.toBe(keyOf(maturityJournal(matured)));
});

const ids = { accountId: 'F1', withdrawalId: 'withdrawal-1' };
const attemptId = 'po_7K3M9Q2X-1';
const wanted = { amount: usd(10_000n), fee: usd(200n) };
const sent = usd(9_800n);
const paid: WithdrawalPaid = {
  type: 'payouts.withdrawal.paid',
  ...ids,
  attemptId,
  sent,
  fee: wanted.fee,
  subAccount: 'bank',
  transferId: 'transfer-2',
  paidAt: dueAt,
};
/** Of 9800 that were sent, so much came back. */
function back(amountBack: bigint, more: { feeKept: boolean; afterPaid: boolean }): WithdrawalReturned {
  const bankCharge = usd(sent.amountMinor - amountBack);
  return {
    type: 'payouts.withdrawal.returned',
    ...ids,
    attemptId,
    amountBack: usd(amountBack),
    bankCharge,
    reason: more.feeKept ? 'bad_details' : 'other',
    subAccount: 'bank',
    returnedAt: dueAt,
    ...(more.afterPaid || bankCharge.amountMinor > 0n ? { transferId: 'transfer-3' } : {}),
    ...more,
  };
}
const returned = (...args: Parameters<typeof back>) => returnedJournal(wanted, back(...args));

describe('a withdrawal', () => {
  const { amount, fee } = wanted;
  const requested = {
    type: 'payouts.withdrawal.requested',
    ...ids,
    methodId: 'method-1',
    amount,
    fee,
    dueAt,
  } as const;

  test('G-23.1: asked for, it is in transit, the fee with it', () => {
    expect(linesOf(requestJournal(requested))).toEqual({
      'P.freelancer.available:F1': 10_000n,
      'P.freelancer.in_transit:F1': -10_000n,
    });
    expect(requestJournal(requested)).toMatchObject({ causeId: 'withdrawal-1', accountId: 'F1' });
  });

  test('W-10, W-12: cancelled or failed, the whole amount is back, without a fee', () => {
    for (const type of ['payouts.withdrawal.cancelled', 'payouts.withdrawal.failed'] as const) {
      const undone = undoneJournal({ type, ...ids, amount, reason: 'refused' } as never);
      expect(linesOf(undone)).toEqual({
        'P.freelancer.in_transit:F1': 10_000n,
        'P.freelancer.available:F1': -10_000n,
      });
      expect(undone.kind).toBe(type.replace('payouts.withdrawal.', 'withdrawal_'));
    }
  });

  test('G-23.2: paid, what was sent leaves through clearing, and the fee is earned', () => {
    expect(linesOf(paidJournal(paid))).toEqual({
      'P.freelancer.in_transit:F1': 10_000n,
      'P.clearing.escrow': -9_800n,
      'P.revenue.withdrawal_fee': -200n,
    });
    expect(paidJournal(paid)).toMatchObject({ transferId: 'transfer-2' });
    expect(clearedMinor(paidJournal(paid))).toBe(9_800n);
  });

  test('R-10: without a fee there is no line for it', () => {
    expect(Object.keys(linesOf(paidJournal({ ...paid, fee: usd(0n) })))).toHaveLength(2);
  });

  test('G-23.4, G-38.4: returned after paid with wrong details, the fee stays', () => {
    const journal = returned(9_800n, { feeKept: true, afterPaid: true });
    expect(linesOf(journal)).toEqual({ 'P.clearing.escrow': 9_800n, 'P.freelancer.available:F1': -9_800n });
    expect(journal).toMatchObject({ transferId: 'transfer-3' });
  });

  test('W-12: with a bank charge, wrong details cost the freelancer, anything else costs the platform', () => {
    expect(linesOf(returned(9_300n, { feeKept: true, afterPaid: true }))).toEqual({
      'P.clearing.escrow': 9_300n,
      'P.freelancer.available:F1': -9_300n,
    });
    // Escrow books the 500 as the platform's expense, so that clearing moves by what the freelancer gets.
    expect(linesOf(returned(9_300n, { feeKept: false, afterPaid: true }))).toEqual({
      'P.clearing.escrow': 9_800n,
      'P.revenue.withdrawal_fee': 200n,
      'P.freelancer.available:F1': -10_000n,
    });
  });

  test('G-29.2: returned before paid, clearing is untouched, and wrong details keep the fee', () => {
    const journal = returned(9_800n, { feeKept: true, afterPaid: false });
    expect(linesOf(journal)).toEqual({
      'P.freelancer.in_transit:F1': 10_000n,
      'P.freelancer.available:F1': -9_800n,
      'P.revenue.withdrawal_fee': -200n,
    });
    expect(clearedMinor(journal)).toBe(0n);
    expect(linesOf(returned(9_800n, { feeKept: false, afterPaid: false }))).toEqual({
      'P.freelancer.in_transit:F1': 10_000n,
      'P.freelancer.available:F1': -10_000n,
    });
  });

  test('W-12: before paid only what the bank kept of wrong details leaves through clearing', () => {
    const journal = returned(9_300n, { feeKept: true, afterPaid: false });
    expect(linesOf(journal)).toEqual({
      'P.freelancer.in_transit:F1': 10_000n,
      'P.freelancer.available:F1': -9_300n,
      'P.revenue.withdrawal_fee': -200n,
      'P.clearing.escrow': -500n,
    });
    expect(clearedMinor(journal)).toBe(500n);
    expect(clearedMinor(returned(9_300n, { feeKept: false, afterPaid: false }))).toBe(0n);
  });

  test('M-1, W-12: whatever comes back, it balances, and in transit is empty afterwards', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 9_800n), fc.boolean(), fc.boolean(), (amountBack, feeKept, afterPaid) => {
        const journals = [
          requestJournal(requested),
          ...(afterPaid ? [paidJournal(paid)] : []),
          returned(amountBack, { feeKept, afterPaid }),
        ];
        const balances = new Map<string, bigint>();
        for (const { account, amountMinor } of journals.flatMap(({ lines }) => lines)) {
          balances.set(account, (balances.get(account) ?? 0n) + amountMinor);
        }
        expect(balances.get('P.freelancer.in_transit:F1')).toBe(0n);
        // What is missing of the balance is our fee and what the bank kept, where the details were wrong.
        const lost = feeKept ? 10_000n - amountBack : 0n;
        expect(balances.get('P.freelancer.available:F1') ?? 0n).toBe(lost);
      }),
    );
  });
});
