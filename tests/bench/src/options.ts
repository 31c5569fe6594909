import { parseArgs } from 'node:util';

export interface Options {
  /** Only JSON on stdout. */
  json: boolean;
  rounds: number;
  /** How long each case is measured in each round, after its warm-up. */
  seconds: number;
}

/** Five rounds are the fewest whose median says something; three seconds hold 600 releases or more. */
const defaults = { rounds: 5, seconds: 3 };
const limits = { rounds: 50, seconds: 60 };

/** @throws Error with one sentence about the first option that cannot be used */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
    },
  });
  const wholeNumber = (name: keyof typeof limits): number => {
    const text = values[name];
    if (text === undefined) return defaults[name];
    const number = /^\d{1,3}$/.test(text) ? Number(text) : 0;
    if (number < 1 || number > limits[name]) {
      throw new Error(`--${name} must be a whole number from 1 to ${limits[name]}, not "${text}".`);
    }
    return number;
  };
  return { json: values.json, rounds: wholeNumber('rounds'), seconds: wholeNumber('seconds') };
}
