import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { applied } from './patch.ts';
import { plantedBugs } from './planted-bug.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const bugs = plantedBugs(join(root, 'tests', 'planted-bugs'));
const page = readFileSync(join(root, 'docs', 'reliability.md'), 'utf8');

test('there are ten', () => {
  expect(bugs).toHaveLength(10);
});

// Whether it is caught is the business of `npm run planted-bugs`; here it is noticed at once when code moves away.
describe.each(bugs)('$name', ({ name, spec, changes }) => {
  test('fits the code as it is', () => {
    for (const change of changes) {
      const text = readFileSync(join(root, change.path), 'utf8');
      expect(applied(text, change)).not.toBe(text);
    }
  });

  test('is in docs/reliability.md, beside the file that catches it', () => {
    const row = page.split('\n').find((line) => line.startsWith(`| ${name} `));
    expect(row).toContain(`(../${spec})`);
  });
});

test.each([
  ['no sentence', 'Spec: a.spec.ts\nTest: b\n\n--- a/a.ts\n'],
  ['no test', 'A bug.\n\nSpec: a.spec.ts\n\n--- a/a.ts\n'],
  ['no patch', 'A bug.\n\nSpec: a.spec.ts\nTest: b\n\n'],
])('a patch with %s is refused', (_name, text) => {
  const folder = mkdtempSync(join(tmpdir(), 'planted-bugs-'));
  try {
    writeFileSync(join(folder, 'bug.patch'), text);
    expect(() => plantedBugs(folder)).toThrow('begins with a sentence');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
