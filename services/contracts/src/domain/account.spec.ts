import type { HoldKind } from '@holdfast/events';
import { describe, expect, test } from '@jest/globals';
import { type Account, closeAccount, evolve, openAccount, statusOf } from './account.ts';

test('S-12: the account is opened under the id that the token names, with all roles of the person', () => {
  const opened = openAccount({ id: 'person-1', roles: ['client', 'freelancer'], region: 'US' });
  expect(opened).toEqual({
    type: 'contracts.account.opened',
    accountId: 'person-1',
    roles: ['client', 'freelancer'],
    region: 'US',
  });
  expect(evolve(opened)).toEqual({
    id: 'person-1',
    roles: ['client', 'freelancer'],
    region: 'US',
    holds: [],
  });
});

const nothing = { agreementIds: [], offerIds: [], unsettledIds: [] };
const accountWith = (more: Partial<Account> = {}): Account => {
  return { id: 'person-1', roles: ['client'], region: 'US', holds: [], ...more };
};
const closedAt = new Date('2027-01-04T09:00:00Z');
const refused = (code: string, details = {}) => expect.objectContaining({ code, details });

describe('S-12: an account is opened, active, suspended and active again, or closed', () => {
  test.each([
    [{}, false, 'opened'],
    [{}, true, 'active'],
    [{ holds: ['safety'] as HoldKind[] }, false, 'suspended'],
    [{ holds: ['financial'] as HoldKind[] }, true, 'suspended'],
    [{ closedAt }, true, 'closed'],
    [{ closedAt, holds: ['closed'] as HoldKind[] }, true, 'closed'],
  ])('%j, with a contract: %s', (more, hasContracted, status) => {
    expect(statusOf(accountWith(more), hasContracted)).toBe(status);
  });

  test('its owner or an operator closes it', () => {
    for (const reason of ['by_owner', 'by_operator'] as const) {
      expect(closeAccount(accountWith(), nothing, reason)).toEqual({
        type: 'contracts.account.closed',
        accountId: 'person-1',
        reason,
      });
    }
  });

  test('not while contracts, offers or money of it are open, nor twice', () => {
    const closing = (open: Partial<typeof nothing>) => () =>
      closeAccount(accountWith(), { ...nothing, ...open }, 'by_operator');
    const agreementIds = ['agreement-1'] as never;
    expect(closing({ agreementIds })).toThrow(refused('account.agreements_live', { agreementIds }));
    const offerIds = ['offer-1'] as never;
    expect(closing({ offerIds })).toThrow(refused('account.offers_open', { offerIds }));
    expect(closing({ unsettledIds: agreementIds })).toThrow(
      refused('account.money_unsettled', { agreementIds }),
    );
    expect(() => closeAccount(accountWith({ closedAt }), nothing, 'by_owner')).toThrow(
      refused('account.closed'),
    );
  });

  test('S-5: who is held does not leave by closing; an operator may close it', () => {
    const held = accountWith({ holds: ['safety'] });
    expect(() => closeAccount(held, nothing, 'by_owner')).toThrow(
      refused('account.on_hold', { kind: 'safety' }),
    );
    expect(closeAccount(held, nothing, 'by_operator')).toMatchObject({ reason: 'by_operator' });
  });
});
