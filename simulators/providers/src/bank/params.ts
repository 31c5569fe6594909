import { z } from 'zod';
import { validate } from '../validation.ts';
import { invalid } from './errors.ts';

/** A JSON object, or the query of an address. */
export type Params = Readonly<Record<string, unknown>>;

export const text = z.string().min(1).max(255);
export const metadata = z
  .record(z.string().min(1).max(40), z.string().max(500))
  .refine((entries) => Object.keys(entries).length <= 50, 'Too many keys')
  .default({});

/** How many a page of a list has. */
export const rows = z
  .string()
  .regex(/^\d+$/, 'Not a number')
  .transform(Number)
  .refine((count) => count >= 1 && count <= 100, 'Not within 1 to 100');

/** @throws Refusal for the first parameter that is missing, unknown or malformed */
export function readParams<Schema extends z.ZodType>(schema: Schema, params: Params): z.output<Schema> {
  const read = validate(schema, params);
  if (read.ok) return read.params;
  const { kind, param, message } = read.problem;
  if (kind === 'unknown') throw invalid(`Unknown parameter ${param}.`, param);
  if (kind === 'missing')
    throw invalid(`No value has been provided for ${param}.`, param, 'parameter_missing');
  throw invalid(`${param}: ${message}.`, param);
}
