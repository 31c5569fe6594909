import { z } from 'zod';
import { validate } from '../validation.ts';
import { invalid } from './errors.ts';

/** A JSON object, or the fields of a form. */
export type Params = Readonly<Record<string, unknown>>;

export const id = z.string().min(1).max(255);
export const text = z.string().min(1).max(127);
/** What the header `Prefer` asks for; a body cannot hold this name. */
export const preferName = '$prefer';
export const prefer = { [preferName]: z.enum(['minimal', 'representation']).default('minimal') };

/** Shapes the page on which a payer approves; only where the payer goes then is looked at. */
export const experienceContext = z.looseObject({
  return_url: z.url().optional(),
  cancel_url: z.url().optional(),
});

/** @throws Refusal for the first parameter that is missing, unknown or malformed */
export function readParams<Schema extends z.ZodType>(schema: Schema, params: Params): z.output<Schema> {
  const read = validate(schema, params);
  if (read.ok) return read.params;
  const { kind, param, message } = read.problem;
  const field = `/${param.replaceAll('[', '/').replaceAll(']', '')}`;
  if (kind === 'missing') throw invalid(field, 'MISSING_REQUIRED_PARAMETER', 'A required field is missing.');
  if (kind === 'unknown') throw invalid(field, 'INVALID_PARAMETER', 'The field is not known.');
  throw invalid(field, 'INVALID_PARAMETER_SYNTAX', message);
}
