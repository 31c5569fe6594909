import { newId } from '@holdfast/messaging';
import { commonRights, entityColumns, migratedColumns, rightsOf } from '@holdfast/testing';
import { expect, test } from '@jest/globals';
import { definition } from '../contracts.module.ts';
import { useContracts } from '../testing/contracts.ts';

const contracts = useContracts();
/** PostgreSQL calls every column of a view nullable, so it is not compared. */
const tables = Object.keys(definition.grants).filter((table) => table !== 'unsettled_agreements');

test('the migrated tables are those of the entities', async () => {
  const { orm, pool } = contracts().database;
  expect(await migratedColumns(pool, tables)).toEqual(entityColumns(orm, tables));
});

test('the login role may do what the service needs, and nothing more', async () => {
  const changing = 'INSERT, SELECT, UPDATE';
  const { pool, appUrl } = contracts().database;
  expect(await rightsOf(pool, appUrl)).toEqual({
    ...commonRights,
    account_holds: changing,
    hold_appeals: changing,
    contacts: changing,
    notices: changing,
    accounts: changing,
    agreement_matters: changing,
    agreements: changing,
    amendment_texts: 'INSERT, SELECT',
    amendments: changing,
    billing_methods: changing,
    milestone_versions: 'INSERT, SELECT',
    milestones: changing,
    offer_change_requests: 'INSERT, SELECT',
    offer_versions: 'INSERT, SELECT',
    offers: changing,
    payment_requests: 'INSERT, SELECT',
    person_keys: changing,
    submission_contents: 'INSERT, SELECT',
    submissions: changing,
    unsettled_agreements: 'SELECT',
  });
});

test('what was sent or submitted cannot be rewritten by the service', async () => {
  const { offerId } = await contracts().agreement();
  const denied = { code: '42501' };
  await expect(
    contracts().rows(`update offer_versions set texts = '' where offer_id = $1`, [offerId]),
  ).rejects.toMatchObject(denied);
  await expect(contracts().rows(`update submission_contents set content = ''`)).rejects.toMatchObject(denied);
  await expect(contracts().rows('delete from agreements')).rejects.toMatchObject(denied);
  await expect(contracts().rows('delete from account_holds')).rejects.toMatchObject(denied);
});

test('S-12: the second guard of the rules about holds stands in the table', async () => {
  const { clientId } = await contracts().parties();
  const { holdId } = await contracts().placeHold(clientId, 'safety');
  const check = { code: '23514' };
  const update = (text: string) =>
    contracts().rows(`update account_holds set ${text} where id = $1`, [holdId]);
  // Lifted is lifted at an instant, for a reason; whoever acts says why.
  await expect(update(`status = 'lifted'`)).rejects.toMatchObject(check);
  await expect(update(`status = 'lifted', lifted_at = now()`)).rejects.toMatchObject(check);
  await expect(update(`lift_reason = 'appeal', lifted_at = now()`)).rejects.toMatchObject(check);
  await expect(update(`lifted_by = 'operator', lift_note = ''`)).rejects.toMatchObject(check);
  await expect(update('note = null')).rejects.toMatchObject(check);
  await expect(update('placed_by = null')).rejects.toMatchObject(check);
  await expect(update(`kind = 'frozen'`)).rejects.toMatchObject(check);
  await expect(update(`reason = 'appeal'`)).rejects.toMatchObject(check);
  // One cause holds an account once at a time.
  const again = `insert into account_holds
    select (jsonb_populate_record(h, $2)).* from account_holds h where id = $1`;
  await expect(contracts().rows(again, [holdId, { id: newId() }])).rejects.toMatchObject({ code: '23505' });
});
