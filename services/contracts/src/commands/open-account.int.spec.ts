import { Rejection } from '@holdfast/domain';
import { expect, test } from '@jest/globals';
import { http, newAccountId, useContracts } from '../testing/contracts.ts';

const contracts = useContracts();
const exists = new Rejection('account.exists');

test('S-12: account, key and fact are committed together', async () => {
  const id = newAccountId('person');
  const opened = { accountId: id, roles: ['client', 'freelancer'], region: 'other' };
  expect(await contracts().openAccount(id, ['client', 'freelancer'])).toEqual(opened);
  expect(await contracts().published(id)).toEqual([{ type: 'contracts.account.opened', ...opened }]);
  const [row] = await contracts().rows(
    'select roles, region, master_key_id from accounts join person_keys using (id) where id = $1',
    [id],
  );
  expect(row).toEqual({ roles: ['client', 'freelancer'], region: 'other', master_key_id: 'test' });
});

test('the same message twice has the same answer and one effect', async () => {
  const [id, message] = [newAccountId('person'), http()];
  const first = await contracts().openAccount(id, ['client'], message);
  expect(await contracts().openAccount(id, ['client'], message)).toEqual(first);
  expect(await contracts().published(id)).toHaveLength(1);
});

test('the same key with another body is refused', async () => {
  const [id, message] = [newAccountId('person'), http()];
  await contracts().openAccount(id, ['client'], message);
  await expect(contracts().openAccount(id, ['freelancer'], message)).rejects.toMatchObject({
    code: 'idempotency.key_reused',
  });
});

test('S-1: a second account is refused, and its repeat gets the same refusal', async () => {
  const [id, second] = [newAccountId('person'), http()];
  await contracts().openAccount(id);
  await expect(contracts().openAccount(id, ['freelancer'], second)).rejects.toThrow(exists);
  await expect(contracts().openAccount(id, ['freelancer'], second)).rejects.toThrow(exists);
  expect(await contracts().published(id)).toHaveLength(1);
});

test('S-1: of two at once one opens the account', async () => {
  const id = newAccountId('person');
  const both = await Promise.allSettled([contracts().openAccount(id), contracts().openAccount(id)]);
  expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: exists });
  expect(await contracts().published(id)).toHaveLength(1);
});
