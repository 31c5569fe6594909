import { describe, expect, it } from '@jest/globals';
import { Money, moneyObject } from './money.ts';

describe('an amount on the wire', () => {
  it.each([
    ['USD', '40.00', 4000n],
    ['USD', '40', 4000n],
    ['USD', '0.5', 50n],
    ['JPY', '40', 40n],
    ['KWD', '1.234', 1234n],
  ])('%s %s is %s in minor units', (currency_code, value, amountMinor) => {
    expect(Money.parse({ currency_code, value })).toEqual({ currency: currency_code, amountMinor });
  });

  it.each([
    ['USD', '0.00'],
    ['USD', '1.234'],
    ['JPY', '1.0'],
    ['USD', '-1.00'],
    ['USD', '1,00'],
    ['usd', '1.00'],
  ])('%s %s is refused', (currency_code, value) => {
    expect(Money.safeParse({ currency_code, value }).success).toBe(false);
  });

  it.each([
    [4000n, 'USD', '40.00'],
    [5n, 'USD', '0.05'],
    [40n, 'JPY', '40'],
    [1234n, 'KWD', '1.234'],
  ])('%s of %s is written %s', (amountMinor, currency, value) => {
    expect(moneyObject(amountMinor, currency)).toEqual({ currency_code: currency, value });
  });
});
