import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  anchorsOf,
  brokenLinks,
  declares,
  linksOf,
  missingPages,
  type Page,
  symbolProblems,
} from './docs-links.ts';
import { builtIn, citedIn, definedIn, undefinedRules } from './docs-rules.ts';
import { filesUnder } from './source-files.ts';

const root = join(import.meta.dirname, '..', '..');

const followedPage = 'docs/follow-one-payment.md';

describe('links', () => {
  const guide: Page = {
    path: 'docs/guide.md',
    text: '# A guide\n\n## Where to start?\n\n## Where to start?\n',
  };
  const known = new Set(['docs/guide.md', 'docs', 'README.md', 'libs/a.ts']);
  const problemsOf = (line: string): string[] =>
    brokenLinks([{ path: 'docs/page.md', text: `# Page\n\n${line}\n` }, guide], (path) => known.has(path));

  test.each([
    ['[a](missing.md)', 'missing.md does not exist'],
    ['[a](../docs/missing.md#page)', 'docs/missing.md#page does not exist'],
    ['[a](guide.md#nowhere)', 'docs/guide.md has no heading for #nowhere'],
    ['[a](#nowhere)', 'docs/page.md has no heading for #nowhere'],
    ['[a](../../elsewhere/guide.md)', 'is not a relative link inside the repository'],
    ['[a](/docs/guide.md)', 'is not a relative link inside the repository'],
    ['[`code`](missing.ts) `symbol`', 'missing.ts does not exist'],
    ['![picture](missing.png)', 'missing.png does not exist'],
    ['[a]: missing.md', 'missing.md does not exist'],
  ])('a planted broken link is found: %s', (line, problem) => {
    expect(problemsOf(line)).toEqual([expect.stringContaining(problem)]);
    expect(problemsOf(line)[0]).toMatch(/^docs\/page\.md:3: /);
  });

  test.each([
    '[a](guide.md) and [b](guide.md#where-to-start), [c](guide.md#where-to-start-1)',
    '[up](../README.md), [a folder](../docs/), [this page](#page)',
    '[outside](https://example.com/page#part)',
    'an example: `[a](missing.md)`',
    '[`../libs/a.ts`](../libs/a.ts) `symbol`',
    '~~~\n[a](missing.md)\n~~~',
  ])('fine: %s', (line) => {
    expect(problemsOf(line)).toEqual([]);
  });

  test('anchors are those that GitHub makes', () => {
    const text =
      '# One `code` word\n## AD-14a. Watermarks, and why\n<a id="own"></a>\n```\n# no heading\n```\n';
    expect([...anchorsOf(text)]).toEqual(['one-code-word', 'ad-14a-watermarks-and-why', 'own']);
  });

  test('each link tells its line and what stands behind it', () => {
    expect(linksOf('\n[a](b.ts) `c`: text')).toEqual([{ line: 2, target: 'b.ts', rest: ' `c`: text' }]);
  });

  test('a page that program text names must exist', () => {
    const source = { path: 'libs/a.ts', text: '/** See docs/guide.md and docs/missing.md. */' };
    expect(missingPages([source], (path) => known.has(path))).toEqual([
      'libs/a.ts: docs/missing.md does not exist',
    ]);
  });
});

describe('symbols', () => {
  const source = `
export class Controller {
  fund(
    message: Message,
    by: (person: string) => void,
  ): Promise<object> {
    return this.commands.execute(new FundMilestone(message));
  }
}
export const saveMilestone = (tx: Tx): void => {
  release(tx);
};
`;

  test.each(['Controller', 'fund', 'saveMilestone'])('%s is declared', (symbol) => {
    expect(declares(source, symbol)).toBe(true);
  });

  test.each(['release', 'FundMilestone', 'execute', 'save', 'message'])('%s is only used', (symbol) => {
    expect(declares(source, symbol)).toBe(false);
  });

  test('a planted missing symbol, a link without one and a missing file are found', () => {
    const text =
      '[a](a.ts) `fund`, `Controller`\n[a](a.ts) `fund` and `release`\n[a](a.ts): here\n[b](b.ts) `fund`';
    const problems = symbolProblems({ path: 'page.md', text }, (path) =>
      path === 'a.ts' ? source : undefined,
    );
    expect(problems).toEqual([
      'page.md:2: a.ts declares no release',
      'page.md:3: no symbol is named beside a.ts',
      'page.md:4: b.ts does not exist',
    ]);
  });
});

describe('numbers of rules', () => {
  test('are told from other names', () => {
    const text = 'E-5, AD-14a; not G-3, P-256, ES-256, FIX-E-5 or E-5-6';
    expect([...citedIn(text)]).toEqual(['E-5', 'AD-14a']);
  });

  test('are defined by a bold number at the start of an item or row', () => {
    const text =
      '- **E-5** (built) Review. See **E-6**.\n| **R-2** | a |\n- **A-6** (partly built) x\n- **B-4** (not built) x\n';
    expect([...definedIn(text)]).toEqual(['E-5', 'R-2', 'A-6', 'B-4']);
    expect(builtIn(text)).toEqual(['E-5', 'A-6']);
  });

  test('a planted number that nothing explains is found', () => {
    const source = { path: 'libs/a.ts', text: '// E-5 and E-99' };
    expect(undefinedRules([source], new Set(['E-5']))).toEqual([
      'libs/a.ts: E-99 is explained nowhere in docs',
    ]);
  });
});

describe('the documentation of this repository', () => {
  let pages: Page[];
  let sources: Page[];
  const exists = (path: string): boolean => existsSync(join(root, path));
  const textOf = (path: string): string => pages.find((page) => page.path === path)!.text;
  const readAll = (paths: readonly string[]): Promise<Page[]> =>
    Promise.all(paths.map(async (path) => ({ path, text: await readFile(join(root, path), 'utf8') })));

  beforeAll(async () => {
    const projects = ['libs', 'services', 'simulators', 'local', 'tests'];
    const folders = [...projects, 'docs', '.github'].map((folder) => `${folder}/**/*.md`);
    pages = await readAll(await filesUnder(root, ['*.md', ...folders]));
    const programs = projects.flatMap((folder) => [`${folder}/**/*.ts`, `${folder}/**/*.mjs`]);
    // This file's own examples are planted.
    sources = await readAll((await filesUnder(root, programs)).filter((path) => !path.includes('/docs-')));
  });

  test('has no broken link', () => {
    expect(pages.length).toBeGreaterThan(10);
    expect(brokenLinks(pages, exists)).toEqual([]);
  });

  test('names only symbols that the files declare, on the way of one payment', () => {
    const read = (path: string): string | undefined =>
      exists(path) ? readFileSync(join(root, path), 'utf8') : undefined;
    const page = { path: followedPage, text: textOf(followedPage) };
    expect(linksOf(page.text).filter(({ target }) => target.endsWith('.ts')).length).toBeGreaterThan(14);
    expect(symbolProblems(page, read)).toEqual([]);
  });

  test('has every page that the code names', () => {
    expect(
      missingPages(
        sources.filter(({ path }) => !path.endsWith('.spec.ts')),
        exists,
      ),
    ).toEqual([]);
  });

  test('explains every rule and decision that the code and the pages cite', () => {
    const rules = definedIn(textOf('docs/domain-rules.md'));
    const decisions = definedIn(textOf('docs/architecture.md'));
    expect(undefinedRules([...sources, ...pages], new Set([...rules, ...decisions]))).toEqual([]);
  });

  test('has a test that names each rule that it says is built', () => {
    const specs = sources.filter(({ path }) => path.endsWith('.spec.ts'));
    const named = new Set(specs.flatMap(({ text }) => [...citedIn(text)]));
    expect(builtIn(textOf('docs/domain-rules.md')).filter((rule) => !named.has(rule))).toEqual([]);
  });
});
