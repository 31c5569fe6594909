import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asyncapiDocument, catalogues, eventSchemas, eventsPage } from '@holdfast/events';
import { errorCatalogues, errorsPage } from './error-catalogues.ts';
import { rulesIn, rulesPage, untestedRules } from './rules-page.ts';
import { sourceFiles, specFiles } from './source-files.ts';

export interface GeneratedFile {
  /** Below the root. */
  path: string;
  content: string;
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** What the documentation takes from the code, as it should stand on disk. */
export async function generatedFiles(root: string): Promise<GeneratedFile[]> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  return [
    { path: 'docs/events.md', content: eventsPage(catalogues) },
    { path: 'docs/events.asyncapi.json', content: json(asyncapiDocument(catalogues, version)) },
    { path: 'docs/errors.md', content: errorsPage(await errorCatalogues(root)) },
    { path: 'docs/rules.md', content: await rulesOf(root) },
  ];
}

/** @throws Error naming the rules that are built and that no test names */
async function rulesOf(root: string): Promise<string> {
  const rules = rulesIn(await readFile(join(root, 'docs/domain-rules.md'), 'utf8'));
  const specs = await specFiles(root);
  const untested = untestedRules(rules, specs);
  if (untested.length > 0) throw new Error(untested.join('\n'));
  return rulesPage(rules, await sourceFiles(root), specs);
}

/** What the next release is compared with; written when one is made (AD-7). */
export const releasedSchemas = (): GeneratedFile => ({
  path: 'libs/events/schemas/released.json',
  content: json(eventSchemas(catalogues)),
});

/** Those that differ from the disk or are not there. */
export async function staleFiles(root: string, files: readonly GeneratedFile[]): Promise<GeneratedFile[]> {
  const onDisk = await Promise.all(
    files.map(({ path }) => readFile(join(root, path), 'utf8').catch(() => undefined)),
  );
  // A checkout may have the line ends of its system.
  return files.filter(({ content }, index) => onDisk[index]?.replaceAll('\r\n', '\n') !== content);
}

export async function writeFiles(root: string, files: readonly GeneratedFile[]): Promise<void> {
  for (const { path, content } of files) await writeFile(join(root, path), content);
}
