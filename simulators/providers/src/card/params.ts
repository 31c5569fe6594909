import { z } from 'zod';
import { validate } from '../validation.ts';
import { invalid } from './errors.ts';
import type { Params } from './form.ts';

/** Minor units; the provider takes at most eight digits of a charge. */
export const amount = minorUnits(8);
export const currency = z
  .string()
  .regex(/^[a-zA-Z]{3}$/)
  .transform((code) => code.toLowerCase());
export const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
export const text = z.string().max(500);
export const usage = z.enum(['off_session', 'on_session']);
export const metadata = z
  .record(z.string().min(1).max(40), text)
  .refine((entries) => Object.keys(entries).length <= 50)
  .transform((entries) => Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== '')));

/** Accepted and without effect here: they shape a payment page or choose among kinds of method. */
export const withoutEffect = {
  payment_method_types: z.array(z.enum(['card', 'us_bank_account'])).optional(),
  automatic_payment_methods: z.object({ enabled: flag, allow_redirects: z.string().optional() }).optional(),
  payment_method_options: z.unknown().optional(),
  receipt_email: text.optional(),
  statement_descriptor: text.optional(),
  statement_descriptor_suffix: text.optional(),
  use_stripe_sdk: flag.optional(),
};

/** The payer's acceptance; what it says is not looked at. */
export const mandateData = z.unknown().optional();

/** @throws Refusal for the first parameter that is missing, unknown or malformed */
export function readParams<Schema extends z.ZodType>(schema: Schema, params: Params): z.output<Schema> {
  const read = validate(schema, params);
  if (read.ok) return read.params;
  const { kind, param, message } = read.problem;
  if (kind === 'unknown')
    throw invalid(`Received unknown parameter: ${param}`, { code: 'parameter_unknown', param });
  if (kind === 'missing')
    throw invalid(`Missing required param: ${param}.`, { code: 'parameter_missing', param });
  const code = param.startsWith('amount') ? 'parameter_invalid_integer' : 'parameter_invalid';
  throw invalid(`Invalid ${param}: ${message}`, { code, param });
}

export function minorUnits(digitsMax: number) {
  return z
    .string()
    .regex(new RegExp(`^\\d{1,${digitsMax}}$`), 'Invalid integer')
    .transform(BigInt)
    .refine((minor) => minor > 0n);
}
