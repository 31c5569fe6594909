import { z } from 'zod';
import { invalid } from './errors.ts';
import type { Params } from './form.ts';

/** Minor units; the provider takes at most eight digits. */
export const amount = z
  .string()
  .regex(/^\d{1,8}$/, 'Invalid integer')
  .transform(BigInt)
  .refine((minor) => minor > 0n);
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
  payment_method_types: z.array(z.literal('card')).optional(),
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
  const parsed = schema.safeParse(params);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = (issue?.path ?? []).map(String);
  if (issue?.code === 'unrecognized_keys') {
    const param = nested([...path, issue.keys[0] ?? '']);
    throw invalid(`Received unknown parameter: ${param}`, { code: 'parameter_unknown', param });
  }
  const param = nested(path);
  const isMissing = path.length > 0 && params[path[0] ?? ''] === undefined;
  if (isMissing) throw invalid(`Missing required param: ${param}.`, { code: 'parameter_missing', param });
  const code = param.startsWith('amount') ? 'parameter_invalid_integer' : 'parameter_invalid';
  throw invalid(`Invalid ${param}: ${issue?.message ?? 'malformed'}`, { code, param });
}

function nested([first = '', ...rest]: string[]): string {
  return first + rest.map((name) => `[${name}]`).join('');
}
