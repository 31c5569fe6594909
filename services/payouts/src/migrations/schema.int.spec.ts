import { newId } from '@holdfast/messaging';
import { expect, test } from '@jest/globals';
import { definition } from '../payouts.module.ts';
import { usePayouts } from '../testing/payouts.ts';

const payouts = usePayouts();
const tables = Object.keys(definition.grants);

/**
 * Columns, types and nullability. Not `getUpdateSchemaSQL`: checks, keys between tables and partial indexes
 * stand in the migration alone, and it would drop them.
 */
test('the migrated tables are those of the entities', async () => {
  const rows = await payouts().rows(
    `select table_name, column_name, data_type, is_nullable = 'YES' as nullable
       from information_schema.columns where table_name = any($1)`,
    [tables],
  );
  const migrated = rows.map((row) => `${row.table_name}.${row.column_name} ${row.data_type} ${row.nullable}`);
  const { orm } = payouts().database;
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
  const role = new URL(payouts().database.appUrl).username;
  const rows = await payouts().rows(
    `select table_name, string_agg(privilege_type, ', ' order by privilege_type) as rights
       from information_schema.role_table_grants where grantee = $1 group by table_name order by table_name`,
    [role],
  );
  const changing = 'INSERT, SELECT, UPDATE';
  expect(Object.fromEntries(rows.map((row) => [row.table_name, row.rights]))).toEqual({
    agreements: changing,
    balances: 'INSERT, SELECT',
    credits: changing,
    entries: 'INSERT, SELECT',
    event_sequences: changing,
    inbox: 'INSERT, SELECT',
    journals: 'INSERT, SELECT',
    outbox: 'DELETE, INSERT, SELECT',
    parked_messages: 'DELETE, INSERT, SELECT, UPDATE',
    policies: changing,
    policy_changes: 'INSERT, SELECT',
    redrives: 'INSERT, SELECT',
    schema_migrations: 'SELECT',
    watermarks: changing,
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
