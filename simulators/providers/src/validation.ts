import type { z } from 'zod';

/** The first parameter that is missing, unknown or malformed. Says nothing of what was given. */
export type Problem = Readonly<{ kind: 'missing' | 'unknown' | 'invalid'; param: string; message: string }>;

export type Validated<Output> = Readonly<{ ok: true; params: Output } | { ok: false; problem: Problem }>;

export function validate<Schema extends z.ZodType>(
  schema: Schema,
  params: unknown,
): Validated<z.output<Schema>> {
  const parsed = schema.safeParse(params);
  if (parsed.success) return { ok: true, params: parsed.data };
  const issue = parsed.error.issues[0];
  const path = (issue?.path ?? []).map(String);
  const message = issue?.message ?? 'malformed';
  if (issue?.code === 'unrecognized_keys') {
    return {
      ok: false,
      problem: { kind: 'unknown', param: nested([...path, issue.keys[0] ?? '']), message },
    };
  }
  const isMissing = path.length > 0 && valueAt(params, path) === undefined;
  return { ok: false, problem: { kind: isMissing ? 'missing' : 'invalid', param: nested(path), message } };
}

function valueAt(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined) return value;
  return typeof value === 'object' && value !== null
    ? valueAt((value as Record<string, unknown>)[name], rest)
    : undefined;
}

function nested([first = '', ...rest]: readonly string[]): string {
  return first + rest.map((name) => `[${name}]`).join('');
}
