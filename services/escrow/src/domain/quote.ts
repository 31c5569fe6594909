import { type Money, plusBankingDays } from '@holdfast/domain';
import { BillingMethodKind } from '@holdfast/events';
import { type ChargeParts, type ChargeTerms, chargeParts } from './charge-parts.ts';

/** What a charge would be by one way to pay, and until when it is funded at the latest (P-17). */
export type Quote = Readonly<{ kind: BillingMethodKind; parts: ChargeParts; fundedBy: Date }>;

/** A bank debit is answered within four banking days (provider protocols, 4.3); until then nothing is funded (P-3). */
const bankDays = 4;

/** Each way to pay in, worked out by the function that books (P-17). */
export function quotesFor(
  principals: readonly Money[],
  terms: Omit<ChargeTerms, 'kind'>,
  now: Date,
): readonly Quote[] {
  return BillingMethodKind.options.map((kind) => {
    const { shares, ...parts } = chargeParts(principals, { ...terms, kind });
    return { kind, parts, fundedBy: kind === 'bank' ? plusBankingDays(now, bankDays) : now };
  });
}
