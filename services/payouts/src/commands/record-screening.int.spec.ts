import { NotYet } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { describe, expect, test } from '@jest/globals';
import { MyMethods } from '../queries/my-methods.ts';
import { http, usePayouts, worker } from '../testing/payouts.ts';

const payouts = usePayouts();

async function added() {
  const accountId = await payouts().clearedPerson();
  return { accountId, ...(await payouts().addMethod(accountId)) };
}
const typesOf = async (accountId: string) =>
  (await payouts().published(accountId)).map(({ type }) => type.replace('payouts.', ''));
const shown = async (accountId: string) =>
  ((await new MyMethods(payouts().database.orm).of(accountId)) as { methods: object[] }).methods[0];

describe('W-17: what the vendor answers about a new method', () => {
  test('clear: told with ids alone, and the bank is asked to register the account', async () => {
    const { accountId, methodId } = await added();
    await payouts().screen(methodId, 'clear');
    const row = await payouts().methodRow(methodId);
    expect(row).toMatchObject({ screening: 'clear', screened_at: expect.any(Date), status: 'added' });
    expect(row.next_call_at).toEqual(row.screened_at);
    expect((await payouts().published(accountId)).at(-1)).toEqual({
      type: 'payouts.screening.cleared',
      accountId,
      methodId,
      screeningId: row.screening_id,
    });
  });

  test.each([
    ['review', 'screening.review_started'],
    ['blocked', 'screening.blocked'],
  ] as const)(
    '%s: told once; the method waits for an operator, and its owner learns no more',
    async (answer, type) => {
      const { accountId, methodId } = await added();
      const message = worker();
      await payouts().screen(methodId, answer, message);
      await payouts().screen(methodId, answer, message);
      await payouts().screen(methodId, answer);
      await payouts().screen(methodId, 'clear');
      expect((await typesOf(accountId)).slice(2)).toEqual([type]);
      expect(await payouts().methodRow(methodId)).toMatchObject({
        status: 'added',
        screening: answer,
        next_call_at: null,
      });
      expect(await shown(accountId)).toMatchObject({ status: 'added', underReview: true });
    },
  );

  test('no answer changes nothing: it is asked again', async () => {
    const { accountId, methodId } = await added();
    await payouts().screen(methodId, 'no_answer');
    expect(await payouts().methodRow(methodId)).toMatchObject({
      screening: 'pending',
      next_call_at: expect.any(Date),
      version: 1,
    });
    expect(await typesOf(accountId)).toEqual(['identity.verified', 'method.added']);
  });

  test('of a method that is not known it waits', async () => {
    await expect(payouts().screen(newId(), 'clear')).rejects.toThrow(new NotYet('method.unknown'));
  });
});

describe('W-17: what is asked again before a sending', () => {
  test('clear renews the instant; nothing is told', async () => {
    const accountId = await payouts().clearedPerson();
    const methodId = await payouts().activeMethod(accountId);
    const before = await payouts().methodRow(methodId);
    await payouts().screen(methodId, 'clear');
    const after = await payouts().methodRow(methodId);
    expect((after.screened_at as Date) > (before.screened_at as Date)).toBe(true);
    expect((await typesOf(accountId)).filter((type) => type === 'screening.cleared')).toHaveLength(1);
  });

  test.each(['review', 'blocked', 'no_answer'] as const)(
    '%s: the method stays, an operator decides',
    async (answer) => {
      const accountId = await payouts().clearedPerson();
      const methodId = await payouts().activeMethod(accountId);
      await payouts().screen(methodId, answer);
      const screening = answer === 'blocked' ? 'blocked' : 'review';
      expect(await payouts().methodRow(methodId)).toMatchObject({ status: 'active', screening });
      expect(await shown(accountId)).toMatchObject({ status: 'active', underReview: true });
      await payouts().decide(methodId, 'clear');
      expect(await payouts().methodRow(methodId)).toMatchObject({
        status: 'active',
        screening: 'clear',
        screening_decided: true,
      });
    },
  );
});

describe('W-17: an operator decides', () => {
  test('clear: the review is over, who and why is recorded, and the bank is asked', async () => {
    const { accountId, methodId } = await added();
    await payouts().screen(methodId, 'review');
    const message = http();
    const decide = () => payouts().decide(methodId, 'clear', message);
    expect(await decide()).toEqual({ methodId, screening: 'clear' });
    expect(await decide()).toEqual({ methodId, screening: 'clear' });
    expect(await payouts().methodRow(methodId)).toMatchObject({ next_call_at: expect.any(Date) });
    const text = `select method_id, value, changed_by from account_changes
      where account_id = $1 and what = 'screening'`;
    expect(await payouts().rows(text, [accountId])).toEqual([
      { method_id: methodId, value: 'clear', changed_by: 'operator-1' },
    ]);
    expect((await typesOf(accountId)).at(-1)).toBe('screening.cleared');
  });

  test('clear, last of all: the method is active at once', async () => {
    const { methodId, usableAt } = await added();
    await payouts().screen(methodId, 'clear');
    await payouts().register(methodId);
    await payouts().screen(methodId, 'review');
    await payouts().cool(methodId, new Date(usableAt));
    expect(await payouts().methodRow(methodId)).toMatchObject({ status: 'added' });
    await payouts().decide(methodId, 'clear');
    expect(await payouts().methodRow(methodId)).toMatchObject({ status: 'active' });
  });

  test('blocked: a method that is not active yet has ended; why stays secret', async () => {
    const { accountId, methodId } = await added();
    await payouts().screen(methodId, 'review');
    await payouts().decide(methodId, 'blocked');
    expect((await typesOf(accountId)).slice(-2)).toEqual(['screening.blocked', 'method.disabled']);
    expect(await payouts().methodRow(methodId)).toMatchObject({ disabled_reason: 'screening' });
    expect(await shown(accountId)).toEqual({
      methodId,
      kind: 'ach',
      status: 'disabled',
      lastFour: '4444',
      usableAt: expect.any(String),
      underReview: true,
    });
  });

  test('a block that was a mistake is taken back, which contracts hears; the method has ended all the same', async () => {
    const { accountId, methodId } = await added();
    await payouts().decide(methodId, 'blocked');
    await payouts().decide(methodId, 'clear');
    expect((await typesOf(accountId)).at(-1)).toBe('screening.cleared');
    expect(await payouts().methodRow(methodId)).toMatchObject({ status: 'disabled', next_call_at: null });
  });

  test('of a method that is not known', async () => {
    await expect(payouts().decide(newId(), 'clear')).rejects.toThrow(new NotYet('method.unknown'));
  });
});

describe('W-1: a method becomes active by whatever comes last', () => {
  type Step = 'cooled' | 'screened' | 'registered' | 'verified';
  const orders: Step[][] = [
    ['screened', 'registered', 'cooled', 'verified'],
    ['verified', 'screened', 'registered', 'cooled'],
    ['verified', 'cooled', 'screened', 'registered'],
    ['cooled', 'verified', 'screened', 'registered'],
    ['screened', 'verified', 'cooled', 'registered'],
    ['screened', 'cooled', 'registered', 'verified'],
  ];

  test.each(orders.map((order) => [order.join(', '), order] as const))('%s', async (_, order) => {
    const accountId = await payouts().openAccount();
    const { methodId, usableAt } = await payouts().addMethod(accountId);
    const steps: Record<Step, () => Promise<void>> = {
      cooled: () => payouts().cool(methodId, new Date(usableAt)),
      screened: () => payouts().screen(methodId, 'clear'),
      registered: () => payouts().register(methodId),
      verified: () => payouts().verify(accountId),
    };
    for (const step of order) {
      expect(await payouts().methodRow(methodId)).toMatchObject({ status: 'added' });
      await steps[step]();
    }
    expect(await payouts().methodRow(methodId)).toMatchObject({ status: 'active' });
    expect(await typesOf(accountId)).toContain('method.activated');
  });

  test('the timer too early, twice and at once activates once', async () => {
    const { accountId, methodId, usableAt } = await added();
    await payouts().screen(methodId, 'clear');
    await payouts().register(methodId);
    const dueAt = new Date(usableAt);
    await payouts().cool(methodId, new Date(dueAt.getTime() - 1));
    expect(await payouts().methodRow(methodId)).toMatchObject({ status: 'added', cooling_due_at: dueAt });
    await Promise.all([1, 2, 3].map(() => payouts().cool(methodId, dueAt)));
    expect((await typesOf(accountId)).filter((type) => type === 'method.activated')).toHaveLength(1);
  });

  test('what the bank refuses has ended; what it says later counts for nothing', async () => {
    const { accountId, methodId, usableAt } = await added();
    await payouts().screen(methodId, 'clear');
    await payouts().register(methodId, { refused: true });
    await payouts().register(methodId);
    await payouts().cool(methodId, new Date(usableAt));
    expect(await payouts().methodRow(methodId)).toMatchObject({
      status: 'disabled',
      disabled_reason: 'refused_by_bank',
      provider_account_id: null,
    });
    expect((await payouts().published(accountId)).at(-1)).toEqual({
      type: 'payouts.method.disabled',
      accountId,
      methodId,
      kind: 'ach',
      reason: 'refused_by_bank',
    });
  });
});
