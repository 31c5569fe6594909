import { NotYet, plusDays } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { ChangePolicy, ChangePolicyHandler } from '@holdfast/service';
import { describe, expect, test } from '@jest/globals';
import { definition } from '../payouts.module.ts';
import { MyMethods } from '../queries/my-methods.ts';
import { detailsPlace } from '../tables/withdrawal-method.table.ts';
import { bankDetails, http, texts, usePayouts } from '../testing/payouts.ts';

const payouts = usePayouts();
const list = (accountId: string) => new MyMethods(payouts().database.orm).of(accountId);

describe('W-1: a bank account is added', () => {
  test('row and fact are one commit; three days later it may be used, screening is asked at once', async () => {
    const accountId = await payouts().openAccount();
    const before = payouts().now();
    const { methodId, usableAt, ...answer } = await payouts().addMethod(accountId);
    expect(answer).toEqual({ status: 'added', lastFour: '4444' });
    const row = await payouts().methodRow(methodId);
    expect(row).toMatchObject({
      account_id: accountId,
      kind: 'ach',
      status: 'added',
      last_four: '4444',
      cooling_until: new Date(usableAt),
      cooling_due_at: new Date(usableAt),
      screening: 'pending',
      screened_at: null,
      provider_account_id: null,
      next_call_at: expect.any(Date),
    });
    expect(new Date(usableAt).getTime()).toBeGreaterThanOrEqual(plusDays(before, 3).getTime());
    expect(await payouts().published(accountId)).toEqual([
      { type: 'payouts.method.added', accountId, methodId, kind: 'ach', dueAt: new Date(usableAt) },
    ]);
  });

  test('AD-18: its details are encrypted for its place', async () => {
    const accountId = await payouts().openAccount();
    const { methodId } = await payouts().addMethod(accountId);
    const sealed = (await payouts().methodRow(methodId)).details_sealed as Buffer;
    for (const secret of Object.values(bankDetails)) expect(sealed.includes(secret)).toBe(false);
    const [row] = await payouts().rows('select * from person_keys where id = $1', [accountId]);
    const key = { id: accountId, masterKeyId: String(row!.master_key_id), wrapped: row!.wrapped as Buffer };
    expect(texts.open(key, detailsPlace(methodId), sealed)).toEqual(bankDetails);
    expect(() => texts.open(key, detailsPlace(newId()), sealed)).toThrow();
  });

  test('the same call twice is one method; with another account number it is refused', async () => {
    const accountId = await payouts().openAccount();
    const message = http();
    const add = (accountNumber: string) => payouts().addMethod(accountId, { accountNumber }, message);
    expect(await add('12345678')).toEqual(await add('12345678'));
    await expect(add('12345679')).rejects.toMatchObject({ code: 'idempotency.key_reused' });
    expect((await list(accountId)) as object).toMatchObject({ methods: [{ lastFour: '5678' }] });
  });

  test('the number of days is the setting of the moment', async () => {
    const { unitOfWork } = payouts().database;
    const change = (days: number) =>
      new ChangePolicyHandler(unitOfWork, definition).execute(
        new ChangePolicy({
          message: http(),
          by: 'operator-1',
          settings: { 'method.cooling_days': days },
          reason: 'A trial',
        }),
      );
    const accountId = await payouts().openAccount();
    await change(10);
    const { usableAt } = await payouts().addMethod(accountId);
    await change(3);
    expect(new Date(usableAt).getTime()).toBeGreaterThan(plusDays(payouts().now(), 9).getTime());
  });

  test('3.5: a routing number that is none is refused, and nothing is left', async () => {
    const accountId = await payouts().openAccount();
    const wrong = payouts().addMethod(accountId, { routingNumber: '021000020' });
    await expect(wrong).rejects.toMatchObject({ code: 'method.routing_number_invalid' });
    expect(await list(accountId)).toEqual({ methods: [] });
    expect(await payouts().published(accountId)).toEqual([]);
  });

  test('M-15: of an account that is not known it waits', async () => {
    const unknown = new NotYet('account.unknown');
    await expect(payouts().addMethod(`freelancer-${newId()}`)).rejects.toThrow(unknown);
  });
});

describe('W-2: where a name is verified already', () => {
  test('another one is refused', async () => {
    const accountId = await payouts().clearedPerson();
    const other = payouts().addMethod(accountId, { holderName: 'Ada Gomez' });
    await expect(other).rejects.toMatchObject({ code: 'method.name_mismatch' });
    expect(
      await payouts().rows('select id from withdrawal_methods where account_id = $1', [accountId]),
    ).toEqual([]);
  });

  test('the same one in other letters is taken', async () => {
    const accountId = await payouts().clearedPerson();
    expect(await payouts().addMethod(accountId, { holderName: 'lopez, adà marie' })).toMatchObject({
      status: 'added',
    });
  });
});

describe('W-3: a method is removed, never edited', () => {
  test('by its owner, added or active; nothing of it is due any more', async () => {
    const accountId = await payouts().clearedPerson();
    const { methodId: added } = await payouts().addMethod(accountId);
    const active = await payouts().activeMethod(accountId);
    for (const methodId of [added, active]) {
      const message = http();
      const remove = () => payouts().removeMethod(accountId, methodId, message);
      expect(await remove()).toEqual({ methodId, status: 'removed' });
      expect(await remove()).toEqual({ methodId, status: 'removed' });
      expect(await payouts().methodRow(methodId)).toMatchObject({
        status: 'removed',
        cooling_due_at: null,
        next_call_at: null,
      });
      expect((await payouts().published(accountId)).at(-1)).toEqual({
        type: 'payouts.method.removed',
        accountId,
        methodId,
        kind: 'ach',
      });
      await expect(payouts().removeMethod(accountId, methodId)).rejects.toMatchObject({
        code: 'method.ended',
      });
    }
  });

  test('AD-16: somebody else’s is unknown, as one that never was', async () => {
    const [owner, stranger] = [await payouts().clearedPerson(), await payouts().clearedPerson()];
    const { methodId } = await payouts().addMethod(owner);
    const unknown = new NotYet('method.unknown');
    await expect(payouts().removeMethod(stranger, methodId)).rejects.toThrow(unknown);
    await expect(payouts().removeMethod(owner, newId())).rejects.toThrow(unknown);
    expect(await list(stranger)).toEqual({ methods: [] });
  });

  test('its owner sees four digits and its state, the newest first', async () => {
    const accountId = await payouts().clearedPerson();
    const active = await payouts().activeMethod(accountId);
    const { methodId, usableAt } = await payouts().addMethod(accountId, { accountNumber: '0012' });
    const ended = await payouts().addMethod(accountId);
    await payouts().screen(ended.methodId, 'clear');
    await payouts().register(ended.methodId, { refused: true });
    expect(await list(accountId)).toEqual({
      methods: [
        {
          methodId: ended.methodId,
          kind: 'ach',
          status: 'disabled',
          lastFour: '4444',
          usableAt: ended.usableAt,
          underReview: false,
          reason: 'refused_by_bank',
        },
        { methodId, kind: 'ach', status: 'added', lastFour: '0012', usableAt, underReview: true },
        {
          methodId: active,
          kind: 'ach',
          status: 'active',
          lastFour: '4444',
          usableAt: expect.any(String),
          underReview: false,
        },
      ],
    });
  });
});
