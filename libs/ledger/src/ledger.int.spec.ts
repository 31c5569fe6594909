import { randomUUID } from 'node:crypto';
import { credit, debit, type Journal, journal } from '@holdfast/domain';
import { createTestDatabase, smallRecipe, type TestDatabase } from '@holdfast/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client, type Pool } from 'pg';
import { checkBooks, checkLedger } from './books.ts';
import { LedgerWriter } from './journal-writer.ts';
import { readCashEntries, readTransferSums } from './mirrors.ts';
import { readBalance, readBalances, readJournals } from './reports.ts';
import { ledgerGrants, ledgerSchema } from './schema.ts';

const valueDate = new Date('2026-03-01T00:00:00.000Z');
const postedAt = new Date('2026-03-02T10:00:00.123Z');
const writer = new LedgerWriter(randomUUID);

let database: TestDatabase & { drop(): Promise<void> };
let app: Pool;
let owner: Client;

beforeAll(async () => {
  const recipe = smallRecipe({
    service: 'ledgertest',
    schema: ledgerSchema,
    grants: ledgerGrants,
    entities: [],
  });
  database = await createTestDatabase(recipe);
  app = database.pool;
  owner = new Client({ connectionString: database.ownerUrl });
  await owner.connect();
}, 60_000);

afterAll(async () => {
  await owner?.end();
  await database?.drop();
});

/** One transaction of the app role. */
async function inTransaction<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: database.appUrl });
  await client.connect();
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } finally {
    await client.end();
  }
}

async function asSuperuser(): Promise<Client> {
  const { pathname } = new URL(database.appUrl);
  const client = new Client({
    connectionString: Object.assign(new URL(database.superuserUrl), { pathname }).href,
  });
  await client.connect();
  return client;
}

const post = (...journals: Journal[]): Promise<void> =>
  inTransaction((client) => writer.write(client, journals, { valueDate, postedAt }));

const funding = (milestone: string, amountMinor: bigint, more: Partial<Journal> = {}): Journal =>
  journal({
    kind: 'funding',
    causeId: randomUUID(),
    lines: [debit('E.cash.trust', amountMinor), credit(`E.escrow.milestone:${milestone}`, amountMinor)],
    ...more,
  });

const release = (milestone: string, amountMinor: bigint, more: Partial<Journal> = {}): Journal =>
  journal({
    kind: 'release',
    causeId: randomUUID(),
    transferId: randomUUID(),
    lines: [debit(`E.escrow.milestone:${milestone}`, amountMinor), credit('E.clearing.payouts', amountMinor)],
    ...more,
  });

const idOf = async (causeId: string): Promise<string> =>
  (await app.query('select id from journals where cause_id = $1', [causeId])).rows[0].id;

const insertJournal = (client: Client, id: string): Promise<unknown> =>
  client.query(
    `insert into journals (id, kind, cause_id, currency, value_date, posted_at)
      values ($1, 'raw', $2, 'USD', now(), now())`,
    [id, id],
  );

const insertEntry = (client: Client, id: string, line: number, amountMinor: bigint): Promise<unknown> =>
  client.query(`insert into entries values ($1, $2, 'E.revenue', '', $3)`, [id, line, amountMinor]);

describe('a journal sums to zero (M-1)', () => {
  test('one leg is refused at COMMIT, not before', async () => {
    const id = randomUUID();
    let inserted = false;
    const oneLeg = inTransaction(async (client) => {
      await insertJournal(client, id);
      await insertEntry(client, id, 1, 5n);
      inserted = true;
    });
    await expect(oneLeg).rejects.toMatchObject({ code: '23514' });
    expect(inserted).toBe(true);
    expect((await app.query('select from journals where id = $1', [id])).rowCount).toBe(0);
  });

  test('legs that differ by a cent are refused, legs that balance are taken', async () => {
    const raw = (second: bigint) =>
      inTransaction(async (client) => {
        const id = randomUUID();
        await insertJournal(client, id);
        await insertEntry(client, id, 1, 5n);
        await insertEntry(client, id, 2, second);
      });
    await expect(raw(-4n)).rejects.toMatchObject({ code: '23514' });
    await expect(raw(-5n)).resolves.toBeUndefined();
  });

  test('a balanced pair under a journal that is committed is refused (M-9)', async () => {
    const old = funding(randomUUID(), 5n);
    await post(old);
    const id = await idOf(old.causeId);
    const slipped = inTransaction(async (client) => {
      await insertEntry(client, id, 3, 7n);
      await insertEntry(client, id, 4, -7n);
    });
    await expect(slipped).rejects.toMatchObject({ code: '23001' });
    expect((await app.query('select from entries where journal_id = $1', [id])).rowCount).toBe(2);
  });

  test('each fact posts once: cause and kind are unique (M-8)', async () => {
    const milestone = randomUUID();
    const once = funding(milestone, 5n);
    await post(once);
    await expect(post(once)).rejects.toMatchObject({ code: '23505' });
    await post(funding(milestone, 1n, { causeId: once.causeId, kind: 'fee' }));
    expect(await readBalance(app, 'E.escrow.milestone', milestone)).toBe(6n);
  });
});

describe('ledger rows are never changed or deleted (M-9, F40)', () => {
  const changes = [
    ['update journals set kind = kind', 'journals'],
    ['update entries set amount_minor = amount_minor', 'entries'],
    ['delete from journals', 'journals'],
    ['delete from entries', 'entries'],
    ['truncate entries', 'entries'],
    ['truncate journals cascade', 'journals'],
  ];

  test.each(changes)(
    '%s: the app role lacks the privilege, the owner meets the trigger',
    async (statement, table) => {
      await post(funding(randomUUID(), 5n));
      const before = await owner.query(
        `select md5(string_agg(t::text, '' order by t::text)) from ${table} t`,
      );
      await expect(app.query(statement)).rejects.toMatchObject({ code: '42501' });
      await expect(owner.query(statement)).rejects.toMatchObject({ code: '23001' });
      const after = await owner.query(`select md5(string_agg(t::text, '' order by t::text)) from ${table} t`);
      expect(after.rows).toEqual(before.rows);
    },
  );

  test('of a balance the app role changes the amount only, and deletes nothing', async () => {
    await expect(app.query(`update balances set account = 'x'`)).rejects.toMatchObject({ code: '42501' });
    await expect(app.query('delete from balances')).rejects.toMatchObject({ code: '42501' });
    await expect(app.query('alter table entries disable trigger all')).rejects.toMatchObject({
      code: '42501',
    });
  });

  test('the app role has these rights and no others', async () => {
    const { rows } = await owner.query(
      `select table_name as "table", coalesce(column_name, '*') as "column",
          string_agg(privilege_type, ', ' order by privilege_type) as rights
        from (
          select table_name, null as column_name, privilege_type from information_schema.role_table_grants
            where grantee = 'ledgertest_app'
          union all
          select table_name, column_name, privilege_type from information_schema.role_column_grants c
            where grantee = 'ledgertest_app' and not exists (select from information_schema.role_table_grants t
              where t.grantee = c.grantee and t.table_name = c.table_name and t.privilege_type = c.privilege_type)
        ) granted where table_name in ('journals', 'entries', 'balances', 'seals') group by 1, 2 order by 1, 2`,
    );
    expect(rows).toEqual([
      { table: 'balances', column: '*', rights: 'INSERT, SELECT' },
      { table: 'balances', column: 'amount_minor', rights: 'UPDATE' },
      { table: 'entries', column: '*', rights: 'INSERT, SELECT' },
      { table: 'journals', column: '*', rights: 'INSERT, SELECT' },
      { table: 'seals', column: '*', rights: 'INSERT, SELECT' },
    ]);
  });
});

describe('balances that are guarded (I3, M-7)', () => {
  test('never fall below zero: the journal is refused as a whole', async () => {
    const [milestone, other] = [randomUUID(), randomUUID()];
    await post(funding(milestone, 100n), funding(other, 100n));
    await expect(post(release(other, 40n), release(milestone, 101n))).rejects.toMatchObject({
      name: 'Rejection',
      code: 'money.insufficient',
    });
    expect(await readBalance(app, 'E.escrow.milestone', other)).toBe(100n);
    await post(release(milestone, 100n));
    expect(await readBalance(app, 'E.escrow.milestone', milestone)).toBe(0n);
  });

  test('an account that nobody has paid into has nothing', async () => {
    await expect(post(release(randomUUID(), 1n))).rejects.toMatchObject({ code: 'money.insufficient' });
    expect(await readBalance(app, 'E.escrow.milestone', randomUUID())).toBe(0n);
  });

  test('what comes in and goes out in one transaction counts together', async () => {
    const milestone = randomUUID();
    await post(release(milestone, 60n), funding(milestone, 100n));
    expect(await readBalance(app, 'E.escrow.milestone', milestone)).toBe(40n);
  });

  test('the first payments into one account, at once, are all counted', async () => {
    const milestone = randomUUID();
    await Promise.all(Array.from({ length: 20 }, () => post(funding(milestone, 3n))));
    expect(await readBalance(app, 'E.escrow.milestone', milestone)).toBe(60n);
  });

  test('of twenty who take half each, at once, two get it', async () => {
    const milestone = randomUUID();
    await post(funding(milestone, 100n));
    const takes = await Promise.allSettled(Array.from({ length: 20 }, () => post(release(milestone, 50n))));
    expect(takes.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect(await readBalance(app, 'E.escrow.milestone', milestone)).toBe(0n);
  });
});

describe('reports', () => {
  test('journals are read by agreement and by account, in order, page by page', async () => {
    const [agreementId, milestone, transferId] = [randomUUID(), randomUUID(), randomUUID()];
    const first = funding(milestone, 2n ** 53n + 1n, { agreementId });
    const second = release(milestone, 1n, { agreementId, accountId: 'anna', transferId });
    await post(first, second, funding(milestone, 9n, { agreementId: randomUUID() }));
    const found = await readJournals(app, { agreementId, limit: 10 });
    expect(found.map((row) => ({ ...row, id: null, position: null }))).toEqual([
      {
        id: null,
        position: null,
        kind: 'funding',
        causeId: first.causeId,
        agreementId,
        accountId: null,
        transferId: null,
        valueDate,
        postedAt,
        lines: first.lines,
      },
      expect.objectContaining({ kind: 'release', accountId: 'anna', transferId, lines: second.lines }),
    ]);
    expect(await readJournals(app, { accountId: 'anna', limit: 10 })).toEqual([found[1]]);
    expect(await readJournals(app, { agreementId, kind: 'release', limit: 10 })).toEqual([found[1]]);
    const { position } = found[0]!;
    expect(await readJournals(app, { kind: 'release', after: position, limit: 10 })).toEqual([found[1]]);
    expect(await readJournals(app, { kind: 'treasury', limit: 10 })).toEqual([]);
    expect(await readJournals(app, { agreementId, limit: 1 })).toEqual([found[0]]);
    expect(await readJournals(app, { agreementId, after: found[0]!.position, limit: 10 })).toEqual([
      found[1],
    ]);
  });

  test('balances stand on their natural side, and a prefix picks accounts', async () => {
    const milestone = randomUUID();
    await post(funding(milestone, 100n), release(milestone, 30n));
    const balances = await readBalances(app, 'E.escrow.');
    expect(balances.get(`E.escrow.milestone:${milestone}`)).toBe(70n);
    expect([...balances.keys()].every((account) => account.startsWith('E.escrow.'))).toBe(true);
    const all = await readBalances(app);
    expect(all.get('E.cash.trust')).toBeGreaterThanOrEqual(100n);
    expect(all.get('E.clearing.payouts')).toBeGreaterThanOrEqual(30n);
  });
});

describe('what is laid beside other books', () => {
  test('M-22: sums of transfers come page by page in the order of their ids, or by id', async () => {
    const [milestone, other] = [randomUUID(), randomUUID()];
    const transferIds: string[] = [randomUUID(), randomUUID(), randomUUID()].sort();
    await post(funding(milestone, 60n));
    for (const [index, transferId] of transferIds.entries()) {
      await post(release(milestone, BigInt(index + 1) * 10n, { transferId }));
    }
    const pages: string[] = [];
    for (let after: string | undefined; ; after = pages.at(-1)) {
      const page = await readTransferSums(app, { after, limit: 2 });
      pages.push(...page.map(({ transferId }) => transferId));
      if (page.length === 0) break;
    }
    expect(pages).toEqual([...pages].sort());
    expect(pages.filter((id) => transferIds.includes(id))).toEqual(transferIds);
    const [first] = await readTransferSums(app, { ids: [transferIds[0]!, other] });
    expect(first).toMatchObject({ transferId: transferIds[0], amountMinor: -10n, currency: 'USD' });
  });

  test('M-3: cash comes page by page in whole journals, or by cause and transfer', async () => {
    const causeId = randomUUID();
    const moved = journal({
      kind: 'treasury',
      causeId,
      lines: [debit('E.cash.trust:bank', 7n), credit('E.cash.trust:card', 7n)],
    });
    await post(moved);
    const pair = [
      { provider: 'bank', causeId, amountMinor: 7n, currency: 'USD' },
      { provider: 'card', causeId, amountMinor: -7n, currency: 'USD' },
    ];
    const sorted = (entries: { provider: string }[]) =>
      [...entries].sort((a, b) => (a.provider < b.provider ? -1 : 1));
    const found = await readCashEntries(app, { causeIds: [causeId], transferIds: [] });
    expect(sorted(found)).toMatchObject(pair);
    const page = await readCashEntries(app, { after: found[0]!.position - 1n, limit: 1 });
    expect(sorted(page)).toMatchObject(pair);
    expect(await readCashEntries(app, { after: found[0]!.position, limit: 1 })).toEqual([]);
  });
});

describe('the check of the books', () => {
  test('finds nothing wrong in what the writer wrote', async () => {
    expect(await checkLedger(app)).toEqual([]);
    const { journals, balances } = await checkBooks(app);
    const { rows } = await app.query('select count(*) from journals');
    expect(journals.figures.journals).toBe(BigInt(rows[0].count));
    expect(balances.figures.accounts).toBeGreaterThan(0n);
  });

  test('I1, I2, I3: counts all that is wrong and names the first', async () => {
    const superuser = await asSuperuser();
    await superuser.query('begin');
    await superuser.query('set local session_replication_role = replica');
    const { rowCount } = await superuser.query('update balances set amount_minor = amount_minor + 1');
    const { journals, balances, held } = await checkBooks(superuser, 3);
    await superuser.query('rollback');
    await superuser.end();
    expect(rowCount).toBeGreaterThan(3);
    expect(balances).toMatchObject({ total: rowCount, differences: { length: 3 } });
    expect([journals.total, held.total]).toEqual([0, 0]);
  });

  /** Each plants one difference, as nobody but a superuser with the triggers off can. */
  const planted: [string, (milestone: string, journalId: string) => [string, unknown[]], RegExp[]][] = [
    [
      'an amount that was changed',
      (_, id) => [
        'update entries set amount_minor = amount_minor + 1 where journal_id = $1 and line = 2',
        [id],
      ],
      [/^I1 journal .*: 1$/, /^I2 E.escrow.milestone:.*: stored 50, entries 49$/],
    ],
    [
      'a leg that is gone',
      (_, id) => ['delete from entries where journal_id = $1 and line = 1', [id]],
      [/^I1 journal .*: -50$/],
    ],
    [
      'an extra leg',
      (_, id) => [`insert into entries values ($1, 3, 'E.revenue', '', 7)`, [id]],
      [/^I1 journal .*: 7$/],
    ],
    [
      'a journal that is gone, and its legs are not',
      (_, id) => ['delete from journals where id = $1', [id]],
      [/^I1 journal .*: entries without their journal$/],
    ],
    [
      'clearing without a transfer (M-22)',
      (_, id) => [
        `update entries set account = 'E.clearing.payouts' where journal_id = $1 and line = 1`,
        [id],
      ],
      [/^M-22 journal .*: 50 on E.clearing.payouts without a transferId$/],
    ],
    [
      'a journal whose legs are all gone',
      (_, id) => ['delete from entries where journal_id = $1', [id]],
      [/^I1 journal .*: 0$/, /^I2 .*: stored 50, entries 0$/],
    ],
    [
      'a stored balance that was changed',
      (milestone) => ['update balances set amount_minor = 51 where sub_account = $1', [milestone]],
      [/^I2 .*: stored 51, entries 50$/],
    ],
    [
      'a stored balance that is gone',
      (milestone) => ['delete from balances where sub_account = $1', [milestone]],
      [/^I2 .*: stored nothing, entries 50$/],
    ],
    [
      'an account on the wrong side of zero',
      (_, id) => ['update entries set amount_minor = -amount_minor where journal_id = $1', [id]],
      [/^I2 .*: stored 50, entries -50$/, /^I3 .*: -50$/],
    ],
  ];

  test.each(planted)('names %s', async (_, statement, expected) => {
    const milestone = randomUUID();
    const funded = funding(milestone, 50n);
    await post(funded);
    const superuser = await asSuperuser();
    await superuser.query('begin');
    await superuser.query('set local session_replication_role = replica');
    await superuser.query(...statement(milestone, await idOf(funded.causeId)));
    const found = await checkLedger(superuser);
    await superuser.query('rollback');
    await superuser.end();
    const lines = found.map(({ invariant, where, found: what }) => `${invariant} ${where}: ${what}`);
    expect(lines).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
  });
});
