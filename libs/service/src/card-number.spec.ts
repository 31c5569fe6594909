import { describe, expect, it } from '@jest/globals';
import { holdsCardNumber } from './card-number.ts';

const card = '4242424242424242';

/** As JSON.parse would give it: it has no recursion of its own. */
function nested(value: unknown, depth = 100_000): unknown {
  let result = value;
  for (let level = 0; level < depth; level += 1) result = [result];
  return result;
}

describe('a field that holds a card number is refused (P-15)', () => {
  it.each([
    ['plain', { reference: card }],
    ['with spaces', { note: '4242 4242 4242 4242' }],
    ['with dashes, inside a sentence', { note: 'use 4242-4242-4242-4242, please' }],
    ['as a number', { reference: 4242424242424242 }],
    ['deep inside', { a: [{ b: { c: `x ${card}` } }] }],
    ['as a name', { [card]: 'x' }],
    ['with its expiry date behind it', { note: '4242 4242 4242 4242 12/29' }],
    ['with its check number behind it', { note: '4242 4242 4242 4242 123' }],
    ['nested deeper than the stack', nested(card)],
    ['of 15 digits', { note: '378282246310005' }],
  ])('%s', (_, value) => {
    expect(holdsCardNumber(value)).toBe(true);
  });

  it.each([
    ['an amount, which is typed', { price: { amountMinor: card, currency: 'USD' } }],
    ['16 digits that fail the checksum', { note: '4242424242424241' }],
    ['a UUID', { id: '01a2037a-c202-74f7-a5ab-50ccbccd146d' }],
    [
      'a UUID of digits only, part of which passes the checksum',
      { id: '42424242-4242-4242-8123-123456789012' },
    ],
    ['a SHA-256', { hash: '4242424242424242'.repeat(4) }],
    ['one digit repeated', { note: '0000000000000000' }],
    ['an instant', { at: '2026-11-22T13:30:48.128Z' }],
    ['nothing', undefined],
  ])('not %s', (_, value) => {
    expect(holdsCardNumber(value)).toBe(false);
  });
});
