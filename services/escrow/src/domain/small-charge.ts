import {
  credit,
  debit,
  isLate,
  type Journal,
  journal,
  type Money,
  plusDays,
  plusHours,
  Rejection,
  usd,
} from '@holdfast/domain';
import { type Funding, startFunding } from './funding.ts';
import { cardCash } from './journals.ts';
import type { RefundAttempt } from './refund-attempt.ts';
import { refundPayable } from './refund-journals.ts';

/** A card that two small charges verify: who reads their amounts in the statement holds the card (P-2). */

/** The card provider charges nothing below 50 cents. */
export const leastMinor = 50;
/** With 150 amounts for each of two charges three tries meet them once in 3,750 times. */
export const mostMinor = 199;
export const triesMax = 3;
/** 14 days: a charge stands in every bank's statement by then. */
const confirmDays = 14;
/** A client has a few cards; who tests stolen ones has many. */
export const verificationsMost = 3;
/** 24 h: who gives a card up to try the next one is no quicker for it. */
const verificationHours = 24;

/** The second one follows the first, by the method that the first one has kept. */
export type SmallChargePlace = 1 | 2;

export const confirmableUntil = (chargedAt: Date): Date => plusDays(chargedAt, confirmDays);

/**
 * So many cards of an account are verified at a time, or begun within a day (P-2).
 * @param earlier cards of the account that small charges verify, whatever became of them
 * @throws Rejection billing_method.too_many_verifications
 */
export function assertFewVerifications(
  earlier: readonly Readonly<{ status: string; addedAt: Date }>[],
  now: Date,
): void {
  const counted = earlier.filter(
    ({ status, addedAt }) =>
      status === 'verifying' || status === 'confirming' || plusHours(addedAt, verificationHours) > now,
  );
  if (counted.length >= verificationsMost) throw new Rejection('billing_method.too_many_verifications');
}

/** The course of a small charge is that of any charge with its payer present (E-26). */
export const startSmallCharge = (
  start: Readonly<{ id: string; amount: Money; now: Date; payerMinutes: number }>,
): Funding => {
  const { amount, ...rest } = start;
  return startFunding({ ...rest, kind: 'card', unattended: false, parts: partsOf(amount) });
};

/** It pays for nothing: no fee is taken of it, and no tax. */
export const partsOf = (amount: Money): Funding['parts'] => {
  const none = usd(0n);
  return { principal: amount, clientFee: none, initiationFee: none, tax: none, total: amount };
};

type Confirmable = Readonly<{
  status: string;
  confirmBy?: Date | null | undefined;
  triesLeft?: number | null | undefined;
}>;

/** @throws Rejection billing_method.not_confirming | billing_method.confirmation_over */
export function assertConfirmable({ status, confirmBy }: Confirmable, now: Date): void {
  if (status !== 'confirming') throw new Rejection('billing_method.not_confirming');
  if (!confirmBy || isLate(now, confirmBy)) throw new Rejection('billing_method.confirmation_over');
}

export type Judgement = { status: 'verified' | 'confirming' | 'refused'; triesLeft: number };

/** Both amounts, in either order. What is wrong costs a try, and the last one the method. */
export function judge(charged: readonly Money[], said: readonly Money[], triesBefore: number): Judgement {
  if (isSame(charged, said)) return { status: 'verified', triesLeft: triesBefore };
  const triesLeft = triesBefore - 1;
  return { status: triesLeft > 0 ? 'confirming' : 'refused', triesLeft };
}

const isSame = (charged: readonly Money[], said: readonly Money[]): boolean =>
  inOrder(charged).join() === inOrder(said).join();

const inOrder = (amounts: readonly Money[]): string[] =>
  amounts.map(({ amountMinor, currency }) => `${currency}${amountMinor}`).toSorted();

type Owed = Readonly<{ accountId: string; amount: Money }>;

/** It is owed to the client from the first moment on (P-2). */
export const smallChargeJournal = (smallChargeId: string, { accountId, amount }: Owed): Journal =>
  journal({
    kind: 'small_charge',
    causeId: smallChargeId,
    accountId,
    lines: [debit(cardCash, amount.amountMinor), credit(refundPayable, amount.amountMinor)],
  });

/** As any refund: the provider has paid it from what it holds (E-23). */
export const smallRefundPaidJournal = ({ id: causeId, amount }: RefundAttempt, accountId: string): Journal =>
  journal({
    kind: 'refund_paid',
    causeId,
    accountId,
    lines: [debit(refundPayable, amount.amountMinor), credit(cardCash, amount.amountMinor)],
  });

/** It came back after it had arrived, and is owed again. */
export const smallRefundReturnedJournal = (
  { id: causeId, amount }: RefundAttempt,
  accountId: string,
): Journal =>
  journal({
    kind: 'refund_returned',
    causeId,
    accountId,
    lines: [debit(cardCash, amount.amountMinor), credit(refundPayable, amount.amountMinor)],
  });
