/** 00-12, 21-32, 61-72 and 80: the first two digits that exist. */
const districts: readonly (readonly [from: number, to: number])[] = [
  [0, 12],
  [21, 32],
  [61, 72],
  [80, 80],
];

/** The form of an ABA routing number (section 3.5); that a bank has it is not known here. */
export function isRoutingNumber(text: string): boolean {
  if (!/^\d{9}$/.test(text)) return false;
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0] = [...text].map(Number);
  const sum = 3 * (a + d + g) + 7 * (b + e + h) + (c + f + i);
  const district = Number(text.slice(0, 2));
  return sum % 10 === 0 && districts.some(([from, to]) => district >= from && district <= to);
}
