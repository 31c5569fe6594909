import type { Tx } from '@holdfast/messaging';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { useLots } from './lot.table.ts';

type Left = { principal: bigint; fee: bigint };

/** What is left of a milestone's lots after a part of it was used. */
async function used(lots: readonly Left[], gross: bigint, clientFee: bigint): Promise<Left[]> {
  const rows = lots.map(({ principal, fee }, index) => {
    const charged = { fundingId: `charge-${index}`, chargedAt: new Date('2026-11-23T09:00:00.000Z') };
    return { id: `lot-${index}`, ...charged, principalLeftMinor: principal, clientFeeLeftMinor: fee };
  });
  const saved = new Map(rows.map((row) => [row.id, row]));
  const save = (_: unknown, row: (typeof rows)[number]) => saved.set(row.id, row);
  await useLots({ many: async () => rows, save } as unknown as Tx, 'milestone', { gross, clientFee });
  return [...saved.values()].map((row) => ({
    principal: row.principalLeftMinor,
    fee: row.clientFeeLeftMinor,
  }));
}

test('E-21: a release uses the oldest lot first', async () => {
  const lots = [
    { principal: 100n, fee: 5n },
    { principal: 200n, fee: 10n },
  ];
  expect(await used(lots, 60n, 3n)).toEqual([{ principal: 40n, fee: 2n }, lots[1]]);
  expect(await used(lots, 150n, 7n)).toEqual([
    { principal: 0n, fee: 0n },
    { principal: 150n, fee: 8n },
  ]);
});

test('M-4: what a release takes is missing from the lots, to the cent; none falls below zero', async () => {
  const minor = fc.bigInt({ min: 0n, max: 10n ** 12n });
  const some = fc.array(fc.record({ principal: minor, fee: minor }), { minLength: 1, maxLength: 5 });
  const sum = (lots: readonly Left[], part: keyof Left) => lots.reduce((total, lot) => total + lot[part], 0n);
  await fc.assert(
    fc.asyncProperty(some, fc.bigInt({ min: 0n, max: 100n }), async (lots, percent) => {
      const gross = (sum(lots, 'principal') * percent) / 100n;
      const clientFee = (sum(lots, 'fee') * percent) / 100n;
      const left = await used(lots, gross, clientFee);
      expect(sum(lots, 'principal') - sum(left, 'principal')).toBe(gross);
      expect(sum(lots, 'fee') - sum(left, 'fee')).toBe(clientFee);
      expect(left.every(({ principal, fee }) => principal >= 0n && fee >= 0n)).toBe(true);
    }),
  );
});

test('lots that do not cover the amount are refused; the unit of work decides again where they were read late', async () => {
  for (const [gross, fee] of [
    [1n, 0n],
    [0n, 1n],
  ] as const) {
    await expect(used([{ principal: 0n, fee: 0n }], gross, fee)).rejects.toThrow(RangeError);
  }
});
