import { expect, test } from '@jest/globals';
import { statementsIn } from './statements.ts';

test('statements of one role are counted, named and unnamed ones, not their other lines', () => {
  const log = [
    '2026-11-22 15:53:08.256 UTC [24058] escrow_app LOG:  statement: begin',
    '2026-11-22 15:53:08.256 UTC [24058] escrow_app LOG:  execute s0: insert into inbox (command)',
    '\t  on conflict do nothing',
    `2026-11-22 15:53:08.256 UTC [24058] escrow_app DETAIL:  Parameters: $1 = 'execute s1: x'`,
    '2026-11-22 15:53:08.257 UTC [24060] payouts_app LOG:  statement: begin',
    '2026-11-22 15:53:08.258 UTC [24058] escrow_app LOG:  execute <unnamed>: select 1',
    '2026-11-22 15:53:08.258 UTC [24001]  LOG:  received SIGHUP, reloading configuration files',
    '2026-11-22 15:53:08.259 UTC [24058] escrow_app LOG:  statement: commit',
  ].join('\n');
  expect(statementsIn(log, 'escrow_app')).toBe(4);
});
