import { NotYet, plusDays, Rejection } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { describe, expect, test } from '@jest/globals';
import { AccountHolds } from '../queries/account-holds.ts';
import { Appeals } from '../queries/appeals.ts';
import { MyAccount } from '../queries/my-account.ts';
import { http, newAccountId, personTexts, useContracts } from '../testing/contracts.ts';

const contracts = useContracts();
const instant = expect.stringMatching(/^2\d{3}-.*Z$/);

async function held(kind: 'safety' | 'closed' = 'safety'): Promise<{ accountId: string; holdId: string }> {
  const accountId = newAccountId('person');
  await contracts().openAccount(accountId, ['client', 'freelancer']);
  return { accountId, holdId: (await contracts().placeHold(accountId, kind)).holdId };
}
const open = async (): Promise<{ appealId: string }[]> =>
  ((await new Appeals(contracts().database.orm, personTexts).open()) as { appeals: { appealId: string }[] })
    .appeals;
const own = async (accountId: string) =>
  (await new MyAccount(contracts().database.orm, personTexts).of(accountId)) as { holds: object[] };
const ofAppeals = async (accountId: string) =>
  (await contracts().published(accountId)).filter(({ type }) => /appeal|hold_lifted/.test(String(type)));
const templatesOf = async (accountId: string) =>
  (await contracts().told(accountId))
    .map(({ template }) => template)
    .filter((name) => name !== 'hold_placed');
const rowsOf = (holdId: string) =>
  contracts().rows('select * from hold_appeals where hold_id = $1 order by id', [holdId]);

describe('S-11: the appeal of who is held', () => {
  test('is told and shown, its words only to operators, with the hold; nothing of them is in events', async () => {
    const { accountId, holdId } = await held();
    const message = http();
    const opened = await contracts().appeal(accountId, holdId, { message });
    expect(opened).toEqual({ appealId: expect.any(String), holdId, status: 'open' });
    expect(await contracts().appeal(accountId, holdId, { message })).toEqual(opened);
    const { appealId } = opened;
    expect(await ofAppeals(accountId)).toEqual([
      { type: 'contracts.account.hold_appealed', accountId, holdId, appealId },
    ]);
    expect(await own(accountId)).toMatchObject({
      status: 'suspended',
      holds: [{ holdId, appeal: { appealId, status: 'open', since: instant } }],
    });
    expect(JSON.stringify(await own(accountId))).not.toContain('somebody');
    expect((await open()).find((one) => one.appealId === appealId)).toEqual({
      ...{ appealId, status: 'open', note: 'It was somebody else', openedAt: instant, accountId },
      hold: {
        ...{ holdId, kind: 'safety', reason: 'other', causeId: holdId, status: 'standing' },
        ...{ placedAt: instant, placedBy: 'operator-1', note: 'Seen twice' },
      },
    });
    expect(await templatesOf(accountId)).toEqual(['appeal_received']);
    const [row] = await rowsOf(holdId);
    expect(String(row!.note)).not.toContain('somebody');
  });

  test('one at a time; of a foreign or unknown hold nobody hears', async () => {
    const { accountId, holdId } = await held();
    await contracts().appeal(accountId, holdId);
    await expect(contracts().appeal(accountId, holdId)).rejects.toThrow(new Rejection('appeal.open'));
    const other = await held();
    const unknown = new NotYet('hold.unknown');
    await expect(contracts().appeal(other.accountId, holdId)).rejects.toThrow(unknown);
    await expect(contracts().appeal(other.accountId, newId())).rejects.toThrow(unknown);
  });

  test('upheld by another operator than who placed it: lifted in the same transaction, as any other', async () => {
    const { accountId, holdId } = await held();
    const { appealId } = await contracts().appeal(accountId, holdId);
    const ownHold = new Rejection('appeal.own_hold');
    for (const by of ['operator-1', accountId]) {
      await expect(contracts().decideAppeal(appealId, { by })).rejects.toThrow(ownHold);
      await expect(contracts().decideAppeal(appealId, { by, refusal: 'other' })).rejects.toThrow(ownHold);
    }
    const message = http();
    const upheld = await contracts().decideAppeal(appealId, { message });
    expect(upheld).toEqual({ appealId, holdId, status: 'upheld' });
    expect(await contracts().decideAppeal(appealId, { message })).toEqual(upheld);
    expect((await ofAppeals(accountId)).slice(1)).toEqual([
      { type: 'contracts.account.hold_lifted', accountId, holdId, kind: 'safety', reason: 'appeal' },
    ]);
    expect(await own(accountId)).toMatchObject({ status: 'opened', holds: [] });
    expect((await open()).map((one) => one.appealId)).not.toContain(appealId);
    const { holds } = (await new AccountHolds(contracts().database.orm, personTexts).of(accountId)) as {
      holds: object[];
    };
    expect(holds).toMatchObject([
      {
        ...{
          status: 'lifted',
          liftReason: 'appeal',
          liftedBy: 'operator-2',
          liftNote: 'The papers were seen',
        },
        appeals: [
          {
            ...{ appealId, status: 'upheld', note: 'It was somebody else', decidedBy: 'operator-2' },
            ...{ decisionNote: 'The papers were seen', endedAt: instant },
          },
        ],
      },
    ]);
    expect((await templatesOf(accountId)).toSorted()).toEqual(['appeal_received', 'hold_lifted']);
    await expect(contracts().decideAppeal(appealId)).rejects.toThrow(new Rejection('appeal.decided'));
    await expect(contracts().appeal(accountId, holdId)).rejects.toThrow(new Rejection('hold.lifted'));
  });

  test('refused with a class of reason: the hold stands, and after `appeal.again_days` one may appeal again', async () => {
    const { accountId, holdId } = await held();
    const { appealId } = await contracts().appeal(accountId, holdId);
    await contracts().decideAppeal(appealId, { refusal: 'proof_missing' });
    const [row] = await rowsOf(holdId);
    const againAt = row!.again_at as Date;
    expect(againAt).toEqual(plusDays(row!.ended_at as Date, 30));
    expect((await ofAppeals(accountId)).slice(1)).toEqual([
      {
        ...{ type: 'contracts.account.appeal_refused', accountId, holdId, appealId },
        ...{ reason: 'proof_missing', againAt },
      },
    ]);
    const reasonClass = 'proof_missing';
    expect(await own(accountId)).toMatchObject({
      status: 'suspended',
      holds: [{ holdId, appeal: { status: 'refused', reasonClass, againAt: againAt.toISOString() } }],
    });
    const refusal = (await contracts().told(accountId)).find(({ template }) => template === 'appeal_refused');
    expect(refusal!.facts).toEqual({ holdId, reason: 'proof_missing', dueAt: againAt.toISOString() });
    await expect(contracts().appeal(accountId, holdId)).rejects.toMatchObject({
      code: 'appeal.too_early',
      details: { againAt: againAt.toISOString() },
    });
    const { clock } = contracts().database;
    clock.moveTo(clock.offsetMs + plusDays(new Date(0), 30).getTime());
    const again = await contracts().appeal(accountId, holdId, { note: 'Here is the proof' });
    expect(await contracts().decideAppeal(again.appealId)).toMatchObject({ status: 'upheld' });
  });

  test('S-12: of a closed account too: upheld, what is left of its money is free, and it stays closed', async () => {
    const accountId = newAccountId('person');
    await contracts().openAccount(accountId, ['freelancer']);
    await contracts().closeAccount(accountId);
    const [hold] = await contracts().rows('select id from account_holds where account_id = $1', [accountId]);
    const { appealId } = await contracts().appeal(accountId, String(hold!.id));
    await contracts().decideAppeal(appealId);
    expect(await own(accountId)).toMatchObject({ status: 'closed', holds: [] });
  });

  test('a hold that a fact has placed: any operator decides', async () => {
    const { accountId } = await held();
    await contracts().holdFact({ type: 'payouts.identity.failed', accountId, reason: 'refused' });
    const [hold] = await contracts().rows(
      `select id from account_holds where account_id = $1 and kind = 'identity'`,
      [accountId],
    );
    const { appealId } = await contracts().appeal(accountId, String(hold!.id));
    expect(await contracts().decideAppeal(appealId, { by: 'operator-1' })).toMatchObject({
      status: 'upheld',
    });
  });
});

describe('S-11, I12: an appeal against what else happens', () => {
  test('a hold that is lifted otherwise leaves nothing to decide', async () => {
    const { accountId, holdId } = await held();
    const { appealId } = await contracts().appeal(accountId, holdId);
    await contracts().liftHold(accountId, holdId);
    expect(await rowsOf(holdId)).toMatchObject([{ status: 'moot', decided_by: null }]);
    await expect(contracts().decideAppeal(appealId)).rejects.toThrow(new Rejection('appeal.decided'));
    expect((await open()).map((one) => one.appealId)).not.toContain(appealId);
  });

  test('at once with the lifting: no appeal stays open against a hold that is lifted', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { accountId, holdId } = await held();
      await Promise.allSettled([
        contracts().appeal(accountId, holdId),
        contracts().liftHold(accountId, holdId),
      ]);
      expect((await rowsOf(holdId)).filter(({ status }) => status === 'open')).toEqual([]);
    }
  });

  test('of two appeals at once one is opened, of two decisions one counts', async () => {
    const { accountId, holdId } = await held();
    const both = await Promise.allSettled([1, 2].map(() => contracts().appeal(accountId, holdId)));
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const [row] = await rowsOf(holdId);
    const decided = await Promise.allSettled([
      contracts().decideAppeal(String(row!.id)),
      contracts().decideAppeal(String(row!.id), { by: 'operator-3', refusal: 'cause_stands' }),
    ]);
    expect(decided.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect((await ofAppeals(accountId)).length).toBe(2);
  });
});

test('S-11: the tables keep one open appeal to a hold, and a decision with its author', async () => {
  const { accountId, holdId } = await held();
  await contracts().appeal(accountId, holdId);
  const update = (text: string) =>
    contracts().rows(`update hold_appeals set ${text} where hold_id = $1`, [holdId]);
  for (const text of [
    `status = 'upheld', ended_at = now()`,
    `status = 'refused', ended_at = now(), decided_by = 'operator-2', decision_note = note`,
    'ended_at = now()',
    `decided_by = 'operator-2', decision_note = note`,
    `status = 'upheld', ended_at = now(), decided_by = account_id, decision_note = note`,
  ]) {
    await expect(update(text)).rejects.toMatchObject({ code: '23514' });
  }
  const copy = `insert into hold_appeals select (jsonb_populate_record(a, $2)).* from hold_appeals a
    where hold_id = $1`;
  await expect(contracts().rows(copy, [holdId, { id: newId() }])).rejects.toMatchObject({ code: '23505' });
});
