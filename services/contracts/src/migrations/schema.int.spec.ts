import { expect, test } from '@jest/globals';
import { definition } from '../contracts.module.ts';
import { useContracts } from '../testing/contracts.ts';

const contracts = useContracts();
const tables = Object.keys(definition.grants);

/**
 * Columns, types and nullability. Not `getUpdateSchemaSQL`: checks, keys between tables and partial indexes
 * stand in the migration alone, and it would drop them.
 */
test('the migrated tables are those of the entities', async () => {
  const rows = await contracts().rows(
    `select table_name, column_name, data_type, is_nullable = 'YES' as nullable
       from information_schema.columns where table_name = any($1)`,
    [tables],
  );
  const migrated = rows.map((row) => `${row.table_name}.${row.column_name} ${row.data_type} ${row.nullable}`);
  const { orm } = contracts().database;
  const entities = [...orm.getMetadata().getAll().values()].filter(({ tableName }) =>
    tables.includes(tableName),
  );
  const names: Record<string, string> = { int: 'integer', timestamptz: 'timestamp with time zone' };
  const mapped = entities.flatMap(({ tableName, props }) =>
    props.map(({ fieldNames, columnTypes, nullable = false }) => {
      const type = columnTypes[0]!.replace(/\(\d+\)$/, '');
      return `${tableName}.${fieldNames[0]} ${names[type] ?? type} ${nullable}`;
    }),
  );
  expect(migrated.sort()).toEqual(mapped.sort());
});

test('the login role may do what the service needs, and nothing more', async () => {
  const role = new URL(contracts().database.appUrl).username;
  const rows = await contracts().rows(
    `select table_name, string_agg(privilege_type, ', ' order by privilege_type) as rights
       from information_schema.role_table_grants where grantee = $1 group by table_name order by table_name`,
    [role],
  );
  const rightsOf = Object.fromEntries(rows.map((row) => [row.table_name, row.rights]));
  const changing = 'INSERT, SELECT, UPDATE';
  expect(rightsOf).toEqual({
    accounts: changing,
    agreements: changing,
    billing_methods: 'INSERT, SELECT',
    event_sequences: changing,
    inbox: 'INSERT, SELECT',
    milestones: changing,
    offer_versions: 'INSERT, SELECT',
    offers: changing,
    outbox: 'DELETE, INSERT, SELECT',
    parked_messages: 'DELETE, INSERT, SELECT, UPDATE',
    person_keys: changing,
    policies: changing,
    policy_changes: 'INSERT, SELECT',
    redrives: 'INSERT, SELECT',
    schema_migrations: 'SELECT',
    submission_contents: 'INSERT, SELECT',
    submissions: changing,
    watermarks: changing,
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
