import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { canonicalOf, genesis, nextHash } from './chain.ts';
import { gapsBetween, stillOpen, withoutPositions } from './sealer.ts';

const gap = (from: bigint, to: bigint, ...writers: string[]) => ({ from, to, writers: new Set(writers) });

describe('the hash chain (I10)', () => {
  const journal = ['j-1', '1', 'fund', 'c-1', 'USD', null, null, null, null, 'v', 'p', 'r'];
  const lines = [
    ['1', 'E.cash.trust', 'card', '5'],
    ['2', 'E.refund.payable', '', '-5'],
  ];

  test('the canonical form is JSON without spaces: columns, then lines', () => {
    expect(canonicalOf({ journal, lines })).toBe(
      '[["j-1","1","fund","c-1","USD",null,null,null,null,"v","p","r"],' +
        '[["1","E.cash.trust","card","5"],["2","E.refund.payable","","-5"]]]',
    );
    expect(canonicalOf({ journal: ['j-1'], lines: null })).toBe('[["j-1"],[]]');
  });

  test('a hash covers the last one and the canonical form, as anybody can recompute it', () => {
    const text = canonicalOf({ journal, lines });
    const expected = createHash('sha256')
      .update(Buffer.concat([Buffer.alloc(32), Buffer.from(text, 'utf8')]))
      .digest('hex');
    expect(nextHash(genesis, text).toString('hex')).toBe(expected);
  });

  test('text that moves from one column to the next changes it', () => {
    const forms = [
      canonicalOf({ journal: ['a', 'bc'], lines: null }),
      canonicalOf({ journal: ['ab', 'c'], lines: null }),
      canonicalOf({ journal: ['a","b', 'c'], lines: null }),
      canonicalOf({ journal: ['a', null], lines: null }),
      canonicalOf({ journal: ['a', ''], lines: null }),
      canonicalOf({ journal: ['a', 'null'], lines: null }),
    ];
    expect(new Set(forms).size).toBe(forms.length);
  });
});

describe('gaps in the positions (F29)', () => {
  test('are what is missing between those that are there', () => {
    expect(gapsBetween(0n, [1n, 2n, 3n])).toEqual([]);
    expect(gapsBetween(0n, [2n, 3n, 7n])).toEqual([
      { from: 1n, to: 1n },
      { from: 4n, to: 6n },
    ]);
    expect(gapsBetween(9n, [])).toEqual([]);
  });

  test('stay open while one of their writers runs', () => {
    const gaps = [gap(1n, 1n, '3/1', '4/9'), gap(4n, 6n, '5/2'), gap(8n, 8n)];
    expect(stillOpen(gaps, new Set(['4/9', '9/9']))).toEqual([gap(1n, 1n, '4/9')]);
    expect(stillOpen(gaps, new Set())).toEqual([]);
  });

  test('are split by what came late', () => {
    const gaps = [gap(1n, 1n, 'a'), gap(4n, 9n, 'b')];
    expect(withoutPositions(gaps, [1n, 4n, 6n, 7n])).toEqual([gap(5n, 5n, 'b'), gap(8n, 9n, 'b')]);
    expect(withoutPositions(gaps, [])).toEqual(gaps);
  });
});
