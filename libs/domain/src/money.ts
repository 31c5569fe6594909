import { z } from 'zod';
import { Rejection } from './rejection.ts';

/** Settlement currencies. Rule A-2: USD only; the type is a list so that a second one is one edit. */
export const Currency = z.enum(['USD']);
export type Currency = z.output<typeof Currency>;

/**
 * Largest amount accepted anywhere, in minor units: 18 digits fit a signed 64-bit column with room for sums.
 */
const digits = z.string().regex(/^(0|[1-9]\d{0,17})$/);
const minorUnits = z.codec(digits, z.bigint().nonnegative(), { decode: BigInt, encode: String });

/**
 * An amount in the currency's minor unit: cents for USD. Never negative.
 * The same object on HTTP and in events: the amount is a digit string, so no JSON parser rounds it;
 * in code it is a bigint, so no float touches it.
 */
export const Money = z.strictObject({ amountMinor: minorUnits, currency: Currency });
export type Money = Readonly<z.output<typeof Money>>;

/** A price that somebody asks for: more than zero. */
export const PositiveMoney = Money.refine((money) => money.amountMinor > 0n, {
  message: 'must be more than zero',
});

export const usd = (amountMinor: bigint): Money => {
  if (amountMinor < 0n) throw new RangeError(`a negative amount: ${amountMinor}`);
  return { amountMinor, currency: 'USD' };
};

/** @throws Rejection money.currency_mismatch */
export function add(left: Money, right: Money): Money {
  assertSameCurrency(left, right);
  return { ...left, amountMinor: left.amountMinor + right.amountMinor };
}

/** @throws Rejection money.currency_mismatch | money.insufficient */
export function subtract(from: Money, amount: Money): Money {
  assertSameCurrency(from, amount);
  if (from.amountMinor < amount.amountMinor) throw new Rejection('money.insufficient');
  return { ...from, amountMinor: from.amountMinor - amount.amountMinor };
}

function assertSameCurrency(left: Money, right: Money): void {
  if (left.currency !== right.currency) throw new Rejection('money.currency_mismatch');
}
