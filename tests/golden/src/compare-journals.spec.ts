import { describe, expect, it } from '@jest/globals';
import { inWordsOfCase } from './accounts.ts';
import { type CaseJournal, firstDifference } from './compare-journals.ts';

const names = new Map([
  ['one', 'M1'],
  ['two', 'M2'],
]);

function journal(ledger: 'E' | 'P', amounts: Record<string, bigint>, kind = 'fund'): CaseJournal {
  const lines = Object.entries(amounts).map(([account, amountMinor]) =>
    inWordsOfCase({ account, amountMinor }, names),
  );
  return { id: 'any', ledger, kind, lines };
}
const expected = (ledger: 'E' | 'P', lines: Record<string, bigint>) => ({ ledger, lines });

const fund = (milestone: string, amount: bigint) =>
  journal('E', { 'E.cash.trust:card': amount, [`E.escrow.milestone:${milestone}`]: -amount });
const credit = journal('P', { 'P.clearing.escrow': 5n, 'P.freelancer.pending': -5n });

describe('the journals of a step', () => {
  it('are compared in any order', () => {
    const wanted = [
      expected('P', { 'P.freelancer.pending': -5n, 'P.clearing.escrow': 5n }),
      expected('E', { 'E.escrow.milestone:M2': -20n, 'E.cash.trust:card': 20n }),
      expected('E', { 'E.escrow.milestone:M1': -10n, 'E.cash.trust:card': 10n }),
    ];
    expect(firstDifference(wanted, [fund('one', 10n), fund('two', 20n), credit])).toBeUndefined();
  });

  it('find their partners although one without suffix fits several', () => {
    const wanted = [
      expected('E', { 'E.cash.trust': 10n, 'E.escrow.milestone': -10n }),
      expected('E', { 'E.cash.trust:card': 10n, 'E.escrow.milestone:M1': -10n }),
    ];
    expect(firstDifference(wanted, [fund('one', 10n), fund('two', 10n)])).toBeUndefined();
  });

  it('differ by the accounts of the likeliest counterpart', () => {
    const wanted = [expected('E', { 'E.cash.trust:card': 21n, 'E.escrow.milestone:M2': -21n })];
    expect(firstDifference(wanted, [fund('two', 20n)])).toBe(
      'ledger E: E.cash.trust:card expected 21, actual 20; E.escrow.milestone:M2 expected -21, actual -20',
    );
  });

  it('may be missing, or too many', () => {
    const wanted = [expected('P', { 'P.clearing.escrow': 5n, 'P.freelancer.pending': -5n })];
    expect(firstDifference(wanted, [])).toBe(
      'ledger P, journal missing: ' +
        'P.clearing.escrow expected 5, actual 0; P.freelancer.pending expected -5, actual 0',
    );
    expect(firstDifference(wanted, [credit, credit])).toBe(
      'ledger P, journal not expected: ' +
        'P.clearing.escrow expected 0, actual 5; P.freelancer.pending expected 0, actual -5',
    );
  });

  it('of the platform are compared only where the step names them', () => {
    const sweep = journal('E', { 'E.cash.operating': 3n, 'E.cash.trust:bank': -3n }, 'treasury');
    expect(firstDifference([], [sweep])).toBeUndefined();
    const named = [expected('E', { 'E.cash.operating': 3n, 'E.cash.trust:bank': -3n })];
    expect(firstDifference(named, [sweep])).toBeUndefined();
    expect(firstDifference(named, [])).toContain('journal missing');
  });
});
