import { describe, expect, it } from '@jest/globals';
import { balanceDifferences, inWordsOfCase, lineDifferences } from './accounts.ts';

const names = new Map([
  ['5f0c', 'M1'],
  ['77aa', 'M2'],
  ['agreement-1', 'A1'],
]);
const lines = (...posted: [string, bigint][]) =>
  posted.map(([account, amountMinor]) => inWordsOfCase({ account, amountMinor }, names));

const funded = lines(
  ['E.cash.trust:card', 105_499n],
  ['E.escrow.milestone:5f0c', -100_000n],
  ['E.fee.client_held:5f0c', -5_000n],
  ['E.fee.initiation_held:agreement-1', -499n],
);

describe('the lines of a journal', () => {
  it('are compared with the names of the case, or without a suffix', () => {
    const named = { 'E.cash.trust:card': 105_499n, 'E.escrow.milestone:M1': -100_000n };
    expect(
      lineDifferences({ ...named, 'E.fee.client_held': -5_000n, 'E.fee.initiation_held': -499n }, funded),
    ).toEqual([]);
    expect(
      lineDifferences(
        { ...named, 'E.fee.client_held:M1': -5_000n, 'E.fee.initiation_held:A1': -499n },
        funded,
      ),
    ).toEqual([]);
  });

  it('differ account by account; an account that nothing expects is expected to be 0', () => {
    const expected = {
      'E.cash.trust:card': 105_499n,
      'E.escrow.milestone:M2': -100_000n,
      'E.fee.client_held': -5_000n,
    };
    expect(lineDifferences(expected, funded)).toEqual([
      { account: 'E.escrow.milestone:M2', expected: -100_000n, actual: 0n },
      { account: 'E.escrow.milestone:M1', expected: 0n, actual: -100_000n },
      { account: 'E.fee.initiation_held:A1', expected: 0n, actual: -499n },
    ]);
  });

  it('of a sub-account that is not the case’s count for no account of the case', () => {
    const foreign = lines(['E.escrow.milestone:somebody-else', -5n]);
    expect(lineDifferences({ 'E.escrow.milestone': -5n }, foreign)).toEqual([
      { account: 'E.escrow.milestone', expected: -5n, actual: 0n },
      { account: 'E.escrow.milestone:somebody-else', expected: 0n, actual: -5n },
    ]);
  });
});

describe('balances', () => {
  const all = [...funded, ...lines(['E.cash.trust:bank', 1n], ['E.escrow.milestone:77aa', -7n])];

  it('stand on the natural side, and without suffix for all sub-accounts of the case', () => {
    const expected = {
      'E.cash.trust': 105_500n,
      'E.cash.trust:bank': 1n,
      'E.escrow.milestone': 100_007n,
      'E.escrow.milestone:M2': 7n,
      'E.revenue.client_fee': 0n,
    };
    expect(balanceDifferences(expected, all)).toEqual([]);
  });

  it('differ by account', () => {
    expect(balanceDifferences({ 'E.fee.client_held:M1': 4_999n }, all)).toEqual([
      { account: 'E.fee.client_held:M1', expected: 4_999n, actual: 5_000n },
    ]);
  });
});
