import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isRoutingNumber } from './routing-number.ts';

describe('3.5: an ABA routing number', () => {
  test.each(['021000021', '011000015', '121042882'])('%s is one', (number) => {
    expect(isRoutingNumber(number)).toBe(true);
  });

  test.each([
    ['another check digit', '021000020'],
    ['two digits that have changed places', '012000021'],
    ['a range that was never given out, its check digit right', '130000006'],
    ['the gap between 32 and 61', '330000000'],
    ['the gap between 72 and 80', '730000008'],
    ['above 80', '810000009'],
    ['eight digits', '02100002'],
    ['ten digits', '0210000210'],
    ['a space', '021 00021'],
    ['other digits than ours', '٠٢١٠٠٠٠٢١'],
    ['nothing', ''],
  ])('not with %s', (_, number) => {
    expect(isRoutingNumber(number)).toBe(false);
  });

  const digits = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 8, maxLength: 8 });
  const isInRange = (text: string): boolean => {
    const prefix = Number(text.slice(0, 2));
    return prefix <= 12 || (prefix >= 21 && prefix <= 32) || (prefix >= 61 && prefix <= 72) || prefix === 80;
  };

  test('eight digits of a known range have exactly one check digit; of another none', () => {
    fc.assert(
      fc.property(digits, (eight) => {
        const text = eight.join('');
        const fitting = Array.from({ length: 10 }, (_, last) => `${text}${last}`).filter(isRoutingNumber);
        expect(fitting).toHaveLength(isInRange(text) ? 1 : 0);
      }),
    );
  });

  test('one mistyped digit is always noticed', () => {
    fc.assert(
      fc.property(fc.nat(8), fc.integer({ min: 1, max: 9 }), (place, shift) => {
        const typed = [...'121042882'];
        typed[place] = String((Number(typed[place]) + shift) % 10);
        expect(isRoutingNumber(typed.join(''))).toBe(false);
      }),
    );
  });
});
