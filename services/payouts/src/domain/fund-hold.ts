import { type Money, usd } from '@holdfast/domain';
import type { EventOf, payoutsEvents } from '@holdfast/events';
import { type Balance, least, pendingMinorOf, type Taken, takeFromBalance } from './balance.ts';

type PayoutsEvent = EventOf<typeof payoutsEvents>;
export type FundsHeld = Extract<PayoutsEvent, { type: 'payouts.funds.held' }>;
export type FundsUnheld = Extract<PayoutsEvent, { type: 'payouts.funds.unheld' }>;

/** Paid money that waits for a chargeback or a case: one row per cause (B-5). It knows where each part came from. */
export type FundHold = Readonly<{
  id: string;
  agreementId: string;
  accountId: string;
  cause: 'chargeback' | 'case';
  causeId: string;
  fromPending: Taken['fromPending'];
  fromAvailableMinor: bigint;
}>;

type HoldOrder = Pick<FundHold, 'agreementId' | 'accountId' | 'cause' | 'causeId'> &
  Readonly<{ holdId: string; amount: Money }>;

/** Holds what is there of the amount, at most (B-5): pending first, then available. */
export function holdFunds(order: HoldOrder, balance: Balance): FundHold {
  const { holdId: id, agreementId, accountId, cause, causeId, amount } = order;
  const { fromPending, fromAvailableMinor } = takeFromBalance(balance, amount.amountMinor);
  return { id, agreementId, accountId, cause, causeId, fromPending, fromAvailableMinor };
}

export const heldMinorOf = (hold: Pick<FundHold, 'fromPending' | 'fromAvailableMinor'>): bigint =>
  pendingMinorOf(hold) + hold.fromAvailableMinor;

export const heldFact = (hold: FundHold): FundsHeld => ({
  type: 'payouts.funds.held',
  ...factOf(hold),
});

/** Back where it came from (B-5). */
export const unheldFact = (hold: FundHold): FundsUnheld => ({
  type: 'payouts.funds.unheld',
  ...factOf(hold),
});

function factOf(hold: FundHold) {
  const { agreementId, accountId, id: holdId, cause, causeId } = hold;
  return { agreementId, accountId, holdId, cause, causeId, amount: usd(heldMinorOf(hold)) };
}

/**
 * Takes what is lost out of the hold, in the order in which it was held (B-5).
 * @returns what was taken, and what of the hold is free again
 */
export function takeFromHold(hold: FundHold, amountMinor: bigint): { takenMinor: bigint; rest: FundHold } {
  let open = amountMinor;
  const take = (heldMinor: bigint): bigint => {
    const given = least(heldMinor, open);
    open -= given;
    return heldMinor - given;
  };
  const fromPending = hold.fromPending
    .map((part) => ({ ...part, amountMinor: take(part.amountMinor) }))
    .filter((part) => part.amountMinor > 0n);
  const fromAvailableMinor = take(hold.fromAvailableMinor);
  return { takenMinor: amountMinor - open, rest: { ...hold, fromPending, fromAvailableMinor } };
}
