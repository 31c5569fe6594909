import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { add, Currency, Money, PositiveMoney, subtract, usd } from './money.ts';

const amount = fc.bigInt({ min: 0n, max: 10n ** 18n - 1n });

describe('money on the wire (R-1)', () => {
  test('any amount of up to 18 digits comes back as it was', () => {
    fc.assert(
      fc.property(amount, (amountMinor) => {
        const wire = z.encode(Money, usd(amountMinor));
        expect(wire).toEqual({ amountMinor: String(amountMinor), currency: 'USD' });
        expect(Money.parse(JSON.parse(JSON.stringify(wire)))).toEqual(usd(amountMinor));
      }),
    );
  });

  test.each([
    ['a fraction', '1.005'],
    ['a negative amount (R-10)', '-1'],
    ['a plus sign', '+1'],
    ['an exponent', '1e3'],
    ['a leading zero', '01'],
    ['two zeros', '00'],
    ['19 digits', '1'.repeat(19)],
    ['nothing', ''],
    ['a space', ' 1'],
    ['a line end', '1\n'],
    ['a hexadecimal number', '0x10'],
    ['a grouped number', '1,000'],
    ['a separator of code', '1_000'],
    ['digits of another script', '١٢'],
    ['a word', 'NaN'],
    ['a JSON number', 100],
    ['not a number', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['a bigint', 100n],
    ['null', null],
    ['a list', ['1']],
    ['an object', { toString: () => '1' }],
  ])('refuses %s', (_name, amountMinor) => {
    expect(Money.safeParse({ amountMinor, currency: 'USD' }).success).toBe(false);
  });

  test('refuses every text that is not exactly what it would write itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 25 }), (text) => {
        const read = Money.safeParse({ amountMinor: text, currency: 'USD' });
        expect(read.success ? z.encode(Money, read.data).amountMinor : text).toBe(text);
      }),
    );
  });

  test.each([
    ['no currency', { amountMinor: '1' }],
    ['another currency (A-2)', { amountMinor: '1', currency: 'EUR' }],
    ['a field too many', { amountMinor: '1', currency: 'USD', amount: '1' }],
    ['no amount', { currency: 'USD' }],
  ])('refuses %s', (_name, wire) => {
    expect(Money.safeParse(wire).success).toBe(false);
  });

  test('a negative amount is not written either', () => {
    expect(() => z.encode(Money, { amountMinor: -1n, currency: 'USD' })).toThrow();
  });

  test('a price is more than zero', () => {
    expect(PositiveMoney.safeParse({ amountMinor: '0', currency: 'USD' }).success).toBe(false);
    expect(PositiveMoney.parse({ amountMinor: '1', currency: 'USD' })).toEqual(usd(1n));
  });
});

describe('arithmetic', () => {
  test('what was added can be taken away again', () => {
    fc.assert(
      fc.property(amount, amount, (left, right) => {
        expect(subtract(add(usd(left), usd(right)), usd(right))).toEqual(usd(left));
      }),
    );
  });

  test('more than there is cannot be taken', () => {
    expect(() => subtract(usd(1n), usd(2n))).toThrow(
      expect.objectContaining({ name: 'Rejection', code: 'money.insufficient' }),
    );
    expect(subtract(usd(2n), usd(2n))).toEqual(usd(0n));
  });

  test('two currencies do not mix', () => {
    const other = { amountMinor: 1n, currency: 'JPY' as Currency };
    const mismatch = expect.objectContaining({ name: 'Rejection', code: 'money.currency_mismatch' });
    expect(() => add(usd(1n), other)).toThrow(mismatch);
    expect(() => subtract(usd(1n), other)).toThrow(mismatch);
  });

  test('nobody makes a negative amount (R-10)', () => {
    expect(() => usd(-1n)).toThrow(RangeError);
  });

  test('USD is the only currency (A-2)', () => {
    expect(Currency.options).toEqual(['USD']);
  });
});
