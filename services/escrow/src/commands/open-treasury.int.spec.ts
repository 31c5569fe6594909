import { usd } from '@holdfast/domain';
import { readBalances } from '@holdfast/ledger';
import { expect, test } from '@jest/globals';
import { useEscrow } from '../testing/escrow.ts';
import { OpenTreasuryAtStart } from './open-treasury.ts';

const escrow = useEscrow();

test('M-23: capital and float are posted once in the life of a database, however many start', async () => {
  const start = () => new OpenTreasuryAtStart(escrow().database.unitOfWork).onApplicationBootstrap();
  await Promise.all([start(), start(), start()]);
  await start();
  expect(Object.fromEntries(await readBalances(escrow().database.pool))).toEqual({
    'E.cash.operating': 9_000_000n,
    'E.cash.trust:bank': 1_000_000n,
    'E.equity.capital': 10_000_000n,
  });
  expect(await escrow().published('platform')).toMatchObject([
    { type: 'escrow.treasury.moved', kind: 'opening', to: 'operating', amount: usd(10_000_000n) },
    {
      type: 'escrow.treasury.moved',
      kind: 'top_up',
      from: 'operating',
      to: 'trust_bank',
      amount: usd(1_000_000n),
    },
  ]);
});
