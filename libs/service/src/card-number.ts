/**
 * Card data never enters the system (P-15): a text that holds a valid card number is refused and not logged.
 * Amounts are typed and excepted: `amountMinor` is a digit string as well. So is one field of a route that says so
 * (`DigitsIn`).
 */
const digitGroups = /(?<![\dA-Za-z])\d+(?:[\s\u2010-\u2015-]{1,2}\d+)*(?![\dA-Za-z])/g;
/** An id may well consist of digits only, and one in some ten thousand would pass for a card number. */
const uuids = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

export function holdsCardNumber(value: unknown): boolean {
  for (const { field, text } of textsOf(value)) {
    if (field !== 'amountMinor' && textHoldsCardNumber(text)) return true;
  }
  return false;
}

/**
 * Every text of a JSON value with the field it stands in, names of fields and whole numbers included. Without
 * recursion: a body may be nested deeper than the stack is (F69).
 */
export function* textsOf(value: unknown): Generator<{ field: string; text: string }> {
  const open: { field: string; item: unknown }[] = [{ field: '', item: value }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { field, item } = next;
    if (typeof item === 'string') yield { field, text: item };
    else if (Number.isSafeInteger(item)) yield { field, text: String(item) };
    else if (Array.isArray(item)) for (const part of item) open.push({ field, item: part });
    else if (item && typeof item === 'object') {
      for (const [name, part] of Object.entries(item)) {
        yield { field: '', text: name };
        open.push({ field: name, item: part });
      }
    }
  }
}

/** Written in one piece or in groups; an expiry date or a check number may stand right behind it. */
export const textHoldsCardNumber = (text: string): boolean =>
  (text.slice(0, 100_000).replace(uuids, '?').match(digitGroups) ?? []).some((run) => {
    const groups = run.split(/\D+/);
    return groups.some((_, first) => startsCardNumber(groups.slice(first)));
  });

function startsCardNumber(groups: readonly string[]): boolean {
  let digits = '';
  for (const group of groups) {
    digits += group;
    if (digits.length > 19) return false;
    if (digits.length >= 13 && /^[2-6]/.test(digits) && passesLuhn(digits)) return true;
  }
  return false;
}

function passesLuhn(digits: string): boolean {
  if (/^(\d)\1*$/.test(digits)) return false;
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = Number(digits[digits.length - 1 - index]);
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
