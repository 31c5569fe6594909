import { type Json } from '../marketplace.ts';

export type Leaf = { path: (string | number)[]; value: Json };

/** Every place of a body that is no object: what a caller writes into. */
export function leavesOf(value: Json, path: (string | number)[] = []): Leaf[] {
  if (Array.isArray(value))
    return [{ path, value }, ...value.flatMap((item, index) => leavesOf(item, [...path, index]))];
  if (value && typeof value === 'object') {
    return Object.entries(value).flatMap(([name, item]) => leavesOf(item, [...path, name]));
  }
  return [{ path, value }];
}

export function replaced(body: Json, [first, ...rest]: (string | number)[], value: Json): Json {
  if (first === undefined) return value;
  const copy = Array.isArray(body) ? [...body] : { ...body };
  copy[first] = replaced(copy[first], rest, value);
  return copy;
}
