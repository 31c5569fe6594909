import { expect, test } from '@jest/globals';
import { evolve, openAccount } from './account.ts';

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
