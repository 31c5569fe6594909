import { newId } from '@holdfast/messaging';
import { commonRights, entityColumns, ledgerRights, migratedColumns, rightsOf } from '@holdfast/testing';
import { expect, test } from '@jest/globals';
import { definition } from '../escrow.module.ts';
import { useEscrow } from '../testing/escrow.ts';
import { Verifications } from '../testing/small-charges.ts';

const escrow = useEscrow();
/** PostgreSQL calls every column of a view nullable, so they are not compared. */
const views = [
  'account_sums',
  'adjusted_movements',
  'bank_cash',
  'card_cash',
  'known_movements',
  'treasury_cover',
  'unreported_captures',
  'unreported_movements',
];
const tables = Object.keys(definition.grants).filter((table) => !views.includes(table));

test('the migrated tables are those of the entities', async () => {
  const { orm, pool } = escrow().database;
  expect(await migratedColumns(pool, tables)).toEqual(entityColumns(orm, tables));
});

test('the login role may do what the service needs, and nothing more', async () => {
  const changing = 'INSERT, SELECT, UPDATE';
  const { pool, appUrl } = escrow().database;
  expect(await rightsOf(pool, appUrl)).toEqual({
    ...commonRights,
    ...ledgerRights,
    account_holds: changing,
    account_sums: 'SELECT',
    accounts: 'INSERT, SELECT',
    adjusted_movements: 'SELECT',
    adjustment_turns: 'SELECT, UPDATE',
    adjustments: changing,
    agreements: changing,
    bonuses: changing,
    funding_shares: changing,
    bank_cash: 'SELECT',
    billing_methods: changing,
    card_cash: 'SELECT',
    cash_accounts: 'SELECT, UPDATE',
    chargebacks: changing,
    dormancies: changing,
    change_requests: 'INSERT, SELECT',
    dispute_searches: 'SELECT, UPDATE',
    cost_reports: changing,
    cost_readings: 'SELECT, UPDATE',
    known_movements: 'SELECT',
    movement_breaks: changing,
    report_lines: changing,
    unreported_captures: 'SELECT',
    unreported_movements: 'SELECT',
    processing_costs: 'INSERT, SELECT',
    freelancer_debts: changing,
    freezes: changing,
    fundings: changing,
    lots: changing,
    milestones: changing,
    person_keys: changing,
    provider_notices: changing,
    notice_proofs: changing,
    paid_refund_requests: changing,
    refund_attempts: changing,
    refund_decisions: changing,
    refund_requests: changing,
    refunds: changing,
    settlements: changing,
    small_charges: changing,
    small_disputes: changing,
    small_refunds: changing,
    staff_decisions: changing,
    staff_turns: 'SELECT, UPDATE',
    support_refunds: changing,
    transfers: changing,
    treasury_cover: 'SELECT',
    treasury_movements: 'INSERT, SELECT',
  });
});

test('what was posted, asked or released cannot be taken back by the service', async () => {
  const denied = { code: '42501' };
  for (const statement of [
    'update entries set amount_minor = 1',
    'delete from journals',
    `update change_requests set reason_sealed = ''`,
    'delete from milestones',
    'delete from fundings',
    'delete from lots',
    'delete from refunds',
    'delete from refund_attempts',
    'delete from settlements',
  ]) {
    await expect(escrow().rows(statement)).rejects.toMatchObject({ code: denied.code });
  }
});

test('the second guard of the rules stands in the tables', async () => {
  const { milestoneIds, agreementId } = await escrow().funded({ prices: [100_000n, 50_000n] });
  const [first, second] = milestoneIds;
  const update = (text: string, id = first) =>
    escrow().rows(`update milestones set ${text} where id = $1`, [id]);
  const check = { code: '23514' };
  // M-4: held at most what was paid, and nothing where nothing is held.
  await expect(update(`status = 'funded'`, second)).rejects.toMatchObject(check);
  await expect(update('held_minor = principal_minor + 1')).rejects.toMatchObject(check);
  await expect(update('held_minor = -1')).rejects.toMatchObject(check);
  await expect(update(`status = 'released'`)).rejects.toMatchObject(check);
  await expect(update(`status = 'submitted'`)).rejects.toMatchObject(check);
  await expect(update(`review_due_at = now()`)).rejects.toMatchObject(check);
  await expect(update('reserved_minor = 1')).rejects.toMatchObject(check);
  await expect(update(`status = 'refund_pending'`)).rejects.toMatchObject(check);
  await expect(update('released_minor = 1')).rejects.toMatchObject(check);
  await expect(update('client_fee_held_minor = client_fee_minor + 1')).rejects.toMatchObject(check);
  // E-26: nothing is due for a funding that has ended, and a failed one says why.
  const funding = (text: string) =>
    escrow().rows(`update fundings set ${text} where milestone_id = $1`, [first]);
  await expect(funding('expires_at = now()')).rejects.toMatchObject(check);
  await expect(funding('next_call_at = now()')).rejects.toMatchObject(check);
  await expect(funding(`status = 'failed'`)).rejects.toMatchObject(check);
  await expect(funding(`ending = 'somehow'`)).rejects.toMatchObject(check);
  await expect(funding('total_minor = total_minor + 1')).rejects.toMatchObject(check);
  await expect(funding('tax_minor = 1')).rejects.toMatchObject(check);
  // E-10: a charge pays milestones or a bonus; E-9: an amount rolls from somewhere.
  await expect(funding('milestone_id = null')).rejects.toMatchObject(check);
  await expect(funding('bonus_id = id')).rejects.toMatchObject(check);
  await expect(funding('roll_minor = 1')).rejects.toMatchObject(check);
  // P-3: a milestone has one living charge.
  const copied =
    'insert into fundings select (jsonb_populate_record(f, $2)).* from fundings f where milestone_id = $1';
  const alive = (id: string) => ({
    id,
    status: 'waiting',
    step: 'create',
    next_call_at: new Date(),
    intent_id: null,
  });
  await escrow().rows(copied, [first, alive(newId())]);
  const text = `${copied} and status = 'waiting'`;
  await expect(escrow().rows(text, [first, alive(newId())])).rejects.toMatchObject({ code: '23P01' });
  await expect(
    escrow().rows(`update agreements set initiation_fee = 'lost' where id = $1`, [agreementId]),
  ).rejects.toMatchObject(check);
});

test('M-23: a settlement is due, ended and acknowledged exactly where its status says so', async () => {
  await escrow().funded();
  const { settlementId } = await escrow().settleCard();
  const settlement = (text: string) =>
    escrow().rows(`update settlements set ${text} where id = $1`, [settlementId]);
  for (const text of [
    'next_call_at = null',
    `status = 'in_transit'`,
    `status = 'paid', next_call_at = null, ended_at = now()`,
    `status = 'failed', next_call_at = null, ended_at = now()`,
    `status = 'failed', next_call_at = null, failure = 'refused'`,
    `failure = 'refused'`,
    `failure = 'somehow'`,
    'ended_at = now()',
    'amount_minor = 0',
  ]) {
    await expect(settlement(text)).rejects.toMatchObject({ code: '23514' });
  }
});

test('P-2: a card has two small charges and three tries, and each charge one way back that lives', async () => {
  const verifications = new Verifications(escrow().database);
  const { accountId, methodId, amounts } = await verifications.confirming();
  const method = (text: string) =>
    escrow().rows(`update billing_methods set ${text} where id = $1`, [methodId]);
  for (const text of [
    'tries_left = 4',
    'tries_left = -1',
    'tries_left = 0',
    'tries_left = null',
    'verification_number = null',
    'verification_number = 0',
    'confirm_by = null',
    `status = 'verified', mandate_at = now(), confirm_by = null`,
    `verify_by = 'set_up'`,
    `kind = 'bank'`,
  ]) {
    await expect(method(text)).rejects.toMatchObject({ code: '23514' });
  }
  const again = (table: string, changed: object) =>
    escrow().rows(
      `insert into ${table} select (jsonb_populate_record(t, $1)).* from ${table} t where account_id = $2 limit 1`,
      [changed, accountId],
    );
  await expect(again('billing_methods', { id: newId() })).rejects.toMatchObject({ code: '23505' });
  const next = { id: newId(), intent_id: null };
  await expect(again('small_charges', next)).rejects.toMatchObject({ code: '23505' });
  await expect(again('small_charges', { ...next, place: 3 })).rejects.toMatchObject({ code: '23514' });
  await verifications.confirm(accountId, methodId, amounts);
  await expect(again('small_refunds', { id: newId(), number: 2 })).rejects.toMatchObject({ code: '23P01' });
});
