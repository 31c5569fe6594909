import { NotYet, plusDays } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { describe, expect, test } from '@jest/globals';
import { AccountGates } from '../queries/account-gates.ts';
import { MyStanding } from '../queries/my-standing.ts';
import { namePlace } from '../tables/person.table.ts';
import { holderName, http, texts, usePayouts } from '../testing/payouts.ts';

const payouts = usePayouts();
const personRow = async (accountId: string) =>
  (await payouts().rows('select * from persons where id = $1', [accountId]))[0]!;
/** As an operator sees them, oldest first. */
async function changesOf(accountId: string): Promise<object[]> {
  const gates = await new AccountGates(payouts().database.orm, texts).of(accountId);
  return (gates as { changes: object[] }).changes.reverse();
}

async function requested(): Promise<{ accountId: string; dueAt: Date }> {
  const accountId = await payouts().openAccount();
  await payouts().identity(accountId, 'requested');
  return { accountId, dueAt: (await personRow(accountId)).identity_due_at as Date };
}

describe('S-3: identity', () => {
  test('each step is recorded with person and reason; only the outcome is told', async () => {
    const accountId = await payouts().openAccount();
    await payouts().verify(accountId);
    const at = expect.any(String);
    const recorded = { what: 'identity', by: 'operator-1', reason: 'A video call', at };
    expect(await changesOf(accountId)).toEqual(
      ['requested', 'in_review', 'verified'].map((value) => ({ ...recorded, value })),
    );
    expect(await payouts().published(accountId)).toEqual([{ type: 'payouts.identity.verified', accountId }]);
  });

  test('AD-18: the verified name is encrypted for its place, and is in no answer and no fact', async () => {
    const accountId = await payouts().openAccount();
    await payouts().identity(accountId, 'requested');
    await payouts().identity(accountId, 'in_review');
    expect(await payouts().identity(accountId, 'verified')).toEqual({ accountId, identity: 'verified' });
    const sealed = (await personRow(accountId)).name_sealed as Buffer;
    expect(sealed.includes('Lopez')).toBe(false);
    const [row] = await payouts().rows('select * from person_keys where id = $1', [accountId]);
    const key = { id: accountId, masterKeyId: String(row!.master_key_id), wrapped: row!.wrapped as Buffer };
    expect(texts.open(key, namePlace(accountId), sealed)).toEqual({ name: holderName });
    expect(() => texts.open(key, namePlace('another'), sealed)).toThrow();
  });

  test('S-4: asked again, the name is forgotten until it is verified anew', async () => {
    const accountId = await payouts().openAccount();
    await payouts().verify(accountId);
    await payouts().identity(accountId, 'requested');
    expect(await personRow(accountId)).toMatchObject({ identity: 'requested', name_sealed: null });
  });

  test('refused: told as such; the appeal begins anew', async () => {
    const { accountId } = await requested();
    await payouts().identity(accountId, 'in_review');
    await payouts().identity(accountId, 'failed');
    expect(await payouts().published(accountId)).toEqual([
      { type: 'payouts.identity.failed', accountId, reason: 'refused' },
    ]);
    expect(await payouts().identity(accountId, 'requested')).toEqual({ accountId, identity: 'requested' });
  });

  test('a step that the rule does not know is refused, and leaves nothing; so is its repeat', async () => {
    const accountId = await payouts().openAccount();
    const message = http();
    const verify = () => payouts().identity(accountId, 'verified', { message });
    const refused = { code: 'identity.wrong_state', details: { identity: 'unverified' } };
    await expect(verify()).rejects.toMatchObject(refused);
    await payouts().identity(accountId, 'requested');
    await expect(verify()).rejects.toMatchObject(refused);
    expect(await changesOf(accountId)).toHaveLength(1);
  });

  test('AD-21: operators see how a person stands, who recorded it and why; the words are encrypted', async () => {
    const { accountId, dueAt } = await requested();
    await payouts().taxForm(accountId);
    const { methodId } = await payouts().addMethod(accountId);
    await payouts().decide(methodId, 'blocked');
    await payouts().hold(accountId, 'safety');
    const at = expect.any(String);
    expect(await new AccountGates(payouts().database.orm, texts).of(accountId)).toEqual({
      accountId,
      identity: { status: 'requested', dueAt: dueAt.toISOString() },
      taxForm: { status: 'on_file', needed: 'W-9', type: 'W-9', recordedAt: at },
      holds: ['safety'],
      changes: [
        {
          what: 'screening',
          methodId,
          value: 'blocked',
          by: 'operator-1',
          reason: 'Another person of that name',
          at,
        },
        { what: 'tax_form', value: 'W-9 on_file', by: 'operator-1', reason: 'By post', at },
        { what: 'identity', value: 'requested', by: 'operator-1', reason: 'A video call', at },
      ],
    });
    const sealed = await payouts().rows('select reason_sealed from account_changes where account_id = $1', [
      accountId,
    ]);
    expect(sealed.some(({ reason_sealed }) => (reason_sealed as Buffer).includes('video'))).toBe(false);
    const unknown = new AccountGates(payouts().database.orm, texts).of(`freelancer-${newId()}`);
    await expect(unknown).rejects.toThrow(new NotYet('account.unknown'));
  });

  test('the same call twice is one step', async () => {
    const accountId = await payouts().openAccount();
    const message = http();
    const ask = () => payouts().identity(accountId, 'requested', { message });
    expect(await ask()).toEqual(await ask());
    expect(await changesOf(accountId)).toHaveLength(1);
  });

  test('M-15: of an account that is not known', async () => {
    const unknown = new NotYet('account.unknown');
    await expect(payouts().identity(`freelancer-${newId()}`, 'requested')).rejects.toThrow(unknown);
  });
});

describe('S-3: a request that nobody answers', () => {
  test('fails after identity.days, dated then (M-21)', async () => {
    const { accountId, dueAt } = await requested();
    payouts().pass(plusDays(dueAt, 1));
    await payouts().failIdentity(accountId, dueAt);
    expect(await personRow(accountId)).toMatchObject({ identity: 'failed', identity_due_at: null });
    expect(await payouts().published(accountId)).toEqual([
      { type: 'payouts.identity.failed', accountId, reason: 'unanswered' },
    ]);
    const [told] = await payouts().rows('select headers from outbox where aggregateid = $1', [accountId]);
    expect((told!.headers as { time: string }).time).toBe(dueAt.toISOString());
  });

  test('does not fail a millisecond early, nor once it is answered, nor twice', async () => {
    const { accountId, dueAt } = await requested();
    await payouts().failIdentity(accountId, new Date(dueAt.getTime() - 1));
    expect(await personRow(accountId)).toMatchObject({ identity: 'requested' });
    await payouts().identity(accountId, 'in_review');
    await payouts().failIdentity(accountId, dueAt);
    expect(await personRow(accountId)).toMatchObject({ identity: 'in_review' });
    const other = await requested();
    await Promise.all([1, 2, 3].map(() => payouts().failIdentity(other.accountId, other.dueAt)));
    expect(await payouts().published(other.accountId)).toHaveLength(1);
  });
});

describe('W-2: a name that is verified after the method was added', () => {
  test('activates what waited for it, and disables what bears another name', async () => {
    const accountId = await payouts().openAccount();
    const own = await payouts().activeMethod(accountId, { holderName: 'LOPEZ, Ada-Marie' });
    const other = await payouts().activeMethod(accountId, { holderName: 'Ada Gomez' });
    for (const methodId of [own, other]) {
      expect(await payouts().methodRow(methodId)).toMatchObject({ status: 'added' });
    }
    await payouts().verify(accountId);
    expect(await payouts().methodRow(own)).toMatchObject({ status: 'active' });
    expect(await payouts().methodRow(other)).toMatchObject({
      status: 'disabled',
      disabled_reason: 'name_mismatch',
    });
    expect(await payouts().published(accountId)).toEqual(
      expect.arrayContaining([
        { type: 'payouts.method.activated', accountId, methodId: own, kind: 'ach' },
        {
          type: 'payouts.method.disabled',
          accountId,
          methodId: other,
          kind: 'ach',
          reason: 'name_mismatch',
        },
      ]),
    );
  });

  test('another name on the next verification disables also an active method', async () => {
    const accountId = await payouts().clearedPerson();
    const methodId = await payouts().activeMethod(accountId);
    await payouts().verify(accountId, 'Ada Miller');
    expect(await payouts().methodRow(methodId)).toMatchObject({
      status: 'disabled',
      disabled_reason: 'name_mismatch',
    });
  });
});

describe('P-13: the tax form', () => {
  test('is a type, a status and a date, recorded with person and reason', async () => {
    const accountId = await payouts().openAccount(undefined, undefined, 'other');
    const message = http();
    const record = () => payouts().taxForm(accountId, 'on_file', { type: 'W-8BEN', message });
    expect(await record()).toEqual({ accountId, type: 'W-8BEN', status: 'on_file' });
    expect(await record()).toEqual({ accountId, type: 'W-8BEN', status: 'on_file' });
    expect(await personRow(accountId)).toMatchObject({
      tax_form: 'W-8BEN',
      tax_form_status: 'on_file',
      tax_form_at: expect.any(Date),
    });
    expect(await changesOf(accountId)).toEqual([
      {
        what: 'tax_form',
        value: 'W-8BEN on_file',
        by: 'operator-1',
        reason: 'By post',
        at: expect.any(String),
      },
    ]);
    expect(await payouts().published(accountId)).toEqual([]);
  });

  test.each([
    ['US', 'W-9', 'W-8BEN'],
    ['other', 'W-8BEN', 'W-9'],
  ] as const)(
    'of a person in %s is a %s: the other one is refused, and both are told which',
    async (...words) => {
      const [region, needed, wrong] = words;
      const accountId = await payouts().openAccount(undefined, undefined, region);
      await expect(payouts().taxForm(accountId, 'on_file', { type: wrong })).rejects.toMatchObject({
        ...{ code: 'tax_form.wrong_type', details: { needed } },
      });
      expect(await personRow(accountId)).toMatchObject({ tax_form: null, tax_form_status: 'missing' });
      await payouts().taxForm(accountId, 'rejected', { type: wrong });
      await payouts().taxForm(accountId, 'on_file', { type: needed });
      const { orm } = payouts().database;
      expect(await new MyStanding(orm).of(accountId)).toMatchObject({
        ...{ taxForm: 'on_file', taxFormNeeded: needed },
      });
      expect(await new AccountGates(orm, texts).of(accountId)).toMatchObject({
        taxForm: { status: 'on_file', type: needed, needed },
      });
    },
  );

  test('may turn out to be wrong; of an unknown account it waits', async () => {
    const accountId = await payouts().openAccount();
    await payouts().taxForm(accountId);
    await payouts().taxForm(accountId, 'rejected');
    expect(await personRow(accountId)).toMatchObject({ tax_form: 'W-9', tax_form_status: 'rejected' });
    const unknown = new NotYet('account.unknown');
    await expect(payouts().taxForm(`freelancer-${newId()}`)).rejects.toThrow(unknown);
  });
});
