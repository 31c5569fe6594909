import type { Finding } from './wire.ts';

/** Enough for whoever reads the JSON; more would be read by nobody. */
const firstMax = 1_000;

/** The first ones are kept; all are counted. */
export class Findings {
  readonly first: Finding[] = [];
  total = 0;

  add(id: string, what: string): void {
    this.total += 1;
    if (this.first.length < firstMax) this.first.push({ id, what });
  }

  addAll(findings: readonly Finding[], total = findings.length): void {
    for (const { id, what } of findings) this.add(id, what);
    this.total += total - findings.length;
  }
}

/** One line of the proof. */
export interface Check {
  name: string;
  rule: string;
  holds: boolean;
  /** What was compared, in words. */
  figure: string;
  figures: Readonly<Record<string, string>>;
  findings: readonly Finding[];
  findingsTotal: number;
}

export const checkOf = (
  name: string,
  rule: string,
  figure: string,
  wrong: Findings,
  figures: Readonly<Record<string, bigint | number | string>> = {},
): Check => ({
  name,
  rule,
  holds: wrong.total === 0,
  figure,
  figures: Object.fromEntries(Object.entries(figures).map(([key, value]) => [key, String(value)])),
  findings: wrong.first,
  findingsTotal: wrong.total,
});

/** `1 event`, `2 events`, `1,234 events`. */
export const count = (number: bigint | number, noun: string): string =>
  `${String(number).replace(/\B(?=(\d{3})+$)/g, ',')} ${noun}${BigInt(number) === 1n ? '' : 's'}`;

/** `$1,054.99`, from minor units. */
export function dollars(amountMinor: bigint): string {
  const [negative, digits] = amountMinor < 0n ? ['-', -amountMinor] : ['', amountMinor];
  const whole = String(digits / 100n).replace(/\B(?=(\d{3})+$)/g, ',');
  return `${negative}$${whole}.${String(digits % 100n).padStart(2, '0')}`;
}
