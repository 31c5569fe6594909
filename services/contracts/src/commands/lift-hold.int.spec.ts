import { NotYet, Rejection } from '@holdfast/domain';
import { createPool, newId } from '@holdfast/messaging';
import { expect, test } from '@jest/globals';
import { AccountHolds } from '../queries/account-holds.ts';
import { MyAccount } from '../queries/my-account.ts';
import { http, newAccountId, personTexts, useContracts } from '../testing/contracts.ts';

const contracts = useContracts();
const lifted = new Rejection('hold.lifted');
const seenByOperators = (accountId: string) =>
  new AccountHolds(contracts().database.orm, personTexts).of(accountId);

async function someone(): Promise<string> {
  const accountId = newAccountId('person');
  await contracts().openAccount(accountId, ['client', 'freelancer']);
  return accountId;
}

const liftedFor = async (accountId: string) =>
  (await contracts().published(accountId)).filter(({ type }) => type === 'contracts.account.hold_lifted');

test('S-12: one hold is lifted, the others stand; who placed it, and why, stays as it was', async () => {
  const accountId = await someone();
  const first = await contracts().placeHold(accountId, 'safety', { note: 'Asked for bank details' });
  const second = await contracts().placeHold(accountId, 'safety');
  expect(await contracts().liftHold(accountId, first.holdId)).toEqual({ ...first, status: 'lifted' });
  expect(await liftedFor(accountId)).toEqual([
    {
      type: 'contracts.account.hold_lifted',
      accountId,
      holdId: first.holdId,
      kind: 'safety',
      reason: 'appeal',
    },
  ]);
  const instant = expect.stringMatching(/^2\d{3}-.*Z$/);
  const placed = { kind: 'safety', reason: 'other', placedBy: 'operator-1', placedAt: instant };
  expect(await seenByOperators(accountId)).toEqual({
    accountId,
    status: 'suspended',
    holds: [
      {
        ...first,
        ...placed,
        causeId: first.holdId,
        status: 'lifted',
        note: 'Asked for bank details',
        liftReason: 'appeal',
        liftedAt: instant,
        liftedBy: 'operator-2',
        liftNote: 'Explained',
      },
      { ...second, ...placed, causeId: second.holdId, status: 'standing', note: 'Seen twice' },
    ],
  });
});

test('the same message twice has the same answer; lifting again is refused, also for its repeat', async () => {
  const [accountId, message, again] = [await someone(), http(), http()];
  const { holdId } = await contracts().placeHold(accountId, 'financial');
  const first = await contracts().liftHold(accountId, holdId, { message });
  expect(await contracts().liftHold(accountId, holdId, { message })).toEqual(first);
  await expect(contracts().liftHold(accountId, holdId, { message: again })).rejects.toThrow(lifted);
  await expect(contracts().liftHold(accountId, holdId, { message: again })).rejects.toThrow(lifted);
  expect(await liftedFor(accountId)).toHaveLength(1);
});

test('of two at once one lifts it, the other is refused', async () => {
  const accountId = await someone();
  const { holdId } = await contracts().placeHold(accountId, 'closed');
  const both = await Promise.allSettled([
    contracts().liftHold(accountId, holdId),
    contracts().liftHold(accountId, holdId),
  ]);
  expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: lifted });
  expect(await liftedFor(accountId)).toHaveLength(1);
});

test('an unknown hold, or one of another account, is refused', async () => {
  const [accountId, other] = [await someone(), await someone()];
  const { holdId } = await contracts().placeHold(other, 'safety');
  const unknown = new NotYet('hold.unknown');
  await expect(contracts().liftHold(accountId, holdId)).rejects.toThrow(unknown);
  await expect(contracts().liftHold(accountId, newId())).rejects.toThrow(unknown);
});

test('S-3, W-17: a fact lifts the hold of its own cause alone', async () => {
  const [accountId, methodId] = [await someone(), newId()];
  const screening = { accountId, screeningId: newId() };
  await contracts().holdFact({ type: 'payouts.identity.failed', accountId, reason: 'unanswered' });
  await contracts().holdFact({ type: 'payouts.screening.blocked', ...screening, methodId });
  await contracts().holdFact({ type: 'payouts.screening.blocked', ...screening, methodId: newId() });
  await contracts().placeHold(accountId, 'identity');
  await contracts().holdFact({ type: 'payouts.identity.verified', accountId });
  await contracts().holdFact({ type: 'payouts.screening.cleared', ...screening, methodId });
  const rows = await contracts().rows(
    `select kind, reason, status, lift_reason, lifted_by, lift_note from account_holds
      where account_id = $1 order by id`,
    [accountId],
  );
  const [standing, byFact] = [
    { status: 'standing', lift_reason: null },
    { status: 'lifted', lifted_by: null, lift_note: null },
  ];
  expect(rows).toMatchObject([
    { reason: 'identity_failed', ...byFact, lift_reason: 'identity_verified' },
    { reason: 'screening_blocked', ...byFact, lift_reason: 'screening_cleared' },
    { reason: 'screening_blocked', ...standing },
    { kind: 'identity', reason: 'other', ...standing },
  ]);
  expect(await liftedFor(accountId)).toHaveLength(2);
});

test('a fact that ends a cause which holds nothing, or that an operator has lifted, changes nothing', async () => {
  const [accountId, methodId] = [await someone(), newId()];
  const screening = { accountId, screeningId: newId(), methodId };
  await contracts().holdFact({ type: 'payouts.identity.verified', accountId });
  await contracts().holdFact({ type: 'payouts.screening.blocked', ...screening });
  const [hold] = await contracts().rows('select id from account_holds where account_id = $1', [accountId]);
  await contracts().liftHold(accountId, String(hold!.id));
  await contracts().holdFact({ type: 'payouts.screening.cleared', ...screening });
  expect(await liftedFor(accountId)).toHaveLength(1);
});

test('S-11: the person sees each standing hold with its class of reason, without author, cause and words', async () => {
  const [accountId, accounts] = [await someone(), new MyAccount(contracts().database.orm, personTexts)];
  const over = await contracts().placeHold(accountId, 'closed');
  await contracts().liftHold(accountId, over.holdId);
  const { holdId } = await contracts().placeHold(accountId, 'financial');
  await contracts().holdFact({
    type: 'payouts.screening.blocked',
    accountId,
    screeningId: newId(),
    methodId: newId(),
  });
  expect(await accounts.of(accountId)).toMatchObject({
    holds: [
      { holdId, kind: 'financial', reasonClass: 'other', since: expect.any(String) },
      { kind: 'safety', reasonClass: 'under_review' },
    ],
  });
  const { holds } = (await accounts.of(accountId)) as { holds: object[] };
  for (const hold of holds) {
    expect(Object.keys(hold).sort()).toEqual(['holdId', 'kind', 'reasonClass', 'since']);
  }
});

test('C-9: without the person’s key the words are gone, and the holds stay', async () => {
  const accountId = await someone();
  const { holdId } = await contracts().placeHold(accountId, 'safety');
  // The service itself has no right to delete a key yet; erasure comes with its own rule.
  const owner = createPool(contracts().database.ownerUrl);
  await owner.query('delete from person_keys where id = $1', [accountId]);
  await owner.end();
  expect(await seenByOperators(accountId)).toMatchObject({ holds: [{ holdId, note: null }] });
});

test('operators are told where there is no such account', async () => {
  await expect(seenByOperators(newAccountId('nobody'))).rejects.toMatchObject({ code: 'account.unknown' });
});
