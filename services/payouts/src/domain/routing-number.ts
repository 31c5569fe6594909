/** Ranges that were given out: 00-12, 21-32, 61-72, 80 (3.5 of the provider protocols). */
const prefixes = /^(0\d|1[0-2]|2[1-9]|3[0-2]|6[1-9]|7[0-2]|80)/;
const weights = [3, 7, 1, 3, 7, 1, 3, 7, 1];

/** An ABA routing number by its form: nine digits, a known range, the check digit. It says not whose it is. */
export function isRoutingNumber(text: string): boolean {
  if (!/^\d{9}$/.test(text) || !prefixes.test(text)) return false;
  const sum = weights.reduce((total, weight, index) => total + weight * Number(text[index]), 0);
  return sum % 10 === 0;
}
