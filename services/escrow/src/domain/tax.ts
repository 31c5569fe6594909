/** Where a client is at home, as far as tax goes (P-12). */
export type Region = 'US' | 'other';

/** Form of the setting `tax.rates`: basis points by region, such as `US=0,other=2000`. */
export const taxRatesForm = /^((US|other)=(10000|\d{1,4})(,(US|other)=(10000|\d{1,4}))?)?$/;

/** The rate on the platform's fees, in basis points: by the client's region, else the default (P-12). */
export function taxBpsOf(
  settings: Readonly<{ 'tax.default_rate': number; 'tax.rates': string }>,
  region: Region,
): number {
  const rates = settings['tax.rates'].split(',').map((rate) => rate.split('='));
  const rate = rates.find(([name]) => name === region)?.[1];
  return rate === undefined ? settings['tax.default_rate'] : Number(rate);
}
