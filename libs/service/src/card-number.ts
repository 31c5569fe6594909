/**
 * Card data never enters the system (P-15): a text that holds a valid card number is refused and not logged.
 * Amounts are typed and excepted: `amountMinor` is a digit string as well.
 */
const candidates = /(?<![\dA-Za-z])\d(?:[ -]?\d){12,18}(?![\dA-Za-z])/g;

export function holdsCardNumber(value: unknown, field = ''): boolean {
  if (typeof value === 'string') return field !== 'amountMinor' && textHoldsCardNumber(value);
  if (typeof value === 'number') return Number.isSafeInteger(value) && textHoldsCardNumber(String(value));
  if (Array.isArray(value)) return value.some((item) => holdsCardNumber(item, field));
  if (value && typeof value === 'object') {
    return Object.entries(value).some(([name, item]) => textHoldsCardNumber(name) || holdsCardNumber(item, name));
  }
  return false;
}

export const textHoldsCardNumber = (text: string): boolean =>
  (text.slice(0, 100_000).match(candidates) ?? []).some((match) => passesLuhn(match.replace(/[ -]/g, '')));

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
