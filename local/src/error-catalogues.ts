import { access } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { filesUnder } from './source-files.ts';

/**
 * The codes that one project may answer: those of `libs/service` for every service, the others for their own.
 */
export interface ErrorCatalogue {
  /** `libs/service` or `services/<name>`. */
  project: string;
  errors: Readonly<Record<string, { status: number; title: string }>>;
}

/** The catalogue that every service shares. */
export const commonProject = 'libs/service';

/**
 * Reads `commonErrors` and each service's `<name>Errors` from the build; importing the packages would start
 * Nest.
 * @throws Error naming the file that is not built or does not have that form
 */
export async function errorCatalogues(root: string): Promise<ErrorCatalogue[]> {
  const sources = await filesUnder(root, ['services/*/src/errors.ts']);
  const services = sources.map((source) => dirname(dirname(source)));
  return Promise.all([
    catalogueOf(root, commonProject, 'commonErrors'),
    ...services.map((project) => catalogueOf(root, project, `${basename(project)}Errors`)),
  ]);
}

async function catalogueOf(root: string, project: string, name: string): Promise<ErrorCatalogue> {
  const file = join(root, project, 'dist', 'errors.js');
  await access(file).catch(() => {
    throw new Error(`${project}/dist/errors.js is missing: run npm run build`);
  });
  const errors: unknown = (await import(pathToFileURL(file).href))[name];
  if (!isCatalogue(errors)) {
    throw new Error(`${project}/src/errors.ts must export ${name}: { '<noun>.<reason>': { status, title } }`);
  }
  return { project, errors };
}

const isCatalogue = (errors: unknown): errors is ErrorCatalogue['errors'] =>
  typeof errors === 'object' &&
  errors !== null &&
  Object.values(errors).every(({ status, title }) => Number.isInteger(status) && typeof title === 'string');

/** `docs/errors.md`: every code of the API with its status. */
export function errorsPage(catalogues: readonly ErrorCatalogue[]): string {
  const lines = [
    '# Errors',
    '',
    'Generated from the `src/errors.ts` of each service by `npm run generate`; do not edit.',
    '',
    'Every error answer is `application/problem+json` (RFC 9457) with a stable `code`; `type` is',
    '`urn:holdfast:error:<code>`. Programs branch on the code, never on the words.',
  ];
  for (const { project, errors } of catalogues) {
    lines.push('', `## ${project === commonProject ? 'Every service' : basename(project)}`, '');
    lines.push('| Code | Status | Meaning |', '| --- | --- | --- |');
    for (const [code, { status, title }] of Object.entries(errors)) {
      lines.push(`| \`${code}\` | ${status} | ${title.replaceAll('|', '\\|')} |`);
    }
  }
  return `${lines.join('\n')}\n`;
}
