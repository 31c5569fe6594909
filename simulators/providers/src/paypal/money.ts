import { z } from 'zod';

/** Decimals on the wire by currency (ISO 4217); two where none stand here. */
const exponents: Readonly<Record<string, number>> = { JPY: 0, TND: 3, KWD: 3, BHD: 3 };

const exponentOf = (currency: string): number => exponents[currency] ?? 2;

/** An amount as it stands on the wire, in minor units inside. */
export const Money = z
  .strictObject({
    currency_code: z.string().regex(/^[A-Z]{3}$/),
    value: z.string().regex(/^\d{1,12}(\.\d{1,3})?$/, 'Not a decimal amount'),
  })
  .refine(
    ({ currency_code, value }) => (value.split('.')[1] ?? '').length <= exponentOf(currency_code),
    'More decimals than the currency has',
  )
  .transform(({ currency_code: currency, value }) => ({ currency, amountMinor: minorOf(value, currency) }))
  .refine(({ amountMinor }) => amountMinor > 0n, 'Must be more than zero');

export function moneyObject(amountMinor: bigint, currency: string) {
  const exponent = exponentOf(currency);
  const digits = String(amountMinor).padStart(exponent + 1, '0');
  const whole = digits.slice(0, digits.length - exponent);
  const value = exponent === 0 ? whole : `${whole}.${digits.slice(-exponent)}`;
  return { currency_code: currency, value };
}

function minorOf(value: string, currency: string): bigint {
  const [whole = '', decimals = ''] = value.split('.');
  return BigInt(whole + decimals.padEnd(exponentOf(currency), '0'));
}
