import { later, type Money, plusDays, subtract } from '@holdfast/domain';
import type { EventOf, payoutsEvents } from '@holdfast/events';

type PayoutsEvent = EventOf<typeof payoutsEvents>;
export type FundsCredited = Extract<PayoutsEvent, { type: 'payouts.funds.credited' }>;
export type FundsMatured = Extract<PayoutsEvent, { type: 'payouts.funds.matured' }>;

/**
 * What one release gave a freelancer: held for `hold.days`, then available (B-2, B-3). The id is the
 * transfer's.
 */
export type Credit = Readonly<{
  id: string;
  agreementId: string;
  clientId: string;
  accountId: string;
  net: Money;
}> &
  (
    | {
        status: 'pending';
        maturesAt: Date;
        /** What of it is still pending: debts, holds and refunds take the rest (B-5, B-6, E-25). */
        pending: Money;
      }
    | { status: 'available' }
  );

/** A release as escrow tells it. */
export type Release = Readonly<{
  agreementId: string;
  transferId: string;
  clientId: string;
  freelancerId: string;
  net: Money;
  releasedAt: Date;
  availableNotBefore?: Date;
  /** `hold.days`, pinned by the agreement. */
  holdDays: number;
  /** What of it debts take first (B-6). */
  toDebt: Money;
}>;

/**
 * Credits the net of a release to pending, less what debts take first (B-6). It matures exactly `hold.days` x 24
 * hours after the value date of the release, and not before `availableNotBefore` (rules B-2, B-3).
 */
export function creditRelease(release: Release): FundsCredited {
  const held = plusDays(release.releasedAt, release.holdDays);
  return {
    type: 'payouts.funds.credited',
    agreementId: release.agreementId,
    transferId: release.transferId,
    accountId: release.freelancerId,
    net: release.net,
    toDebt: release.toDebt,
    toPending: subtract(release.net, release.toDebt),
    dueAt: release.availableNotBefore ? later(held, release.availableNotBefore) : held,
  };
}

/**
 * Ends the hold (rule B-3). Undefined where it has ended already: a second timer has nothing to do. What something else
 * holds does not mature: it is no longer pending (B-5).
 */
export function mature(credit: Credit, now: Date): FundsMatured | undefined {
  if (credit.status !== 'pending' || now < credit.maturesAt) return undefined;
  return {
    type: 'payouts.funds.matured',
    agreementId: credit.agreementId,
    transferId: credit.id,
    accountId: credit.accountId,
    amount: credit.pending,
    maturedAt: now,
  };
}

/** The state after an event; a credit begins with `payouts.funds.credited`. */
export function evolve(credit: Credit | { clientId: string }, event: FundsCredited | FundsMatured): Credit {
  switch (event.type) {
    case 'payouts.funds.credited':
      return {
        id: event.transferId,
        agreementId: event.agreementId,
        clientId: credit.clientId,
        accountId: event.accountId,
        net: event.net,
        status: 'pending',
        maturesAt: event.dueAt,
        pending: event.toPending,
      };
    case 'payouts.funds.matured': {
      const { id, agreementId, clientId, accountId, net } = credit as Credit;
      return { id, agreementId, clientId, accountId, net, status: 'available' };
    }
  }
}
