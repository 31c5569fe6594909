import type { MikroORM } from '@mikro-orm/postgresql';

/** The service's own pool, or another session. */
type Session = { query(text: string, values: unknown[]): Promise<{ rows: Record<string, unknown>[] }> };

const longNames: Record<string, string> = { int: 'integer', timestamptz: 'timestamp with time zone' };

/**
 * Columns, types and nullability of tables as the migrations made them. Not `getUpdateSchemaSQL`: checks, keys between
 * tables and partial indexes stand in the migrations alone, and it would drop them.
 */
export async function migratedColumns(session: Session, tables: readonly string[]): Promise<string[]> {
  const { rows: columns } = await session.query(
    `select table_name, column_name, data_type, is_nullable = 'YES' as nullable
       from information_schema.columns where table_name = any($1)`,
    [tables],
  );
  return columns.map((row) => `${row.table_name}.${row.column_name} ${row.data_type} ${row.nullable}`).sort();
}

/** The same as the entities say it. */
export function entityColumns(orm: MikroORM, tables: readonly string[]): string[] {
  return [...orm.getMetadata().getAll().values()]
    .filter(({ tableName }) => tables.includes(tableName))
    .flatMap(({ tableName, props }) =>
      props.map(({ fieldNames, columnTypes, nullable = false }) => {
        const type = columnTypes[0]!.replace(/\(\d+\)$/, '');
        return `${tableName}.${fieldNames[0]} ${longNames[type] ?? type} ${nullable}`;
      }),
    )
    .sort();
}

/** What a service's login role may do, per table. */
export async function rightsOf(session: Session, appUrl: string): Promise<Record<string, unknown>> {
  const { rows: granted } = await session.query(
    `select table_name, string_agg(privilege_type, ', ' order by privilege_type) as rights
       from information_schema.role_table_grants where grantee = $1 group by table_name order by table_name`,
    [new URL(appUrl).username],
  );
  return Object.fromEntries(granted.map((row) => [String(row.table_name), row.rights]));
}

/** What every service may do with the tables that every service has. */
export const commonRights = {
  event_sequences: 'INSERT, SELECT, UPDATE',
  inbox: 'INSERT, SELECT',
  outbox: 'DELETE, INSERT, SELECT',
  parked_messages: 'DELETE, INSERT, SELECT, UPDATE',
  policies: 'INSERT, SELECT, UPDATE',
  policy_changes: 'INSERT, SELECT',
  redrives: 'INSERT, SELECT',
  schema_migrations: 'SELECT',
  watermarks: 'INSERT, SELECT, UPDATE',
};

/** And with a ledger: never a change of what was posted (M-9). */
export const ledgerRights = {
  balances: 'INSERT, SELECT',
  entries: 'INSERT, SELECT',
  journals: 'INSERT, SELECT',
  seals: 'INSERT, SELECT',
};
