import { numberedValue } from './numbered-values.ts';
import type { Row, TableShape, WrittenRow } from './written-rows.ts';

/**
 * A release for pgbench: it reads the milestone and then writes the rows that the service wrote, one prepared
 * statement for each table, in the service's order. Each transaction takes the next milestone in turn: the ids of the
 * rows, and the new ids that the service made, differ from transaction to transaction in their last twelve digits.
 *
 * It is made of rows, not of statements: however the service comes to write them, this stays the plain way.
 * Expects `-D first`, `-D clients` and `-D i=-1`.
 */
export function scriptOf(rows: readonly WrittenRow[], shapes: ReadonlyMap<string, TableShape>): string {
  const tables = [...new Set(rows.map(({ table }) => table))];
  const writes = tables.flatMap((table) => {
    const shape = shapes.get(table)!;
    const of = rows.filter((row) => row.table === table);
    const inserted = of.filter(({ before }) => !before);
    const updated = of.filter(({ before }) => before);
    return [
      ...(inserted.length > 0 ? [insertOf(table, shape, inserted)] : []),
      ...(updated.length > 0 ? [updateOf(table, shape, updated)] : []),
    ];
  });
  const milestone = rows.find(({ table, before }) => table === 'milestones' && before);
  if (!milestone) throw new Error('a release wrote no milestone');
  const shape = shapes.get('milestones')!;
  const key = shape.key.map((column) => `${column} = ${value(shape, column, milestone.after)}`).join(' and ');
  return [
    '\\set i :i + 1',
    '\\set n :first + :i * :clients + :client_id',
    `select * from milestones where ${key};`,
    'begin;',
    ...writes,
    'commit;',
    '',
  ].join('\n');
}

function insertOf(table: string, shape: TableShape, rows: readonly WrittenRow[]): string {
  const columns = [...shape.types.keys()];
  const values = rows.map(
    ({ after }) => `(${columns.map((column) => value(shape, column, after)).join(', ')})`,
  );
  return `insert into ${table} (${columns.join(', ')})\n  values ${values.join(',\n    ')};`;
}

/**
 * A row with a version is written whole where it changed, if it still has the version that was read; any other row, a
 * balance or a counter, by the difference, as several transactions at once must do it.
 */
function updateOf(table: string, shape: TableShape, rows: readonly WrittenRow[]): string {
  const [{ before, after }] = rows as [Required<WrittenRow>];
  const changed = [...shape.types.keys()].filter((column) => !same(before[column], after[column]));
  if (shape.types.has('version')) {
    if (rows.length > 1)
      throw new Error(`a release updates several rows of ${table}, which no script says yet`);
    const set = changed.map((column) => `${column} = ${value(shape, column, after)}`);
    const where = [...shape.key, 'version'].map((column) => `${column} = ${value(shape, column, before)}`);
    return `update ${table} set ${set.join(', ')}\n  where ${where.join(' and ')};`;
  }
  const numbers = changed.filter((column) => typeof after[column] === 'number');
  const values = rows.map(({ before: was, after: is }) => {
    const differences = numbers.map((column) => {
      return `${Number(is[column]) - Number(was![column])}::${shape.types.get(column)}`;
    });
    return `(${[...shape.key.map((column) => value(shape, column, is)), ...differences].join(', ')})`;
  });
  return `update ${table} t set ${numbers.map((column) => `${column} = t.${column} + d.${column}`).join(', ')}
  from (values ${values.join(',\n    ')}) as d (${[...shape.key, ...numbers].join(', ')})
  where ${shape.key.map((column) => `t.${column} = d.${column}`).join(' and ')};`;
}

const same = (left: unknown, right: unknown): boolean => JSON.stringify(left) === JSON.stringify(right);

const value = (shape: TableShape, column: string, row: Row): string =>
  numberedValue(shape, column, row, ':n');
