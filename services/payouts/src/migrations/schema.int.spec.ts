import { newId } from '@holdfast/messaging';
import { commonRights, entityColumns, ledgerRights, migratedColumns, rightsOf } from '@holdfast/testing';
import { expect, test } from '@jest/globals';
import { definition } from '../payouts.module.ts';
import { useWithdrawals } from '../testing/withdrawals.ts';

const payouts = useWithdrawals();
/** PostgreSQL calls every column of a view nullable, so it is not compared. */
const views = ['account_sums', 'available_balances'];
const tables = Object.keys(definition.grants).filter((table) => !views.includes(table));

test('the migrated tables are those of the entities', async () => {
  const { orm, pool } = payouts().database;
  expect(await migratedColumns(pool, tables)).toEqual(entityColumns(orm, tables));
});

test('the login role may do what the service needs, and nothing more', async () => {
  const changing = 'INSERT, SELECT, UPDATE';
  const { pool, appUrl } = payouts().database;
  expect(await rightsOf(pool, appUrl)).toEqual({
    ...commonRights,
    ...ledgerRights,
    agreements: changing,
    credits: changing,
    fund_holds: changing,
    account_sums: 'SELECT',
    adjustment_turns: 'SELECT, UPDATE',
    adjustments: changing,
    available_balances: 'SELECT',
    debts: changing,
    persons: changing,
    person_keys: changing,
    account_holds: changing,
    account_changes: 'INSERT, SELECT',
    withdrawal_methods: changing,
    withdrawals: changing,
    attempts: changing,
    staff_decisions: changing,
    staff_turns: 'SELECT, UPDATE',
    sending_stops: changing,
    clearing_transfers: changing,
    provider_notices: changing,
  });
});

test('F40: what was posted or credited cannot be taken back by the service', async () => {
  for (const statement of [
    'update entries set amount_minor = 1',
    'delete from journals',
    'delete from credits',
    'delete from fund_holds',
    'delete from debts',
    'delete from withdrawal_methods',
    'delete from withdrawals',
    'delete from attempts',
    'delete from sending_stops',
    'delete from clearing_transfers',
    `update account_changes set value = 'none'`,
    'delete from account_changes',
  ]) {
    await expect(payouts().rows(statement)).rejects.toMatchObject({ code: '42501' });
  }
});

test('the second guard of the rules stands in the tables', async () => {
  const { agreementId, freelancerId } = await payouts().agreement();
  const credit = (net: number, status: string, maturesAt: Date | null) =>
    payouts().rows(`insert into credits values ($1, $2, 'client', $3, $4, $5, $6, 1)`, [
      newId(),
      agreementId,
      freelancerId,
      net,
      status,
      maturesAt,
    ]);
  const check = { code: '23514' };
  await expect(credit(0, 'available', null)).rejects.toMatchObject(check);
  await expect(credit(1, 'lost', null)).rejects.toMatchObject(check);
  await expect(credit(1, 'pending', null)).rejects.toMatchObject(check);
  await expect(credit(1, 'available', new Date())).rejects.toMatchObject(check);
});

test('and in those of persons and methods (S-3, P-13, W-1, W-17)', async () => {
  const accountId = await payouts().clearedPerson();
  const methodId = await payouts().activeMethod(accountId);
  const person = (set: string) => payouts().rows(`update persons set ${set} where id = $1`, [accountId]);
  const method = (set: string) =>
    payouts().rows(`update withdrawal_methods set ${set} where id = $1`, [methodId]);
  const check = { code: '23514' };
  await expect(person(`identity = 'failed'`)).rejects.toMatchObject(check);
  await expect(person('name_sealed = null')).rejects.toMatchObject(check);
  await expect(person('identity_due_at = now()')).rejects.toMatchObject(check);
  await expect(person(`tax_form_status = 'missing'`)).rejects.toMatchObject(check);
  await expect(person('tax_form_at = null')).rejects.toMatchObject(check);
  await expect(method('provider_account_id = null')).rejects.toMatchObject(check);
  await expect(method('cooling_due_at = now()')).rejects.toMatchObject(check);
  await expect(method('next_call_at = now()')).rejects.toMatchObject(check);
  await expect(method('screened_at = null')).rejects.toMatchObject(check);
  await expect(method(`status = 'disabled'`)).rejects.toMatchObject(check);
  await expect(method(`disabled_reason = 'bad_details'`)).rejects.toMatchObject(check);
  await expect(method(`last_four = '123456789'`)).rejects.toMatchObject(check);
});

test('and in those of withdrawals and attempts (W-5, W-15, W-16, M-22)', async () => {
  const { withdrawalId } = await payouts().calling();
  const withdrawal = (set: string) =>
    payouts().rows(`update withdrawals set ${set} where id = $1`, [withdrawalId]);
  const attempt = (set: string) =>
    payouts().rows(`update attempts set ${set} where withdrawal_id = $1`, [withdrawalId]);
  const check = { code: '23514' };
  await expect(withdrawal('fee_minor = amount_minor')).rejects.toMatchObject(check);
  await expect(withdrawal(`reference = 'po_1'`)).rejects.toMatchObject(check);
  await expect(withdrawal(`status = 'held'`)).rejects.toMatchObject(check);
  await expect(withdrawal(`status = 'failed', next_call_at = null`)).rejects.toMatchObject(check);
  await expect(withdrawal(`status = 'paid'`)).rejects.toMatchObject(check);
  await expect(withdrawal('paid_at = now()')).rejects.toMatchObject(check);
  await expect(withdrawal(`status = 'cancelled'`)).rejects.toMatchObject(check);
  await expect(withdrawal('back_minor = amount_minor + 1')).rejects.toMatchObject(check);
  // W-15: the stored bytes are those of their hash, and an attempt that is in doubt says since when.
  await expect(attempt(`body = body || ' '`)).rejects.toMatchObject(check);
  await expect(attempt(`state = 'unknown'`)).rejects.toMatchObject(check);
  await expect(attempt(`state = 'submitted', calling_since = null`)).rejects.toMatchObject(check);
  await expect(attempt(`state = 'failed', calling_since = null`)).rejects.toMatchObject(check);
  await expect(attempt(`review = 'somehow'`)).rejects.toMatchObject(check);
  await expect(attempt('number = 3')).rejects.toMatchObject(check);
  await expect(attempt(`resolved_by = 'somebody'`)).rejects.toMatchObject(check);
  // W-16: a second living attempt of a withdrawal cannot even be stored.
  const copy = `insert into attempts select (jsonb_populate_record(a, $2)).* from attempts a
    where withdrawal_id = $1`;
  const second = { id: newId(), key: 'po_7K3M9Q2X-2', number: 2 };
  await expect(payouts().rows(copy, [withdrawalId, second])).rejects.toMatchObject({ code: '23505' });
  // M-22: one transfer of each kind.
  const transfer = `insert into clearing_transfers values ($1, 'F', $2, 'withdrawal_paid', 1, now(), 'sent', 1)`;
  await payouts().rows(transfer, [newId(), withdrawalId]);
  await expect(payouts().rows(transfer, [newId(), withdrawalId])).rejects.toMatchObject({ code: '23505' });
});
