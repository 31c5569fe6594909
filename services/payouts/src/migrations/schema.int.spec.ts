import { newId } from '@holdfast/messaging';
import { commonRights, entityColumns, ledgerRights, migratedColumns, rightsOf } from '@holdfast/testing';
import { expect, test } from '@jest/globals';
import { definition } from '../payouts.module.ts';
import { usePayouts } from '../testing/payouts.ts';

const payouts = usePayouts();
const tables = Object.keys(definition.grants);

test('the migrated tables are those of the entities', async () => {
  const { orm, pool } = payouts().database;
  expect(await migratedColumns(pool, tables)).toEqual(entityColumns(orm, tables));
});

test('the login role may do what the service needs, and nothing more', async () => {
  const changing = 'INSERT, SELECT, UPDATE';
  const { pool, appUrl } = payouts().database;
  expect(await rightsOf(pool, appUrl)).toEqual({
    ...commonRights,
    ...ledgerRights,
    agreements: changing,
    credits: changing,
  });
});

test('F40: what was posted or credited cannot be taken back by the service', async () => {
  for (const statement of [
    'update entries set amount_minor = 1',
    'delete from journals',
    'delete from credits',
  ]) {
    await expect(payouts().rows(statement)).rejects.toMatchObject({ code: '42501' });
  }
});

test('the second guard of the rules stands in the tables', async () => {
  const { agreementId, freelancerId } = await payouts().agreement();
  const credit = (net: number, status: string, maturesAt: Date | null) =>
    payouts().rows(`insert into credits values ($1, $2, 'client', $3, $4, $5, $6, 1)`, [
      newId(),
      agreementId,
      freelancerId,
      net,
      status,
      maturesAt,
    ]);
  const check = { code: '23514' };
  await expect(credit(0, 'available', null)).rejects.toMatchObject(check);
  await expect(credit(1, 'lost', null)).rejects.toMatchObject(check);
  await expect(credit(1, 'pending', null)).rejects.toMatchObject(check);
  await expect(credit(1, 'available', new Date())).rejects.toMatchObject(check);
});
