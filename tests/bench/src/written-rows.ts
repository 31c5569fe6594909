import type { Pool } from 'pg';

export type Row = Record<string, unknown>;

/** What one transaction did to one row, from its beginning to its commit. */
export interface WrittenRow {
  table: string;
  /** Undefined where the transaction inserted the row. */
  before?: Row;
  after: Row;
}

export interface TableShape {
  /** By name; what the database numbers itself is left out. */
  types: Map<string, string>;
  key: string[];
}

const log = 'bench_writes';

/** Notes every row that is written from now on, in every table, until `forget`. */
export async function noteWrites(pool: Pool): Promise<void> {
  const tables = [...(await shapesOf(pool)).keys()];
  await pool.query(`create table ${log} (place bigint generated always as identity, xid xid8, table_name text,
    old jsonb, new jsonb)`);
  // With the rights of its owner: the service's own role may write only the service's tables.
  await pool.query(`create function ${log}_note() returns trigger language plpgsql security definer
    set search_path = public as $$
    begin
      insert into ${log} (xid, table_name, old, new) values (pg_current_xact_id(), tg_table_name,
        case when tg_op <> 'INSERT' then to_jsonb(old) end, case when tg_op <> 'DELETE' then to_jsonb(new) end);
      return null;
    end $$`);
  for (const table of tables) {
    await pool.query(`create trigger ${log}_note after insert or update or delete on ${table}
      for each row execute function ${log}_note()`);
  }
}

export async function forgetWrites(pool: Pool): Promise<void> {
  await pool.query(`drop function ${log}_note cascade`);
  await pool.query(`drop table ${log}`);
}

/** The rows of the transaction that marked this message in the inbox, in the order in which it touched them. */
export async function writtenRows(pool: Pool, messageId: string): Promise<WrittenRow[]> {
  const shapes = await shapesOf(pool);
  const { rows } = await pool.query(
    `select table_name as "table", old as before, new as after from ${log}
      where xid = (select xid from ${log} where table_name = 'inbox' and new->>'message_id' = $1 limit 1)
      order by place`,
    [messageId],
  );
  return netOf(rows as Step[], (table) => shapes.get(table)!.key);
}

interface Step {
  table: string;
  before: Row | null;
  after: Row | null;
}

/** Several writes of one row count as one: from what it was to what it is. A row that came and went is none. */
export function netOf(steps: readonly Step[], keyOf: (table: string) => readonly string[]): WrittenRow[] {
  const rows = new Map<string, { table: string; before: Row | null; after: Row | null }>();
  for (const { table, before, after } of steps) {
    const image = (after ?? before)!;
    const place = JSON.stringify([table, ...keyOf(table).map((column) => image[column])]);
    rows.set(place, { table, before: rows.has(place) ? rows.get(place)!.before : before, after });
  }
  return [...rows.values()].flatMap(({ table, before, after }) => {
    if (before && !after) throw new Error(`a release deletes from ${table}, which pgbench is not told to do`);
    return after ? [{ table, before: before ?? undefined, after }] : [];
  });
}

/** How many rows were inserted and updated in each table. */
export function countsOf(rows: readonly WrittenRow[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { table, before } of rows) {
    const name = `${before ? 'update' : 'insert'} ${table}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export async function shapesOf(pool: Pool): Promise<Map<string, TableShape>> {
  const { rows } = await pool.query(
    `select c.relname as "table", a.attname as "column", format_type(a.atttypid, a.atttypmod) as type,
        a.attidentity <> '' as numbered, a.attnum = any(i.indkey) as key
      from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      join pg_index i on i.indrelid = c.oid and i.indisprimary
      where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and c.relname <> '${log}'
      order by c.relname, a.attnum`,
  );
  const shapes = new Map<string, TableShape>();
  for (const { table, column, type, numbered, key } of rows) {
    const shape: TableShape = shapes.get(table) ?? { types: new Map(), key: [] };
    if (!numbered) shape.types.set(column, type);
    if (key) shape.key.push(column);
    shapes.set(table, shape);
  }
  return shapes;
}
