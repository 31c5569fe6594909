import { feeOf, type Money, sharedFee, split, usd } from '@holdfast/domain';
import type { BillingMethodKind, PinnedSettings } from '@holdfast/events';

/**
 * Parts of a charge (P-3): principal, client fee (P-4), initiation fee with the first charge only (P-6), tax on both
 * fees (P-12).
 */
export type ChargeParts = Readonly<{
  principal: Money;
  clientFee: Money;
  initiationFee: Money;
  tax: Money;
  total: Money;
}>;

/** What one of the things that a charge pays for has of it; the initiation fee is the first one's. */
export type ChargeShare = Readonly<{
  principal: Money;
  clientFee: Money;
  initiationFee: Money;
  tax: Money;
}>;

export type ChargeTerms = Readonly<{
  kind: BillingMethodKind;
  settings: Pick<PinnedSettings, 'fee.client_bps' | 'fee.client_bank_bps' | 'fee.initiation'>;
  initiationDue: boolean;
  /** By the client's region (P-12). */
  taxBps: number;
}>;

/**
 * Works out a charge; the same function serves quotes and bookings (P-17). One client fee by R-2 on the charge, shared
 * by R-4 with the amounts as weights; one tax by R-2 on the sum of the fees, shared with the fees as weights.
 */
export function chargeParts(
  principals: readonly Money[],
  { kind, settings, initiationDue, taxBps }: ChargeTerms,
): ChargeParts & { shares: readonly ChargeShare[] } {
  const bps = settings[kind === 'bank' ? 'fee.client_bank_bps' : 'fee.client_bps'];
  const amounts = principals.map(({ amountMinor }) => amountMinor);
  const clientFees = sharedFee(amounts, BigInt(bps));
  const initiationFee = initiationDue ? BigInt(settings['fee.initiation']) : 0n;
  const fees = clientFees.map((fee, index) => (index === 0 ? fee + initiationFee : fee));
  const tax = feeOf(sum(fees), BigInt(taxBps));
  const taxes = tax === 0n ? fees.map(() => 0n) : split(tax, fees);
  return {
    principal: usd(sum(amounts)),
    clientFee: usd(sum(clientFees)),
    initiationFee: usd(initiationFee),
    tax: usd(tax),
    total: usd(sum(amounts) + sum(fees) + tax),
    shares: principals.map((principal, index) => ({
      principal,
      clientFee: usd(clientFees[index]!),
      initiationFee: usd(index === 0 ? initiationFee : 0n),
      tax: usd(taxes[index]!),
    })),
  };
}

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);
