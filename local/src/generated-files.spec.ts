import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { releasedSchemas, staleFiles, writeFiles } from './generated-files.ts';

let root: string;
const files = ['docs/a.md', 'docs/b.md', 'docs/c.md', 'docs/d.md'].map((path) => ({
  path,
  content: `${path}\n`,
}));

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'generated-'));
  await mkdir(join(root, 'docs'));
});

afterEach(() => rm(root, { recursive: true, force: true }));

test('what was written is fresh', async () => {
  await writeFiles(root, files);
  expect(await staleFiles(root, files)).toEqual([]);
});

test('a file that is missing or differs is stale, other line ends are not', async () => {
  await writeFiles(root, [files[0]!]);
  await writeFile(join(root, 'docs/b.md'), 'docs/b.md\nand a line by hand\n');
  await writeFile(join(root, 'docs/c.md'), 'docs/c.md\r\n');
  expect((await staleFiles(root, files)).map(({ path }) => path)).toEqual(['docs/b.md', 'docs/d.md']);
});

test('a release keeps the schemas of all events', () => {
  expect(Object.keys(JSON.parse(releasedSchemas().content))).toContain('escrow.milestone.released.v1');
});
