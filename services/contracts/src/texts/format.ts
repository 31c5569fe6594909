/** What a text says, before it is laid out. */
export type Text = Readonly<{
  subject: string;
  paragraphs: readonly string[];
  /** Where the person goes from here: a path of the marketplace. */
  action?: Readonly<{ label: string; path: string }>;
}>;

/** The stored cents with two decimals, which is all that a person is shown. */
export function dollars(amountMinor: string): string {
  const cents = amountMinor.padStart(3, '0');
  const whole = cents.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ',');
  return `USD ${whole}.${cents.slice(-2)}`;
}

const months = [
  ...['January', 'February', 'March', 'April', 'May', 'June', 'July'],
  ...['August', 'September', 'October', 'November', 'December'],
];

/** All times are UTC and say so. */
export function moment(instant: string): string {
  const date = new Date(instant);
  const time = date.toISOString().slice(11, 16);
  return `${date.getUTCDate()} ${months[date.getUTCMonth()]} ${date.getUTCFullYear()}, ${time} UTC`;
}

/** @throws RangeError a template is given a fact that does not tell what it says: a defect */
export function needed(value: string | undefined): string {
  if (value === undefined) throw new RangeError('a notice without a fact that its text needs');
  return value;
}

export const agreementPath = (agreementId: string | undefined): string =>
  `/agreements/${needed(agreementId)}`;
export const offerPath = (offerId: string | undefined): string => `/offers/${needed(offerId)}`;
