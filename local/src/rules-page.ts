import { citedIn, numbersOf } from './docs-rules.ts';
import type { SourceFile } from './source-files.ts';

/** A rule as docs/domain-rules.md lists it. */
interface Rule {
  id: string;
  state: 'built' | 'partly built' | 'not built';
}

/** Of the files that name a rule, the page shows this many; the others are counted. */
const shownMax = 4;

/** Where a reader looks first: what decides, then what books, then the rest. */
const rooms = ['/domain/', '/commands/', '/queries/', '/providers/', '/tables/'];

/** The rules of docs/domain-rules.md in its order; `H-1 to H-28` stands for all of them. */
export function rulesIn(text: string): Rule[] {
  const item = /^- \*\*([A-Z])-(\d+)(?: to \1-(\d+))?\*\* \((built|partly built|not built)[,)]/gm;
  return [...text.matchAll(item)].flatMap(([, letter, first, last, state]) => {
    const ids = numbersOf(letter!, Number(first), Number(last ?? first));
    return ids.map((id) => ({ id, state: state as Rule['state'] }));
  });
}

/** One line for each rule that the code keeps and no test names. */
export function untestedRules(rules: readonly Rule[], specs: readonly SourceFile[]): string[] {
  const named = new Set(specs.flatMap(({ text }) => [...citedIn(text)]));
  return rules
    .filter(({ id, state }) => state !== 'not built' && !named.has(id))
    .map(({ id, state }) => `${id} is ${state}, and no test names it`);
}

/** docs/rules.md: which code keeps each rule, and which tests name it. */
export function rulesPage(
  rules: readonly Rule[],
  code: readonly SourceFile[],
  specs: readonly SourceFile[],
): string {
  const [inCode, inSpecs] = [filesByRule(code), filesByRule(specs)];
  const count = (state: Rule['state']): number => rules.filter((rule) => rule.state === state).length;
  const rows = rules.map(({ id, state }) => {
    return `| ${id} | ${state} | ${links(inCode.get(id) ?? [])} | ${links(inSpecs.get(id) ?? [])} |`;
  });
  return [
    '# Rules, code and tests',
    '',
    'Generated from [domain-rules.md](domain-rules.md), which says what each rule means, and from what the code and its',
    'tests name; write it again with `npm run generate`. A rule that is built, wholly or in part, and that no test names',
    'fails the build.',
    '',
    `${count('built')} rules are built, ${count('partly built')} in part, ${count('not built')} not yet.`,
    '',
    '| Rule | State | Code | Tests |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

function filesByRule(files: readonly SourceFile[]): Map<string, string[]> {
  const byRule = new Map<string, string[]>();
  for (const { path, text } of files) {
    for (const rule of citedIn(text)) byRule.set(rule, [...(byRule.get(rule) ?? []), path]);
  }
  return byRule;
}

function links(paths: readonly string[]): string {
  const rank = (path: string): number => {
    const room = rooms.findIndex((name) => path.includes(name));
    return room < 0 ? rooms.length : room;
  };
  const sorted = [...paths].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const shown = sorted.slice(0, shownMax).map((path) => `[${path.split('/').at(-1)}](../${path})`);
  const rest = sorted.length - shown.length;
  return [...shown, ...(rest > 0 ? [`${rest} more`] : [])].join(', ');
}
