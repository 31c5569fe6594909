import { expect, test } from '@jest/globals';
import { readOptions } from './options.ts';

test('without options: five rounds of three seconds, for people', () => {
  expect(readOptions([])).toEqual({ json: false, rounds: 5, seconds: 3 });
});

test('each option is taken', () => {
  expect(readOptions(['--json', '--rounds', '7', '--seconds=2'])).toEqual({
    json: true,
    rounds: 7,
    seconds: 2,
  });
});

test.each([
  ['--rounds', '0'],
  ['--rounds', '51'],
  ['--rounds', '2.5'],
  ['--rounds', 'many'],
  ['--seconds', '61'],
  ['--seconds', ''],
])('%s %p is refused by name', (name, value) => {
  expect(() => readOptions([name, value])).toThrow(`${name} must be a whole number`);
});

test('what is unknown is refused', () => {
  expect(() => readOptions(['--fast'])).toThrow('--fast');
  expect(() => readOptions(['fast'])).toThrow('fast');
});
