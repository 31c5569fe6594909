import { newId } from '@holdfast/messaging';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { MethodDetails } from './providers/method-details.ts';
import { ReceivingAccounts } from './providers/receiving-account.ts';
import { HttpScreening } from './providers/screening.ts';
import { MyMethods } from './queries/my-methods.ts';
import { MyStanding } from './queries/my-standing.ts';
import { WithdrawalMethodTable } from './tables/withdrawal-method.table.ts';
import { useBankProvider } from './testing/bank-provider.ts';
import { texts, usePayouts } from './testing/payouts.ts';

const payouts = usePayouts();
const provider = useBankProvider();

/** Found nowhere else, so that a trace of them would be theirs. */
const person = { first: 'Zerlina', last: 'Quastenflosser' };
const accountNumber = '70913358264';
const routingNumber = '121042882';
const secrets = [person.first, person.last, accountNumber, routingNumber];

const printed: string[] = [];
const answers: unknown[] = [];

beforeEach((): void => {
  const keep = (text: unknown): boolean => printed.push(String(text)) > 0;
  jest.spyOn(process.stdout, 'write').mockImplementation(keep as never);
  jest.spyOn(process.stderr, 'write').mockImplementation(keep as never);
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    jest.spyOn(console, method).mockImplementation((...said) => void keep(JSON.stringify(said)));
  }
});
afterEach((): void => {
  jest.restoreAllMocks();
});

/** Every row of every table, as text; what is encrypted is hexadecimal there. */
async function everyRow(): Promise<string[]> {
  const tables = await payouts().rows(
    `select tablename as name from pg_tables where schemaname = 'public' order by 1`,
  );
  const rows = await Promise.all(
    tables.map(({ name }) => payouts().rows(`select '${name}: ' || t::text as row from ${name} t`)),
  );
  return rows.flat().map(({ row }) => String(row));
}

const asHex = (text: string): string => Buffer.from(text).toString('hex');
const holding = (texts: readonly string[], secret: string): string[] =>
  texts.filter((text) => text.toLowerCase().includes(secret.toLowerCase()));

/** Someone adds an account, is refused, verified, screened and registered, withdraws it, and adds another. */
async function live(): Promise<string> {
  const { orm } = payouts().database;
  const accountId = await payouts().openAccount();
  const holderName = `${person.first} ${person.last}`;
  const details = { holderName, accountNumber, routingNumber };
  const kept = async (work: Promise<unknown>): Promise<void> => {
    answers.push(await work.catch((error: Error) => ({ refused: error.message, ...error })));
  };
  await kept(payouts().addMethod(accountId, { ...details, routingNumber: '121042881' }));
  const { methodId, ...added } = await payouts().addMethod(accountId, details);
  answers.push(added);
  await kept(payouts().identity(accountId, 'verified', { verifiedName: holderName }));
  await payouts().verify(accountId, holderName);
  await kept(payouts().addMethod(accountId, { ...details, holderName: `${person.last} Other` }));
  const row = (await orm.em.fork().findOne(WithdrawalMethodTable, { id: methodId }))!;
  const opened = new MethodDetails(orm, texts);
  await payouts().screen(methodId, await new HttpScreening(provider.screening(), opened).ask(row));
  const registered = await new ReceivingAccounts(provider.bank(), opened).register(row);
  expect(registered).toMatchObject({ kind: 'registered' });
  await payouts().register(methodId);
  await payouts().cool(methodId, new Date(added.usableAt));
  await kept(payouts().removeMethod(accountId, methodId));
  await payouts().addMethod(accountId, details);
  await kept(new MyMethods(orm).of(accountId));
  await kept(new MyStanding(orm).of(accountId));
  return accountId;
}

test('AD-18: of name, routing and account number nothing is seen again but four digits', async () => {
  const accountId = await live();
  const rows = await everyRow();
  expect(rows.length).toBeGreaterThan(20);
  expect(holding(rows, accountId).length).toBeGreaterThan(10);
  const told = answers.map((answer) => JSON.stringify(answer));
  expect(holding(told, accountNumber.slice(-4)).length).toBeGreaterThan(1);
  for (const secret of secrets) {
    expect(holding(rows, secret)).toEqual([]);
    expect(holding(rows, asHex(secret))).toEqual([]);
    expect(holding(told, secret)).toEqual([]);
    expect(holding(printed, secret)).toEqual([]);
  }
});

test('and what looks for them would find them', async () => {
  const leaked = `leak-${person.last}-${newId()}`;
  await payouts().openAccount(leaked);
  const rows = await everyRow();
  expect(holding(rows, person.last)).not.toEqual([]);
  console.log({ leaked });
  expect(holding(printed, person.last)).not.toEqual([]);
});
