import { isMap, isScalar, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import { CaseError } from './case-error.ts';
import { GoldenCase, stepWords } from './case-form.ts';

type Path = readonly PropertyKey[];

/**
 * Reads the text of one case.
 * @throws CaseError naming the place in the YAML and the word that is wrong there; the first one, by place
 */
export function readCase(yaml: string): GoldenCase {
  const document = parseDocument(yaml, { intAsBigInt: true });
  const [broken] = [...document.errors, ...document.warnings];
  if (broken) throw new CaseError('', `is no YAML: ${broken.message.split('\n')[0]!.replace(/:$/, '')}`);
  visit(document, {
    Pair: (_, pair) => {
      if (isScalar(pair.key) && typeof pair.key.value === 'string') return;
      throw new CaseError('', `a key must be a word, not ${String(pair.key)}`);
    },
  });
  if (!isMap(document.contents)) throw new CaseError('', 'is no golden case: its first line is `id: ...`');
  const content: unknown = document.toJS();
  const read = GoldenCase.safeParse(content);
  if (read.success) return read.data;
  const issue = read.error.issues[0]!;
  throw new CaseError(pathText(issue.path), explain(issue, valueAt(content, issue.path)));
}

/** `steps[2].expect.journals[0].lines["E.fee.client_held:M1"]` */
export function pathText(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    const name = String(part);
    if (!/^[A-Za-z_]+$/.test(name)) return `${text}["${name}"]`;
    return text ? `${text}.${name}` : name;
  }, '');
}

type Issue = z.core.$ZodIssue;

function explain(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case 'unrecognized_keys':
      return `unknown ${issue.keys.length > 1 ? 'keys' : 'key'} ${issue.keys.map(shown).join(', ')}`;
    case 'invalid_key':
      return `${issue.issues[0]!.message}, not ${shown(issue.path.at(-1))}`;
    case 'invalid_union':
      if (issue.path.at(-1) !== 'do') break;
      if (value === undefined) return `a step word is missing (known: ${known})`;
      return `unknown step word ${shown(value)} (known: ${known})`;
    case 'custom':
      return isLeaf(value) ? `${shown(value)} ${issue.message}` : issue.message;
    case 'invalid_value':
      return value === undefined
        ? 'is missing'
        : `unknown word ${shown(value)} (known: ${issue.values.join(', ')})`;
  }
  if (value === undefined) return 'is missing';
  const wanted =
    issue.code === 'invalid_type' ? issue.message.replace(/^.*(expected \w+),.*$/, '$1') : issue.message;
  return `${wanted}, not ${shown(value)}`;
}

const known = stepWords.join(', ');
const isLeaf = (value: unknown): boolean => ['string', 'number', 'bigint', 'boolean'].includes(typeof value);

const shown = (value: unknown): string =>
  typeof value === 'bigint'
    ? String(value)
    : JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? Number(inner) : inner)).slice(0, 80);

function valueAt(content: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, part) => (value as Record<PropertyKey, unknown> | undefined)?.[part],
    content,
  );
}
