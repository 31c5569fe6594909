import { glob, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** Paths below the root with forward slashes, sorted; neither installed nor built ones. */
export async function filesUnder(root: string, patterns: readonly string[]): Promise<string[]> {
  const paths: string[] = [];
  const exclude = (path: string): boolean => /(^|[\\/])(node_modules|dist)$/.test(path);
  for await (const path of glob([...patterns], { cwd: root, exclude })) paths.push(path.split(sep).join('/'));
  return paths.sort();
}

export interface SourceFile {
  path: string;
  text: string;
}

/** The program text of libraries and services, without their specs and what only specs use. */
export async function sourceFiles(root: string): Promise<SourceFile[]> {
  const paths = await filesUnder(root, ['libs/*/src/**/*.ts', 'services/*/src/**/*.ts']);
  return read(
    root,
    paths.filter((path) => !/\.spec\.ts$|^libs\/testing\/|\/src\/testing\//.test(path)),
  );
}

/** The tests of everything. */
export async function specFiles(root: string): Promise<SourceFile[]> {
  return read(root, await filesUnder(root, ['*/*/src/**/*.spec.ts', 'local/src/**/*.spec.ts']));
}

const read = (root: string, paths: readonly string[]): Promise<SourceFile[]> =>
  Promise.all(paths.map(async (path) => ({ path, text: await readFile(join(root, path), 'utf8') })));
