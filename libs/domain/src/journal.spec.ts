import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  accountParts,
  credit,
  debit,
  isDebitAccount,
  isGuarded,
  journal,
  naturalBalance,
} from './journal.ts';

const draft = { kind: 'release', causeId: 'm-1' };

describe('a journal', () => {
  test('M-1: sums to zero', () => {
    const lines = [
      debit('E.escrow.milestone:m-1', 1000n),
      credit('E.clearing.payouts', 900n),
      credit('E.revenue', 100n),
    ];
    expect(journal({ ...draft, lines })).toEqual({ ...draft, currency: 'USD', lines });
  });

  test('M-1: one that does not is a defect', () => {
    const lines = [debit('E.cash.trust:card', 1000n), credit('E.escrow.milestone:m-1', 999n)];
    expect(() => journal({ ...draft, lines })).toThrow('journal release does not balance: 1');
  });

  test('M-1: any parts and their sum balance, and a cent more does not', () => {
    const amounts = fc.array(fc.bigInt(1n, 10n ** 18n), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(amounts, (parts) => {
        const sum = parts.reduce((left, right) => left + right, 0n);
        const credits = parts.map((part, index) => credit(`E.escrow.milestone:${index}`, part));
        expect(journal({ ...draft, lines: [debit('E.cash.trust', sum), ...credits] }).lines).toHaveLength(
          parts.length + 1,
        );
        expect(() => journal({ ...draft, lines: [debit('E.cash.trust', sum + 1n), ...credits] })).toThrow(
          RangeError,
        );
      }),
    );
  });

  test('R-10: a fee that rounds to zero posts no line', () => {
    const lines = [
      debit('E.escrow.milestone:m-1', 4n),
      credit('E.clearing.payouts', 4n),
      credit('E.revenue', 0n),
    ];
    expect(journal({ ...draft, lines }).lines.map((line) => line.account)).toEqual([
      'E.escrow.milestone:m-1',
      'E.clearing.payouts',
    ]);
  });

  test('R-10: one that moves nothing is refused', () => {
    const lines = [debit('E.cash.trust', 0n), credit('E.revenue', 0n)];
    expect(() => journal({ ...draft, lines })).toThrow('fewer than two lines');
    expect(() => journal({ ...draft, lines: [] })).toThrow('fewer than two lines');
  });

  test('names each account once', () => {
    const lines = [debit('E.cash.trust', 2n), credit('E.revenue', 1n), credit('E.revenue', 1n)];
    expect(() => journal({ ...draft, lines })).toThrow('names an account twice');
  });

  test('keeps sub-accounts apart', () => {
    const lines = [debit('E.escrow.milestone:m-1', 2n), credit('E.escrow.milestone:m-2', 2n)];
    expect(journal({ ...draft, lines }).lines).toEqual(lines);
  });

  test('has a currency even where the draft leaves it open', () => {
    const lines = [debit('E.cash.trust', 2n), credit('E.revenue', 2n)];
    expect(journal({ ...draft, currency: undefined, lines }).currency).toBe('USD');
  });
});

describe('the chart of accounts (section 11)', () => {
  const debitAccounts = [
    'E.cash.trust',
    'E.cash.trust:card',
    'E.cash.trust:bank',
    'E.cash.operating',
    'E.client.receivable:c-1',
    'E.chargeback.disputed:x-1',
    'E.expense.processing',
    'E.expense.protection',
    'P.clearing.escrow',
    'P.freelancer.receivable:f-1',
  ];
  const creditAccounts = [
    'E.escrow.milestone:m-1',
    'E.fee.client_held:m-1',
    'E.fee.initiation_held:a-1',
    'E.arbitration.held:d-1',
    'E.tax.payable',
    'E.refund.payable:r-1',
    'E.revenue.client_fee',
    'E.clearing.payouts',
    'E.equity.capital',
    'P.freelancer.pending:f-1',
    'P.freelancer.available:f-1',
    'P.freelancer.held:f-1',
    'P.freelancer.in_transit:f-1',
    'P.revenue.withdrawal_fee',
  ];

  test.each(debitAccounts)('%s grows by debit', (account) => {
    expect(isDebitAccount(account)).toBe(true);
    expect(naturalBalance(account, debit(account, 5n).amountMinor)).toBe(5n);
    expect(naturalBalance(account, credit(account, 5n).amountMinor)).toBe(-5n);
  });

  test.each(creditAccounts)('%s grows by credit', (account) => {
    expect(isDebitAccount(account)).toBe(false);
    expect(naturalBalance(account, credit(account, 5n).amountMinor)).toBe(5n);
    expect(naturalBalance(account, debit(account, 5n).amountMinor)).toBe(-5n);
  });

  test('a name that merely begins like a debit account is none', () => {
    expect(isDebitAccount('E.cash.trustees')).toBe(false);
    expect(isGuarded('P.freelancer.held_back:f-1')).toBe(false);
  });

  test('I3: guarded are the accounts of milestones, held fees and freelancers, and no others', () => {
    expect([...debitAccounts, ...creditAccounts].filter(isGuarded)).toEqual([
      'E.escrow.milestone:m-1',
      'E.fee.client_held:m-1',
      'E.fee.initiation_held:a-1',
      'P.freelancer.pending:f-1',
      'P.freelancer.available:f-1',
      'P.freelancer.held:f-1',
      'P.freelancer.in_transit:f-1',
    ]);
  });

  test.each([
    ['E.cash.trust', 'E.cash.trust', ''],
    ['E.cash.trust:card', 'E.cash.trust', 'card'],
    ['E.escrow.milestone:a:b', 'E.escrow.milestone', 'a:b'],
    ['E.escrow.milestone:', 'E.escrow.milestone', ''],
    ['E.escrow.milestone:a\nb', 'E.escrow.milestone', 'a\nb'],
  ])('%j is a code and a sub-account', (account, code, subAccount) => {
    expect(accountParts(account)).toEqual({ code, subAccount });
  });
});
