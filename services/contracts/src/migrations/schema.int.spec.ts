import { commonRights, entityColumns, migratedColumns, rightsOf } from '@holdfast/testing';
import { expect, test } from '@jest/globals';
import { definition } from '../contracts.module.ts';
import { useContracts } from '../testing/contracts.ts';

const contracts = useContracts();
const tables = Object.keys(definition.grants);

test('the migrated tables are those of the entities', async () => {
  const { orm, pool } = contracts().database;
  expect(await migratedColumns(pool, tables)).toEqual(entityColumns(orm, tables));
});

test('the login role may do what the service needs, and nothing more', async () => {
  const changing = 'INSERT, SELECT, UPDATE';
  const { pool, appUrl } = contracts().database;
  expect(await rightsOf(pool, appUrl)).toEqual({
    ...commonRights,
    accounts: changing,
    agreements: changing,
    billing_methods: 'INSERT, SELECT',
    milestones: changing,
    offer_versions: 'INSERT, SELECT',
    offers: changing,
    person_keys: changing,
    submission_contents: 'INSERT, SELECT',
    submissions: changing,
  });
});

test('what was sent or submitted cannot be rewritten by the service', async () => {
  const { offerId } = await contracts().agreement();
  const denied = { code: '42501' };
  await expect(
    contracts().rows(`update offer_versions set texts = '' where offer_id = $1`, [offerId]),
  ).rejects.toMatchObject(denied);
  await expect(contracts().rows(`update submission_contents set content = ''`)).rejects.toMatchObject(denied);
  await expect(contracts().rows('delete from agreements')).rejects.toMatchObject(denied);
});
