import type { EntityMetadata, MikroORM } from '@mikro-orm/core';

/** The prepared statements of one table, generated from its entity's columns: a table costs one column list. */
export interface TableStatements {
  table: string;
  /** All columns, as they stand in a select. */
  columns: string;
  columnOf: (property: string) => string;
  select: (where: readonly string[]) => string;
  insert: string;
  update: string;
  /** Against every change, for rows that are saved; those that are only read share their lock with other readers. */
  lock: { save: string; read: string };
  toValues: (row: Record<string, unknown>) => unknown[];
  fromRow: (row: Record<string, unknown>) => Record<string, unknown>;
}

interface Column {
  property: string;
  name: string;
  json: boolean;
}

const cache = new WeakMap<EntityMetadata, TableStatements>();

/** An entity as `defineEntity` returns it. */
export type Entity = { meta: { className: string }; '~entity'?: unknown };

export function statementsOf(orm: MikroORM, entity: Entity): TableStatements {
  const metadata = orm.getMetadata().getByClassName(entity.meta.className as never) as EntityMetadata;
  let statements = cache.get(metadata);
  if (!statements) {
    statements = build(metadata);
    cache.set(metadata, statements);
  }
  return statements;
}

function build(metadata: EntityMetadata): TableStatements {
  const columns: Column[] = metadata.props.map((property) => ({
    property: property.name,
    name: property.fieldNames[0]!,
    json: property.columnTypes[0] === 'jsonb',
  }));
  const nameOf = (property: string): string => {
    const column = columns.find((candidate) => candidate.property === property);
    if (!column) throw new RangeError(`${metadata.tableName} has no ${property}`);
    return column.name;
  };
  const list = columns.map((column) => column.name).join(', ');
  const changing = columns.filter((column) => column.property !== 'id');
  const place = (column: Column): string => `$${columns.indexOf(column) + 1}`;
  const selects = new Map<string, string>();
  return {
    table: metadata.tableName,
    columns: list,
    columnOf: nameOf,
    select: (where) => {
      const key = where.join();
      const known = selects.get(key);
      if (known) return known;
      const conditions = where.map((property, index) => `${nameOf(property)} = $${index + 1}`).join(' and ');
      const text = `select ${list} from ${metadata.tableName} where ${conditions} order by id`;
      selects.set(key, text);
      return text;
    },
    insert: `insert into ${metadata.tableName} (${list}) values (${columns.map(place).join(', ')})`,
    update: `update ${metadata.tableName} set ${changing
      .map((column) => `${column.name} = ${place(column)}`)
      .join(', ')} where id = $${columns.findIndex((column) => column.property === 'id') + 1}`,
    lock: {
      save: `select id, version from ${metadata.tableName} where id = any($1) order by id for no key update`,
      read: `select id, version from ${metadata.tableName} where id = any($1) order by id for share`,
    },
    toValues: (row) =>
      columns.map(({ property, json }) => {
        const value = row[property];
        return json && value !== null && value !== undefined ? JSON.stringify(value) : (value ?? null);
      }),
    fromRow: (row) =>
      Object.fromEntries(columns.map(({ property, name }) => [property, row[name] ?? undefined])),
  };
}
