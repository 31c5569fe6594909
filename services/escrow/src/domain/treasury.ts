import { credit, debit, type Journal, journal, type Money, Rejection, usd } from '@holdfast/domain';
import { bankCash } from './journals.ts';

/** The platform's own money (section 11). */
const operatingCash = 'E.cash.operating';

/** What stands on one side and on the other of M-14, by the ledger. */
export type Cover = Readonly<{
  /** All the places where customers' money lies. */
  trustMinor: bigint;
  /** Of it at the bank. */
  bankMinor: bigint;
  /** The platform's own. */
  operatingMinor: bigint;
  /** What is owed: held money and fees, tax, refunds on their way, and what payouts owes freelancers. */
  requiredMinor: bigint;
  /** What freelancers owe the platform, which their own money does not cover (B-6). */
  debtsMinor: bigint;
}>;

/** Between the platform's own money and the bank account of the customers' (M-23). */
export type TreasuryMovement = Readonly<{ id: string; kind: 'top_up' | 'sweep'; amount: Money }>;

/** M-23: what the trust cash has beyond M-14 and the float; negative where it is short. */
export const surplusMinorOf = (
  { trustMinor, requiredMinor, debtsMinor }: Cover,
  floatMinor: bigint,
): bigint => trustMinor - requiredMinor - debtsMinor - floatMinor;

/**
 * All that is short, or a part of it (M-14, M-23).
 * @throws Rejection treasury.nothing_short | treasury.exceeds_short | treasury.capital_short
 */
export function topUpOf(cover: Cover, floatMinor: bigint, asked?: Money): Money {
  const shortMinor = -surplusMinorOf(cover, floatMinor);
  if (shortMinor <= 0n) throw new Rejection('treasury.nothing_short');
  const amountMinor = asked?.amountMinor ?? shortMinor;
  if (amountMinor > shortMinor) throw new Rejection('treasury.exceeds_short');
  if (amountMinor > cover.operatingMinor) throw new Rejection('treasury.capital_short');
  return usd(amountMinor);
}

/**
 * All that is over, or a part of it: fees that were earned, and top-ups that are no longer needed (M-23).
 * @throws Rejection treasury.no_surplus | treasury.exceeds_surplus | treasury.bank_short, where it lies at a provider
 *   that must be settled first
 */
export function sweepOf(cover: Cover, floatMinor: bigint, asked?: Money): Money {
  const surplusMinor = surplusMinorOf(cover, floatMinor);
  if (surplusMinor <= 0n) throw new Rejection('treasury.no_surplus');
  const amountMinor = asked?.amountMinor ?? surplusMinor;
  if (amountMinor > surplusMinor) throw new Rejection('treasury.exceeds_surplus');
  if (amountMinor > cover.bankMinor) throw new Rejection('treasury.bank_short');
  return usd(amountMinor);
}

/** G-31.1, G-31.4: from the platform's money to the customers' bank account, or back. */
export function treasuryJournal({ id, kind, amount: { amountMinor } }: TreasuryMovement): Journal {
  const [to, from] = kind === 'top_up' ? [bankCash, operatingCash] : [operatingCash, bankCash];
  return journal({
    kind: 'treasury',
    causeId: id,
    lines: [debit(to, amountMinor), credit(from, amountMinor)],
  });
}
