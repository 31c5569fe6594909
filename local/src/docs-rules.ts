import type { Page } from './docs-links.ts';

/** Numbers of rules (E-5) and decisions (AD-14a) that a text names. Golden cases (G-3) are not among them. */
export function citedIn(text: string): Set<string> {
  return new Set(text.match(/(?<![\w-])(?:AD|[ABCDEHMPRSTW])-\d{1,2}[a-z]?(?![\w-])/g) ?? []);
}

/**
 * The numbers that a page defines: at the start of a list item or of a table row, in bold; `H-1 to H-28` defines all of
 * them.
 */
export function definedIn(text: string): Set<string> {
  const bold = /^\s*[-|]\s*\*\*([A-Z]{1,2})-(\d+)([a-z]?)(?: to \1-(\d+))?\*\*/gm;
  return new Set(
    [...text.matchAll(bold)].flatMap(([, letter, first, suffix, last]) =>
      last ? numbersOf(letter!, Number(first), Number(last)) : [`${letter}-${first}${suffix}`],
    ),
  );
}

/** `H-1` to `H-28`. */
export const numbersOf = (letter: string, first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, index) => `${letter}-${first + index}`);

/** Those of `definedIn` that the page marks as built, wholly or in part. */
export function builtIn(text: string): string[] {
  const marked = /^\s*-\s*\*\*([A-Z]{1,2}-\d+[a-z]?)\*\*\s+\((?:built|partly built)\)/gm;
  return [...text.matchAll(marked)].map((match) => match[1]!);
}

/** One sentence for each number that is cited and defined nowhere. */
export function undefinedRules(sources: readonly Page[], defined: ReadonlySet<string>): string[] {
  return sources.flatMap(({ path, text }) =>
    [...citedIn(text)]
      .filter((rule) => !defined.has(rule))
      .map((rule) => `${path}: ${rule} is explained nowhere in docs`),
  );
}
