import { Rejection } from '@holdfast/domain';
import type { contractsEvents, EventOf, HoldKind } from '@holdfast/events';

export type AccountOpened = Extract<EventOf<typeof contractsEvents>, { type: 'contracts.account.opened' }>;
export type AccountClosed = Extract<EventOf<typeof contractsEvents>, { type: 'contracts.account.closed' }>;
export type AccountRole = AccountOpened['roles'][number];

/** One person's one account, with all their roles (S-1). The id is the `sub` of the person's token (S-12). */
export type Account = Readonly<{
  id: string;
  roles: readonly AccountRole[];
  region: AccountOpened['region'];
  /** The kinds of its standing holds, which are rows of their own (S-5, S-12). */
  holds: readonly HoldKind[];
  /** It takes part in nothing any more. */
  closedAt?: Date;
}>;

export type AccountStatus = 'opened' | 'active' | 'suspended' | 'closed';

/** S-12: active from its first contract on, and suspended as long as any hold stands. */
export function statusOf(
  { holds, closedAt }: Pick<Account, 'holds' | 'closedAt'>,
  hasContracted: boolean,
): AccountStatus {
  if (closedAt) return 'closed';
  if (holds.length > 0) return 'suspended';
  return hasContracted ? 'active' : 'opened';
}

export function openAccount({ id, roles, region }: Pick<Account, 'id' | 'roles' | 'region'>): AccountOpened {
  return { type: 'contracts.account.opened', accountId: id, roles: [...roles], region };
}

/** What still runs on an account, as far as contracts knows: its own agreements and offers, and what escrow told of them. */
export type Engagements = Readonly<{
  agreementIds: readonly string[];
  offerIds: readonly string[];
  /** Of agreements with a refund, a chargeback or a bonus that has not come to its end. */
  unsettledIds: readonly string[];
}>;

/**
 * S-12: nothing may be left that needs its person. Who is held does not leave by closing; an operator may close it then.
 * @throws Rejection account.closed | account.on_hold | account.agreements_live | account.offers_open |
 *   account.money_unsettled
 */
export function closeAccount(
  { id, holds, closedAt }: Account,
  { agreementIds, offerIds, unsettledIds }: Engagements,
  reason: AccountClosed['reason'],
): AccountClosed {
  if (closedAt) throw new Rejection('account.closed');
  const [kind] = holds;
  if (kind && reason === 'by_owner') throw new Rejection('account.on_hold', { kind });
  if (agreementIds.length > 0) throw new Rejection('account.agreements_live', { agreementIds });
  if (offerIds.length > 0) throw new Rejection('account.offers_open', { offerIds });
  if (unsettledIds.length > 0) {
    throw new Rejection('account.money_unsettled', { agreementIds: unsettledIds });
  }
  return { type: 'contracts.account.closed', accountId: id, reason };
}

/** The state after an event; an account begins with `contracts.account.opened`. */
export function evolve(event: AccountOpened): Account {
  return { id: event.accountId, roles: event.roles, region: event.region, holds: [] };
}
