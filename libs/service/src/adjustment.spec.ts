import { usd } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import {
  type Adjustment,
  type AdjustmentLine,
  adjustmentJournal,
  assertAdjusts,
  type Decision,
  decide,
  lessened,
} from './adjustment.ts';

const accounts = {
  platform: ['E.expense.processing', 'E.revenue.client_fee', 'E.cash.operating'],
  cash: ['E.cash.trust:card'],
  persons: ['P.freelancer.available'],
  kept: ['E.escrow.milestone', 'E.clearing.payouts'],
};
const line = (
  account: string,
  side: AdjustmentLine['side'],
  amountMinor: bigint,
  reference?: string,
): AdjustmentLine => ({ account, side, amount: usd(amountMinor), ...(reference ? { reference } : {}) });
const fee = [line('E.expense.processing', 'debit', 30n), line('E.cash.trust:card', 'credit', 30n, 'txn_1')];
const corrected = { id: 'journal-1', accountId: 'anna' };
const now = new Date('2027-01-04T09:00:00Z');
const proposed = {
  id: 'adjustment-1',
  corrects: 'journal-1',
  reason: 'provider_difference',
  lines: fee,
  proposedBy: 'operator-1',
  proposedAt: now,
  status: 'proposed',
} as const satisfies Adjustment;
const refused = (code: string, details = {}) => expect.objectContaining({ code, details });

describe('M-24: an adjustment obeys the rules of every journal', () => {
  const adjusting = (lines: readonly AdjustmentLine[]) => () => assertAdjusts(lines, corrected, accounts);

  test('what balances on accounts of the chart is taken', () => {
    expect(adjusting(fee)).not.toThrow();
    expect(
      adjusting([
        line('E.revenue.client_fee', 'debit', 5n),
        line('P.freelancer.available:anna', 'credit', 5n),
      ]),
    ).not.toThrow();
  });

  test.each([
    ['E.expense.bribes', 'adjustment.account_unknown'],
    ['E.cash.trust', 'adjustment.account_unknown'],
    ['E.cash.trust:mattress', 'adjustment.account_unknown'],
    ['P.freelancer.available', 'adjustment.account_unknown'],
    ['P.freelancer.available:somebody', 'adjustment.account_unknown'],
    ['E.escrow.milestone:0198a5c4-0000-7000-8000-000000000001', 'adjustment.account_kept'],
    ['E.clearing.payouts', 'adjustment.account_kept'],
  ])('%s is refused: %s', (account, code) => {
    const lines = [line(account, 'debit', 5n), line('E.revenue.client_fee', 'credit', 5n)];
    expect(adjusting(lines)).toThrow(refused(code, { account }));
  });

  test('M-1: debits equal credits, and each account stands once', () => {
    expect(adjusting([fee[0]!, line('E.cash.trust:card', 'credit', 31n, 'txn_1')])).toThrow(
      refused('adjustment.unbalanced'),
    );
    const twice = [fee[0]!, line('E.expense.processing', 'credit', 30n)];
    expect(adjusting(twice)).toThrow(refused('adjustment.account_twice'));
  });

  test('M-3: cash names the movement in the provider’s book, and nothing else does', () => {
    expect(adjusting([fee[0]!, line('E.cash.trust:card', 'credit', 30n)])).toThrow(
      refused('adjustment.reference_misplaced', { account: 'E.cash.trust:card' }),
    );
    const named = [line('E.expense.processing', 'debit', 30n, 'txn_1'), fee[1]!];
    expect(adjusting(named)).toThrow(
      refused('adjustment.reference_misplaced', { account: 'E.expense.processing' }),
    );
  });

  test('M-9: it is a journal of its own kind, which names the one that it corrects', () => {
    expect(adjustmentJournal(proposed, corrected)).toMatchObject({
      kind: 'adjustment',
      causeId: 'adjustment-1',
      accountId: 'anna',
      reverses: 'journal-1',
      lines: [
        { account: 'E.expense.processing', amountMinor: 30n },
        { account: 'E.cash.trust:card', amountMinor: -30n },
      ],
    });
  });

  test('M-14: of the platform’s accounts those are looked at that it lessens', () => {
    const lines = [
      line('E.revenue.client_fee', 'debit', 40n),
      line('E.cash.operating', 'credit', 10n),
      line('E.expense.processing', 'debit', 10n),
      line('E.cash.trust:card', 'credit', 40n, 'txn_1'),
    ];
    expect(lessened({ lines }, accounts)).toEqual([
      { account: 'E.revenue.client_fee', amountMinor: 40n },
      { account: 'E.cash.operating', amountMinor: 10n },
    ]);
  });
});

describe('S-11: two persons decide', () => {
  const decided = (decision: Decision, by: string, adjustment: Adjustment = proposed) =>
    decide(adjustment, decision, by, now);

  test('another one posts or rejects it, the first one takes it back', () => {
    const by = { decidedBy: 'operator-2', decidedAt: now };
    expect(decided('approve', 'operator-2')).toEqual({ ...proposed, ...by, status: 'posted' });
    expect(decided('reject', 'operator-2')).toMatchObject({ ...by, status: 'rejected' });
    expect(decided('withdraw', 'operator-1')).toMatchObject({ status: 'withdrawn' });
  });

  test('nobody approves or rejects the own one, nobody withdraws another’s', () => {
    for (const decision of ['approve', 'reject'] as const) {
      expect(() => decided(decision, 'operator-1')).toThrow(refused('adjustment.second_person_needed'));
    }
    expect(() => decided('withdraw', 'operator-2')).toThrow(refused('adjustment.not_own'));
  });

  test('it is decided once', () => {
    for (const first of ['approve', 'reject'] as const) {
      const over = decided(first, 'operator-2');
      for (const by of ['operator-1', 'operator-2', 'operator-3']) {
        for (const decision of ['approve', 'reject', 'withdraw'] as const) {
          expect(() => decided(decision, by, over)).toThrow(refused('adjustment.decided'));
        }
      }
    }
  });
});
