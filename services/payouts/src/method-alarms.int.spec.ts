import { plusMinutes } from '@holdfast/domain';
import { BusinessClock } from '@holdfast/messaging';
import { expect, test } from '@jest/globals';
import { MikroORM } from '@mikro-orm/postgresql';
import { payoutsAlarms } from './alarms.ts';
import { usePayouts } from './testing/payouts.ts';

const payouts = usePayouts();

/** What a check finds about one method; other tests of this file leave theirs behind. */
async function found(alarm: string, methodId: string) {
  const { orm, clock } = payouts().database;
  const known = new Map<unknown, unknown>([
    [MikroORM, orm],
    [BusinessClock, clock],
  ]);
  const checks = payoutsAlarms({ get: (token: unknown) => known.get(token) } as never);
  const findings = await checks.find(({ name }) => name === alarm)!.find();
  return findings.filter(({ id }) => id === methodId);
}
const added = async () => {
  const accountId = await payouts().clearedPerson();
  return { accountId, ...(await payouts().addMethod(accountId)) };
};

test.each(['review', 'blocked'] as const)(
  'W-17: a screening that says %s is named at once, until an operator decides',
  async (answer) => {
    const { methodId } = await added();
    expect(await found('screening.undecided', methodId)).toEqual([]);
    await payouts().screen(methodId, answer);
    const { screened_at } = await payouts().methodRow(methodId);
    expect(await found('screening.undecided', methodId)).toEqual([
      { id: methodId, what: 'a screening waits for a decision', since: screened_at },
    ]);
    await payouts().decide(methodId, 'clear');
    expect(await found('screening.undecided', methodId)).toEqual([]);
  },
);

test('nor is one that an operator has blocked, or whose method has ended', async () => {
  const active = await payouts().activeMethod(await payouts().clearedPerson());
  await payouts().screen(active, 'blocked');
  expect(await found('screening.undecided', active)).toHaveLength(1);
  await payouts().decide(active, 'blocked');
  expect(await found('screening.undecided', active)).toEqual([]);
  const { accountId, methodId } = await added();
  await payouts().screen(methodId, 'review');
  await payouts().removeMethod(accountId, methodId);
  expect(await found('screening.undecided', methodId)).toEqual([]);
});

test('a call about a new method that gets no answer is named after 15 minutes, as the one it is', async () => {
  const { methodId } = await added();
  const passMinutes = (minutes: number) => payouts().pass(plusMinutes(payouts().now(), minutes));
  passMinutes(14);
  expect(await found('method.unanswered', methodId)).toEqual([]);
  passMinutes(2);
  expect(await found('method.unanswered', methodId)).toMatchObject([{ what: 'screening does not answer' }]);
  await payouts().screen(methodId, 'clear');
  expect(await found('method.unanswered', methodId)).toEqual([]);
  passMinutes(16);
  expect(await found('method.unanswered', methodId)).toMatchObject([
    { what: 'the bank does not register an account' },
  ]);
  await payouts().register(methodId);
  expect(await found('method.unanswered', methodId)).toEqual([]);
});
