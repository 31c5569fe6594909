import { z } from 'zod';
import { missing } from './errors.ts';

const rowsMax = z
  .string()
  .regex(/^\d+$/)
  .transform(Number)
  .refine((rows) => rows >= 1 && rows <= 100);

export const pageFields = { limit: rowsMax.default(10), starting_after: z.string().optional() };

type Page = Readonly<{ limit: number; starting_after?: string | undefined }>;

/** @throws Refusal when the row to start after is not known */
export function newestFirst<Row extends { id: string }>(
  all: Iterable<Row>,
  { limit, starting_after: after }: Page,
  fits: (row: Row) => boolean,
  kind: string,
): { rows: Row[]; hasMore: boolean } {
  const newest = [...all].reverse();
  const from = after === undefined ? 0 : newest.findIndex(({ id }) => id === after) + 1;
  if (after !== undefined && from === 0) throw missing(kind, after, 'starting_after');
  const found = newest.slice(from).filter(fits);
  return { rows: found.slice(0, limit), hasMore: found.length > limit };
}
