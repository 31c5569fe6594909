import type { contractsEvents, EventOf, HoldKind } from '@holdfast/events';

export type AccountOpened = Extract<EventOf<typeof contractsEvents>, { type: 'contracts.account.opened' }>;
export type AccountRole = AccountOpened['roles'][number];

/** One person's one account, with all their roles (S-1). The id is the `sub` of the person's token (S-12). */
export type Account = Readonly<{
  id: string;
  roles: readonly AccountRole[];
  region: AccountOpened['region'];
  /** The kinds of its standing holds, which are rows of their own (S-5, S-12). */
  holds: readonly HoldKind[];
}>;

export function openAccount({ id, roles, region }: Omit<Account, 'holds'>): AccountOpened {
  return { type: 'contracts.account.opened', accountId: id, roles: [...roles], region };
}

/** The state after an event; an account begins with `contracts.account.opened`. */
export function evolve(event: AccountOpened): Account {
  return { id: event.accountId, roles: event.roles, region: event.region, holds: [] };
}
