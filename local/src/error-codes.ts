import { commonProject, type ErrorCatalogue } from './error-catalogues.ts';
import type { SourceFile } from './source-files.ts';

/**
 * Where the code that is thrown and the catalogues of `docs/errors.md` differ, one sentence each: a code that
 * is thrown and not registered (it would answer 409 with no title), registered twice, or registered and never
 * used.
 */
export function errorCodeProblems(
  sources: readonly SourceFile[],
  catalogues: readonly ErrorCatalogue[],
): string[] {
  return [
    ...unregistered(sources, catalogues),
    ...registeredTwice(catalogues),
    ...unused(sources, catalogues),
  ];
}

/** The literal codes given to `new Rejection`, `new NotYet` and `new Problem`, also behind a condition. */
export function thrownCodes(text: string): string[] {
  return [...text.matchAll(/\bnew (?:Rejection|NotYet|Problem)\(/g)].flatMap(({ 0: call, index }) => {
    const argument = firstArgument(text.slice(index + call.length));
    return [...argument.matchAll(/(?:^|[?:])\s*(['"`])([a-z_]+(?:\.[a-z_]+)*)\1/g)].map((match) => match[2]!);
  });
}

/** Up to the comma or bracket that ends it. */
function firstArgument(text: string): string {
  let depth = 0;
  for (const [index, sign] of [...text].entries()) {
    if (depth === 0 && (sign === ',' || sign === ')')) return text.slice(0, index);
    if ('([{'.includes(sign)) depth += 1;
    if (')]}'.includes(sign)) depth -= 1;
  }
  return text;
}

const projectOf = (path: string): string => path.split('/').slice(0, 2).join('/');

/** A service knows its own codes and the common ones, a library the common ones only. */
function unregistered(sources: readonly SourceFile[], catalogues: readonly ErrorCatalogue[]): string[] {
  return sources.flatMap(({ path, text }) => {
    const own = catalogues.filter(({ project }) => project === commonProject || project === projectOf(path));
    const place = path.startsWith('services/') ? projectOf(path) : commonProject;
    return [...new Set(thrownCodes(text))]
      .filter((code) => !own.some(({ errors }) => Object.hasOwn(errors, code)))
      .map((code) => `${path}: ${code} is thrown but not registered in ${place}/src/errors.ts`);
  });
}

function registeredTwice(catalogues: readonly ErrorCatalogue[]): string[] {
  const common = catalogues.find(({ project }) => project === commonProject)?.errors ?? {};
  return catalogues
    .filter(({ project }) => project !== commonProject)
    .flatMap(({ project, errors }) =>
      Object.keys(errors)
        .filter((code) => Object.hasOwn(common, code))
        .map((code) => `${project}/src/errors.ts: ${code} is one of the common codes already`),
    );
}

/** A common code may stand in any library or service, a service's own only in that service. */
function unused(sources: readonly SourceFile[], catalogues: readonly ErrorCatalogue[]): string[] {
  return catalogues.flatMap(({ project, errors }) => {
    const catalogue = `${project}/src/errors.ts`;
    const users = sources.filter(
      ({ path }) => path !== catalogue && (project === commonProject || projectOf(path) === project),
    );
    return Object.keys(errors)
      .filter((code) => !users.some(({ text }) => namesCode(text, code)))
      .map((code) => `${catalogue}: ${code} is registered but nothing uses it`);
  });
}

const namesCode = (text: string, code: string): boolean =>
  [`'${code}'`, `"${code}"`, `\`${code}\``].some((literal) => text.includes(literal));
