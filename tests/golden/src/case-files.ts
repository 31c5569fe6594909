import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { projectRoot } from '@holdfast/local';
import { CaseError } from './case-error.ts';
import type { GoldenCase } from './case-form.ts';
import { readCase } from './read-case.ts';

export interface CaseFile {
  /** As the caller named it. */
  name: string;
  golden: GoldenCase;
}

/** A YAML file is a case, a directory all the cases in it; nothing named means the cases of this project. */
export function filesNamed(names: readonly string[]): string[] {
  return (names.length > 0 ? names : [join('tests', 'golden')]).flatMap((name) => {
    if (!statSync(locate(name), { throwIfNoEntry: false })?.isDirectory()) return [name];
    const cases = readdirSync(locate(name)).filter((entry) => /\.ya?ml$/.test(entry));
    return cases.sort(byNumber).map((entry) => join(name, entry));
  });
}

/** @throws CaseError naming what is wrong with the file, and where */
export function readCaseFile(name: string): CaseFile {
  let yaml: string;
  try {
    yaml = readFileSync(locate(name), 'utf8');
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new CaseError(
      '',
      isMissing ? 'there is no such file' : `cannot be read (${(error as Error).message})`,
    );
  }
  return { name, golden: readCase(yaml) };
}

/** npm runs its scripts in the project's root; names count from where npm was called. */
function locate(name: string): string {
  const candidates = [process.cwd(), process.env.INIT_CWD ?? '', projectRoot].map((from) =>
    resolve(from, name),
  );
  return candidates.find((path) => statSync(path, { throwIfNoEntry: false })) ?? candidates[0]!;
}

/** G-2 before G-10. */
const byNumber = (one: string, other: string): number => one.localeCompare(other, 'en', { numeric: true });
