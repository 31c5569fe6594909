/** Typed for one another: the sign between O and Neil may be any of them. */
const apostrophes = /['\u0060\u00b4\u2018\u2019\u02b9-\u02bf]/gu;
const dashes = /[\p{Pd}\u2212]/gu;
/** Marks that any script may carry; vowel signs, as Indian scripts have them, are letters of their own. */
const accents = /[\p{Mn}&&\p{Script=Inherited}]/gv;
const neitherWordNorSpace = /[^\p{L}\p{M}\p{N}\s]/gu;

/**
 * The words of a name, compared as W-2 says: without case, accents, punctuation and order. A dash parts two
 * words as a space does; every other sign is left out.
 */
export function nameWords(name: string): string[] {
  return (
    name
      .replace(apostrophes, '')
      .normalize('NFKD')
      // Some letters bring one along when they are taken apart.
      .replace(apostrophes, '')
      .replace(accents, '')
      .replace(dashes, ' ')
      .replace(neitherWordNorSpace, '')
      .split(/\s+/u)
      .filter((word) => word !== '')
      // Down first: of the capital sharp s only the small one has a plain capital form.
      .map((word) => word.toLowerCase().toUpperCase().toLowerCase())
      .sort()
  );
}

/** Whether two names are one by rule W-2. A name without any word is nobody's. */
export function sameName(one: string, other: string): boolean {
  const words = nameWords(one);
  return words.length > 0 && words.join(' ') === nameWords(other).join(' ');
}
