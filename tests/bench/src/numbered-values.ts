import type { Row, TableShape } from './written-rows.ts';

/** Splits a UUID into what stays in a copy and what the copy's number, of twelve digits, replaces. */
const uuid = /([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-)[0-9a-f]{12}/g;

/** Text cut where numbers stand: behind the head of each UUID. */
const cutAtNumbers = (text: string): string[] => text.replace(uuid, '$1\0').split('\0');

/** The same text with this number at the end of every id. */
export const withNumber = (text: string, number: number): string => cutAtNumbers(text).join(String(number));

/** SQL for a column's value in which every id ends with the number that the placeholder stands for. */
export function numberedValue({ types }: TableShape, column: string, row: Row, placeholder: string): string {
  const type = types.get(column)!;
  const text = textOf(row[column], type);
  if (text === undefined) return `null::${type}`;
  const [head, ...tails] = cutAtNumbers(text);
  const parts = [
    ...literals(head!),
    ...tails.flatMap((tail) => [placeholder, ...(tail === '' ? [] : literals(tail))]),
  ];
  return parts.length === 1 ? `${parts[0]}::${type}` : `(${parts.join(' || ')})::${type}`;
}

/** SQL for a column's value as it is. */
export function plainValue({ types }: TableShape, column: string, row: Row): string {
  const type = types.get(column)!;
  const text = textOf(row[column], type);
  return text === undefined ? `null::${type}` : `(${literals(text).join(' || ')})::${type}`;
}

function textOf(value: unknown, type: string): string | undefined {
  if (value === null || value === undefined) return undefined;
  return type.startsWith('json') || typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** pgbench takes a colon in front of a letter for a variable, inside quotes too. */
const literals = (text: string): string[] =>
  text.split(/(?<=:)(?=[A-Za-z_])/).map((part) => `'${part.replaceAll(`'`, `''`)}'`);
