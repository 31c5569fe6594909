import { posix } from 'node:path';

/** A Markdown page, by its path below the root. */
export interface Page {
  path: string;
  text: string;
}

interface Link {
  line: number;
  target: string;
  /** What stands behind the link, in one line. */
  rest: string;
}

const restMax = 300;

/** Fenced blocks and inline code are emptied, line by line, so that a link in an example is none. */
function prose(text: string): string[] {
  let fence: string | undefined;
  return text.split(/\r?\n/).map((line) => {
    const mark = /^\s*(```+|~~~+)/.exec(line)?.[1];
    if (fence === undefined && mark) fence = mark;
    else if (fence !== undefined && mark?.startsWith(fence)) fence = undefined;
    else if (fence === undefined) return line;
    return '';
  });
}

/** The text of a link may be wrapped, but does not reach over an empty line. */
const inlineLink = /\[((?:(?!\n\s*\n)[^[\]]|\[[^\]]*\])*)\]\((<[^>]*>|[^()\s]*)(?:\s+"[^"]*")?\)/g;
const namedLink = /^[ \t]*\[[^\]]+\]:[ \t]*(\S+)/gm;

export function linksOf(page: string): Link[] {
  // A link's own text may be code; code that contains a whole link is an example.
  const lines = prose(page).map((line) =>
    line.replace(/`[^`]*`/g, (code) => (code.includes('](') ? '' : code)),
  );
  const text = lines.join('\n');
  const lineAt = (index: number): number => text.slice(0, index).split('\n').length;
  const inline = [...text.matchAll(inlineLink)].map(({ 0: link, 2: target, index }) => ({
    line: lineAt(index),
    target: target!.replace(/^<|>$/g, ''),
    rest: text
      .slice(index + link.length, index + link.length + restMax)
      .replace(/\s+/g, ' ')
      .trimEnd(),
  }));
  const named = [...text.matchAll(namedLink)].map(({ 1: target, index }) => ({
    line: lineAt(index),
    target: target!,
    rest: '',
  }));
  return [...inline, ...named];
}

/** The anchors of a page: those that GitHub makes of its headings, and those set by hand. */
export function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  const counts = new Map<string, number>();
  for (const line of prose(text)) {
    for (const [, id] of line.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(id!);
    const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(line)?.[1];
    if (heading === undefined) continue;
    const slug = slugOf(heading);
    const count = counts.get(slug) ?? 0;
    counts.set(slug, count + 1);
    anchors.add(count === 0 ? slug : `${slug}-${count}`);
  }
  return anchors;
}

const slugOf = (heading: string): string =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');

const isOutside = (target: string): boolean => /^(https?|mailto):/.test(target);

/**
 * One sentence for each relative link of a page whose target does not exist, or has no such anchor.
 * @param exists whether there is a file or folder at a path below the root
 */
export function brokenLinks(pages: readonly Page[], exists: (path: string) => boolean): string[] {
  const anchors = new Map(pages.map(({ path, text }) => [path, anchorsOf(text)]));
  return pages.flatMap(({ path, text }) =>
    linksOf(text).flatMap(({ line, target }) => {
      if (isOutside(target)) return [];
      const place = `${path}:${line}`;
      const [file, anchor] = target.split('#') as [string, string | undefined];
      const found = targetOf(path, file);
      if (found === undefined) return [`${place}: ${target} is not a relative link inside the repository`];
      if (file !== '' && !exists(found)) return [`${place}: ${target} does not exist`];
      if (anchor === undefined || (anchors.get(found)?.has(anchor) ?? !found.endsWith('.md'))) return [];
      return [`${place}: ${found} has no heading for #${anchor}`];
    }),
  );
}

/** Below the root; undefined where a link leaves the repository. */
function targetOf(page: string, file: string): string | undefined {
  if (file === '') return page;
  const path = posix.normalize(posix.join(posix.dirname(page), decodeURI(file)));
  return file.startsWith('/') || path.startsWith('..') ? undefined : path.replace(/\/$/, '');
}

/**
 * One sentence for each link to program text that names no symbol beside it, or one that the file does not
 * declare. Symbols stand directly behind the link: [text](file.ts) `fund`, `release`.
 * @param read the text of a file below the root, undefined where there is none
 */
export function symbolProblems({ path, text }: Page, read: (path: string) => string | undefined): string[] {
  return linksOf(text).flatMap(({ line, target, rest }) => {
    if (!target.endsWith('.ts')) return [];
    const place = `${path}:${line}`;
    const source = read(targetOf(path, target) ?? '');
    if (source === undefined) return [`${place}: ${target} does not exist`];
    const symbols = symbolsBeside(rest);
    if (symbols.length === 0) return [`${place}: no symbol is named beside ${target}`];
    return symbols
      .filter((symbol) => !declares(source, symbol))
      .map((symbol) => `${place}: ${target} declares no ${symbol}`);
  });
}

function symbolsBeside(rest: string): string[] {
  const list = /^(?:(?:,| and)? `[A-Za-z_$][\w$]*`)+/.exec(rest)?.[0] ?? '';
  return [...list.matchAll(/`([^`]+)`/g)].map((match) => match[1]!);
}

/** Declared by a keyword, or as a method: a name whose brackets are followed by a type or a body. */
export function declares(source: string, symbol: string): boolean {
  const name = symbol.replaceAll('$', '\\$');
  if (new RegExp(`\\b(?:class|interface|type|enum|function|const|let)\\s+${name}(?![\\w$])`).test(source)) {
    return true;
  }
  const modifiers = '(?:(?:public|private|protected|static|async|override|get|set)\\s+)*';
  const method = new RegExp(`^[ \\t]+${modifiers}${name}(?:<[^>]*>)?\\(`, 'gm');
  return [...source.matchAll(method)].some(({ 0: head, index }) => {
    const behind = source.slice(closing(source, index + head.length)).trimStart();
    return behind.startsWith('{') || behind.startsWith(':');
  });
}

/** The place behind the bracket that closes the one before `from`. */
function closing(source: string, from: number): number {
  let depth = 1;
  for (let at = from; at < source.length; at += 1) {
    if (source[at] === '(') depth += 1;
    if (source[at] === ')') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return source.length;
}

/** Pages that program text names (`docs/outbox.md`) and that do not exist. */
export function missingPages(sources: readonly Page[], exists: (path: string) => boolean): string[] {
  return sources.flatMap(({ path, text }) =>
    [...new Set(text.match(/(?<![\w/.-])docs\/[\w./-]+\.(?:md|json)\b/g) ?? [])]
      .filter((page) => !exists(page))
      .map((page) => `${path}: ${page} does not exist`),
  );
}
