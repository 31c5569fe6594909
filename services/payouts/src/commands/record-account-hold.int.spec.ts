import { NotYet } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { describe, expect, test } from '@jest/globals';
import { MyStanding } from '../queries/my-standing.ts';
import { loadPerson } from '../tables/person.table.ts';
import { event, usePayouts, worker } from '../testing/payouts.ts';

const payouts = usePayouts();
const standing = (accountId: string) => new MyStanding(payouts().database.orm).of(accountId);
const typesOf = async (accountId: string) => (await payouts().published(accountId)).map(({ type }) => type);

test('S-12: an account is remembered once, without identity, tax form and holds', async () => {
  const [accountId, message] = [`freelancer-${newId()}`, event()];
  await payouts().openAccount(accountId, message);
  await payouts().openAccount(accountId, message);
  expect(await payouts().rows('select * from persons where id = $1', [accountId])).toEqual([
    {
      id: accountId,
      region: 'US',
      identity: 'unverified',
      identity_due_at: null,
      name_sealed: null,
      tax_form: null,
      tax_form_status: 'missing',
      tax_form_at: null,
      version: 1,
    },
  ]);
  expect(await standing(accountId)).toEqual({
    accountId,
    identity: 'unverified',
    taxForm: 'missing',
    taxFormNeeded: 'W-9',
    holds: [],
  });
});

describe('S-5: holds of an account', () => {
  test('stand as rows per cause, each kind shown once, until each is lifted', async () => {
    const accountId = await payouts().openAccount();
    const [first, second, third] = [newId(), newId(), newId()];
    await payouts().hold(accountId, 'safety', { holdId: first });
    await payouts().hold(accountId, 'safety', { holdId: second });
    await payouts().hold(accountId, 'financial', { holdId: third });
    expect(await standing(accountId)).toMatchObject({ holds: ['financial', 'safety'] });
    await payouts().hold(accountId, 'safety', { holdId: first, isStanding: false });
    expect(await standing(accountId)).toMatchObject({ holds: ['financial', 'safety'] });
    await payouts().hold(accountId, 'safety', { holdId: second, isStanding: false });
    await payouts().hold(accountId, 'financial', { holdId: third, isStanding: false });
    expect(await standing(accountId)).toMatchObject({ holds: [] });
    const kept = await payouts().rows('select id from account_holds where account_id = $1', [accountId]);
    expect(kept).toHaveLength(3);
  });

  test('M-8: the same event twice is one hold; one on an account that is not known waits', async () => {
    const accountId = await payouts().openAccount();
    const [holdId, message] = [newId(), event()];
    await payouts().hold(accountId, 'identity', { holdId, message });
    await payouts().hold(accountId, 'identity', { holdId, isStanding: false });
    await payouts().hold(accountId, 'identity', { holdId, message });
    expect(await standing(accountId)).toMatchObject({ holds: [] });
    const stranger = `freelancer-${newId()}`;
    await expect(payouts().hold(stranger, 'identity')).rejects.toThrow(new NotYet('account.unknown'));
    await expect(standing(stranger)).rejects.toThrow(new NotYet('account.unknown'));
  });

  test.each(['safety', 'closed'] as const)(
    'W-1: a %s hold keeps a method from being used; its end activates what waited for it alone',
    async (kind) => {
      const accountId = await payouts().clearedPerson();
      const holdId = newId();
      await payouts().hold(accountId, kind, { holdId });
      const methodId = await payouts().activeMethod(accountId);
      expect(await payouts().methodRow(methodId)).toMatchObject({ status: 'added', cooling_due_at: null });
      const waiting = await payouts().addMethod(accountId);
      await payouts().hold(accountId, kind, { holdId, isStanding: false });
      expect(await payouts().methodRow(methodId)).toMatchObject({ status: 'active' });
      expect(await payouts().methodRow(waiting.methodId)).toMatchObject({ status: 'added' });
      expect((await typesOf(accountId)).filter((type) => type === 'payouts.method.activated')).toHaveLength(
        1,
      );
    },
  );

  test.each(['identity', 'financial'] as const)('a %s hold does not', async (kind) => {
    const accountId = await payouts().clearedPerson();
    await payouts().hold(accountId, kind);
    const methodId = await payouts().activeMethod(accountId);
    expect(await payouts().methodRow(methodId)).toMatchObject({ status: 'active' });
  });

  test('whoever decided before one was placed decides again at the commit', async () => {
    const accountId = await payouts().openAccount();
    const seen: unknown[] = [];
    await payouts().database.unitOfWork.once({ input: { message: worker() } }, async (tx) => {
      const { holds } = await loadPerson(tx, accountId);
      if (seen.push(holds) === 1) await payouts().hold(accountId, 'safety');
    });
    // A third time, since the second one read a row more, which must be locked in its order.
    expect([seen[0], seen.at(-1)]).toEqual([[], ['safety']]);
  });
});
