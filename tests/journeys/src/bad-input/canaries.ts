import { createHash, randomInt } from 'node:crypto';
import type { Written } from './written.ts';

/** A text that stands nowhere else: wherever it is found, it came from where it was put. */
export interface Canary {
  text: string;
  /** What it plays. */
  kind: string;
  /** Where it was put. */
  from: string;
}

/** Tells of a place no more than its name: what stands around a canary may be as secret. */
export interface Found {
  canary: Omit<Canary, 'text'>;
  place: string;
  form: string;
}

const letters = 'abcdefghijklmnopqrstuvwxyz';
const markerLength = 12;
const numberLength = 3;

const randomWord = (length: number): string =>
  Array.from({ length }, () => letters[randomInt(letters.length)]).join('');

const inLetters = (number: number): string =>
  Array.from(
    { length: numberLength },
    (_, place) => letters[Math.floor(number / letters.length ** place) % letters.length],
  ).join('');

const inHex = (text: string): string => Buffer.from(text).toString('hex');

/** In base64 a text looks different behind 0, 1 or 2 bytes; signs that its neighbours share are left out. */
const shifts = [0, 1, 2];
const signsBefore = (shift: number): number => Math.ceil((shift * 8) / 6);

function inBase64(text: string, shift: number): string {
  const whole = Buffer.concat([Buffer.alloc(shift), Buffer.from(text)]);
  return whole.toString('base64').slice(signsBefore(shift), Math.floor((whole.length * 8) / 6));
}

type Form = { name: string; isIn: (text: string) => boolean };

/** Digits may be written in groups; a longer number is another number. */
function asWritten(text: string): Form['isIn'] {
  if (!/^\d+$/.test(text)) return (other) => other.includes(text);
  const digits = new RegExp(`(?<![0-9a-f])${[...text].join('[ -]?')}(?![0-9a-f])`, 'i');
  return (other) => digits.test(other);
}

function formsOf(text: string): Form[] {
  const encoded = {
    hex: [inHex(text)],
    base64: shifts.map((shift) => inBase64(text, shift)),
    // An account number is guessed from its plain hash in minutes.
    'sha-256': [createHash('sha256').update(text).digest('hex')],
  };
  return [
    { name: 'as written', isIn: asWritten(text) },
    ...Object.entries(encoded).map(([name, codes]) => ({
      name,
      isIn: (other: string) => codes.some((code) => other.includes(code)),
    })),
  ];
}

/** Makes canaries up, and finds them again in whatever form a program may have written them. */
export class Canaries {
  /** Begins every word, so that one look finds all of them. */
  readonly #marker = randomWord(markerLength);
  readonly #words = new Map<string, Canary>();
  readonly #others: { canary: Canary; forms: readonly Form[] }[] = [];

  /** Small letters only: it passes for a name, a title or a part of an id. */
  word(kind: string, from: string): string {
    const text = this.#marker + inLetters(this.#words.size);
    this.#words.set(text, { text, kind, from });
    return text;
  }

  /** What has a form of its own, as a number has, or was made up by somebody else, as a key was. */
  keep(kind: string, from: string, text: string): string {
    this.#others.push({ canary: { text, kind, from }, forms: formsOf(text) });
    return text;
  }

  findIn({ place, text }: Written): Found[] {
    const others = this.#others.flatMap(({ canary, forms }) =>
      forms.filter(({ isIn }) => isIn(text)).map(({ name: form }) => ({ canary, place, form })),
    );
    const words = this.#looks().flatMap(({ form, pattern, numberOf }) => {
      const numbers = new Set(Array.from(text.matchAll(pattern), ([, tail = '']) => numberOf(tail)));
      return [...numbers].map((number) => ({ canary: this.#wordOf(number), place, form }));
    });
    return [...words, ...others];
  }

  #wordOf(number: string): Found['canary'] {
    return this.#words.get(this.#marker + number) ?? { kind: 'secret', from: 'the beginning of any word' };
  }

  /** How to find a word's beginning, and to read from what follows which one it is. */
  #looks(): { form: string; pattern: RegExp; numberOf: (tail: string) => string }[] {
    return [
      {
        form: 'as written',
        pattern: new RegExp(`${this.#marker}([a-z]{3})?`, 'gi'),
        numberOf: (tail) => tail.toLowerCase(),
      },
      {
        form: 'hex',
        pattern: new RegExp(`${inHex(this.#marker)}([0-9a-f]{6})?`, 'gi'),
        numberOf: (tail) => Buffer.from(tail, 'hex').toString(),
      },
      ...shifts.map((shift) => {
        const code = inBase64(this.#marker, shift);
        const start = shift + markerLength;
        return {
          form: 'base64',
          pattern: new RegExp(`(${code}[A-Za-z0-9+/_-]{0,5})`, 'g'),
          numberOf: (tail: string) =>
            Buffer.from('A'.repeat(signsBefore(shift)) + tail, 'base64')
              .subarray(start, start + numberLength)
              .toString('latin1'),
        };
      }),
    ];
  }
}

export const digits = (length: number): string => Array.from({ length }, () => randomInt(10)).join('');

function withCheckDigit(number: string, weigh: (digit: number, index: number) => number): string {
  const sum = [...number].reduce((total, digit, index) => total + weigh(Number(digit), index), 0);
  return `${number}${(10 - (sum % 10)) % 10}`;
}

/** Of sixteen digits; valid by Luhn's formula. */
export const newCardNumber = (): string =>
  withCheckDigit(`51${digits(13)}`, (digit, index) => {
    const weighed = index % 2 === 0 ? digit * 2 : digit;
    return weighed > 9 ? weighed - 9 : weighed;
  });

export const newRoutingNumber = (): string =>
  withCheckDigit(`02${digits(6)}`, (digit, index) => digit * [3, 7, 1][index % 3]!);
