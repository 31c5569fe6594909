import { randomUUID } from 'node:crypto';
import { credit, debit, journal } from '@holdfast/domain';
import { createTestDatabase, smallRecipe, type TestDatabase } from '@holdfast/testing';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { coveredColumns } from './chain.ts';
import { LedgerWriter } from './journal-writer.ts';
import { ledgerGrants, ledgerSchema } from './schema.ts';
import { type SealerState, sealCommitted } from './sealer.ts';
import { readSealsAt, readUnsealed, verifyChain } from './verify-chain.ts';

const recipe = smallRecipe({ service: 'sealtest', schema: ledgerSchema, grants: ledgerGrants, entities: [] });
const writer = new LedgerWriter(randomUUID);
const dates = { valueDate: new Date('2026-03-01T00:00:00Z'), postedAt: new Date('2026-03-02T10:00:00.123Z') };

let database: TestDatabase & { drop(): Promise<void> };
const sessions: Client[] = [];

beforeEach(async () => {
  await closeAll();
  database = await createTestDatabase(recipe);
}, 60_000);

afterAll(closeAll, 30_000);

async function closeAll(): Promise<void> {
  await closeSessions();
  await database?.drop();
}

async function closeSessions(): Promise<void> {
  await Promise.all(sessions.splice(0).map((session) => session.end()));
}

async function openSession(): Promise<Client> {
  const client = new Client({ connectionString: database.appUrl });
  sessions.push(client);
  await client.connect();
  return client;
}

/** A writer that posts one journal and commits when it is told to. */
async function startPosting(amountMinor = 5n): Promise<{ id: string; client: Client }> {
  const client = await openSession();
  await client.query('begin');
  const causeId = randomUUID();
  const posted = journal({
    kind: 'fund',
    causeId,
    lines: [
      debit('E.cash.trust:card', amountMinor),
      credit(`E.escrow.milestone:${randomUUID()}`, amountMinor),
    ],
  });
  await writer.write(client, [posted], dates);
  const { rows } = await client.query('select id from journals where cause_id = $1', [causeId]);
  return { id: rows[0].id, client };
}

async function post(): Promise<string> {
  const { id, client } = await startPosting();
  await client.query('commit');
  return id;
}

/** One process that seals: it keeps what it knows, as the service's does. */
class TestSealer {
  known: SealerState | undefined;

  async seal(session?: Client): Promise<number | 'busy'> {
    const client = session ?? (await openSession());
    await client.query('begin');
    const sealed = await sealCommitted(client, this.known);
    await client.query('commit');
    if (!sealed) return 'busy';
    this.known = sealed.state;
    return sealed.count;
  }
}

const sealedIds = async (): Promise<string[]> =>
  (await database.pool.query('select journal_id from seals order by number')).rows.map(
    (row) => row.journal_id,
  );

const sealsVerify = async (count: number) => {
  const { seals, findings, waiting } = await verifyChain(database.pool);
  expect({ seals, findings, waiting }).toEqual({ seals: BigInt(count), findings: [], waiting: 0n });
};

test('the hash covers every column of a journal and of its lines', async () => {
  const { rows } = await database.pool.query(
    `select table_name, array_agg(column_name::text) as columns from information_schema.columns
      where table_name in ('journals', 'entries') group by table_name`,
  );
  const stored = new Map(rows.map((row) => [row.table_name, [...row.columns].sort()]));
  expect(stored.get('journals')).toEqual(Object.keys(coveredColumns.journals).sort());
  // The line's journal is the journal that it is hashed with.
  expect(stored.get('entries')).toEqual([...Object.keys(coveredColumns.entries), 'journal_id'].sort());
});

describe('sealing (AD-17)', () => {
  test('chains what is committed, numbered from 1 without gaps, and nothing twice', async () => {
    const ids = [await post(), await post(), await post()];
    const sealer = new TestSealer();
    expect(await sealer.seal()).toBe(3);
    expect(await sealer.seal()).toBe(0);
    expect(await sealedIds()).toEqual(ids);
    const heads = await readSealsAt(database.pool, [1n, 2n, 3n, 4n]);
    expect(heads.map(({ number, journalId }) => [number, journalId])).toEqual(
      ids.map((id, index) => [BigInt(index + 1), id]),
    );
    await sealsVerify(3);
  });

  test('F29: a lower position that commits later is sealed then, and holds up nobody', async () => {
    const sealer = new TestSealer();
    const slow = await startPosting();
    const quick = await post();
    expect(await sealer.seal()).toBe(1);
    for (let round = 0; round < 3; round += 1) expect(await sealer.seal()).toBe(0);
    const later = await post();
    expect(await sealer.seal()).toBe(1);
    await slow.client.query('commit');
    expect(await sealer.seal()).toBe(1);
    expect(await sealedIds()).toEqual([quick, later, slow.id]);
    await sealsVerify(3);
  });

  test('a rollback leaves a gap that is looked at no longer than its transaction lasted', async () => {
    const sealer = new TestSealer();
    const lost = await startPosting();
    const slow = await startPosting();
    await post();
    await sealer.seal();
    expect(sealer.known!.gaps.map(({ from, to }) => [from, to])).toEqual([[1n, 2n]]);
    await lost.client.query('rollback');
    await sealer.seal();
    // Nobody can tell yet which of the two will not come.
    expect(sealer.known!.gaps).toHaveLength(1);
    await slow.client.query('commit');
    expect(await sealer.seal()).toBe(1);
    await sealer.seal();
    expect(sealer.known!.gaps).toEqual([]);
    await post();
    await sealer.seal();
    const { rows } = await database.pool.query('select below from seals order by number desc limit 1');
    expect(BigInt(rows[0].below)).toBe(5n);
    await sealsVerify(3);
  });

  test('what another database does, and who only reads, keeps no gap open', async () => {
    const sealer = new TestSealer();
    const reader = await openSession();
    await reader.query('begin transaction isolation level repeatable read');
    await reader.query('select * from journals');
    const lost = await startPosting();
    await post();
    await sealer.seal();
    await lost.client.query('rollback');
    await sealer.seal();
    expect(sealer.known!.gaps).toEqual([]);
  });

  test('a sealer that starts anew goes on where the last seal says, and skips nothing', async () => {
    const slow = await startPosting();
    const ids = [await post(), await post()];
    await new TestSealer().seal();
    const after = new TestSealer();
    expect(await after.seal()).toBe(0);
    await slow.client.query('commit');
    expect(await new TestSealer().seal()).toBe(1);
    expect(await after.seal()).toBe(0);
    expect(await sealedIds()).toEqual([...ids, slow.id]);
    await sealsVerify(3);
  });

  test('of two sealers at once one waits, and both together chain each journal once', async () => {
    const [one, two] = [new TestSealer(), new TestSealer()];
    const [first, second] = [await openSession(), await openSession()];
    await post();
    await first.query('begin');
    const begun = await sealCommitted(first, undefined);
    expect(begun?.count).toBe(1);
    expect(await two.seal(second)).toBe('busy');
    await first.query('rollback');
    const writing = (async () => {
      for (let count = 0; count < 40; count += 1) {
        const { client } = await startPosting();
        await client.query(count % 5 === 0 ? 'rollback' : 'commit');
        await sessions.splice(sessions.indexOf(client), 1)[0]!.end();
      }
    })();
    let over = false;
    void writing.finally(() => {
      over = true;
    });
    while (!over) await Promise.all([one.seal(first), two.seal(second)]);
    await writing;
    for (const sealer of [one, two, one, two]) await sealer.seal(first);
    expect((await readUnsealed(database.pool)).count).toBe(0n);
    await sealsVerify(33);
  });

  test('a transaction that was cut off before its commit is done anew', async () => {
    const sealer = new TestSealer();
    await post();
    await sealer.seal();
    await post();
    const client = await openSession();
    await client.query('begin');
    await sealCommitted(client, sealer.known);
    await client.query('rollback');
    expect(await sealer.seal()).toBe(1);
    await sealsVerify(2);
  });

  test('many are sealed batch by batch', async () => {
    const client = await openSession();
    await client.query('begin');
    for (let count = 0; count < 3; count += 1) {
      const journals = Array.from({ length: 400 }, () =>
        journal({
          kind: 'fund',
          causeId: randomUUID(),
          lines: [debit('E.cash.trust:card', 1n), credit('E.refund.payable', 1n)],
        }),
      );
      await writer.write(client, journals, dates);
    }
    const quick = await post();
    const sealer = new TestSealer();
    await sealer.seal();
    await client.query('commit');
    expect(await sealer.seal()).toBe(500);
    expect(await sealer.seal()).toBe(500);
    expect(await sealer.seal()).toBe(200);
    expect((await sealedIds())[0]).toBe(quick);
    await sealsVerify(1201);
  }, 60_000);

  test('seals are never changed or deleted (M-9)', async () => {
    await post();
    await new TestSealer().seal();
    const owner = new Client({ connectionString: database.ownerUrl });
    sessions.push(owner);
    await owner.connect();
    for (const statement of ['update seals set below = 0', 'delete from seals', 'truncate seals']) {
      await expect(database.pool.query(statement)).rejects.toMatchObject({ code: '42501' });
      await expect(owner.query(statement)).rejects.toMatchObject({ code: '23001' });
    }
  });
});

describe('the chain, recomputed (I10, F41)', () => {
  /** Changes rows as nobody but a superuser with the triggers off can. */
  async function plant(text: string, values: unknown[] = []): Promise<void> {
    const name = new URL(database.appUrl).pathname;
    const superuser = new Client({
      connectionString: Object.assign(new URL(database.superuserUrl), { pathname: name }).href,
    });
    await superuser.connect();
    await superuser.query('set session_replication_role = replica');
    await superuser.query(text, values);
    await superuser.end();
  }

  async function chainOf(length: number): Promise<string[]> {
    const ids: string[] = [];
    for (let count = 0; count < length; count += 1) ids.push(await post());
    await new TestSealer().seal();
    return ids;
  }

  test.each([
    ['an amount', 'update entries set amount_minor = amount_minor + 1 where journal_id = $1 and line = 1'],
    ['an account', `update entries set sub_account = 'bank' where journal_id = $1 and line = 1`],
    [
      'a date, by a microsecond',
      `update journals set value_date = value_date + interval '1 microsecond' where id = $1`,
    ],
    ['an agreement', 'update journals set agreement_id = gen_random_uuid() where id = $1'],
    ['a position', 'update journals set position = default where id = $1'],
    [
      'an extra pair of legs',
      `insert into entries values ($1, 3, 'E.revenue', '', 7), ($1, 4, 'E.revenue', '', -7)`,
    ],
    ['the legs', 'delete from entries where journal_id = $1'],
  ])('names the journal of which %s was changed, and no other', async (_, statement) => {
    const ids = await chainOf(5);
    const victim = ids[2]!;
    await plant(statement, [victim]);
    const { findings, total } = await verifyChain(database.pool);
    expect(findings).toEqual([{ id: victim, what: 'changed', number: 3n }]);
    expect(total).toBe(1);
  });

  test('names a journal that is gone, and seals that are gone', async () => {
    const ids = await chainOf(6);
    await plant('delete from journals where id = $1', [ids[1]]);
    await plant('delete from seals where number in (4, 5)');
    const { findings } = await verifyChain(database.pool);
    expect(findings).toEqual([
      { id: ids[1], what: 'missing', number: 2n },
      { id: 'seals 4 to 5', what: 'seal missing' },
      { id: ids[3], what: 'not sealed' },
      { id: ids[4], what: 'not sealed' },
    ]);
  });

  test('names a journal that was slipped in below what was sealed', async () => {
    await chainOf(3);
    const id = randomUUID();
    await plant(
      `insert into journals (id, position, kind, cause_id, currency, value_date, posted_at) overriding system value
        values ($1, 0, 'raw', 'forged', 'USD', now(), now())`,
      [id],
    );
    expect(await new TestSealer().seal()).toBe(0);
    expect((await verifyChain(database.pool)).findings).toEqual([{ id, what: 'not sealed' }]);
  });

  test('what waits for the sealer is counted, and wrong only after a minute', async () => {
    await chainOf(1);
    const id = await post();
    expect(await verifyChain(database.pool)).toMatchObject({ waiting: 1n, total: 0 });
    expect(await readUnsealed(database.pool)).toMatchObject({ count: 1n, firstId: id });
    await plant(`update journals set recorded_at = now() - interval '2 minutes' where id = $1`, [id]);
    expect(await verifyChain(database.pool)).toMatchObject({
      waiting: 0n,
      findings: [{ id, what: 'not sealed' }],
    });
  });

  test('a restored dump goes on: nothing in it knows a transaction of the old server', async () => {
    await chainOf(2);
    const lost = await startPosting();
    await lost.client.query('rollback');
    const waiting = await post();
    const before = database;
    database = await createTestDatabase(recipe);
    try {
      for (const table of ['journals', 'entries', 'balances', 'seals']) {
        const { rows } = await before.superuserQuery(`select to_jsonb(t)::text as row from ${table} t`);
        await plant(
          `insert into ${table} overriding system value
            select r.* from unnest($1::text[]) as dumped (row)
              cross join lateral jsonb_populate_record(null::${table}, dumped.row::jsonb) r`,
          [rows.map(({ row }) => row)],
        );
      }
      await plant(`select setval(pg_get_serial_sequence('journals', 'position'), 4)`);
      const sealer = new TestSealer();
      expect(await sealer.seal()).toBe(1);
      const next = await post();
      expect(await sealer.seal()).toBe(1);
      expect((await sealedIds()).slice(2)).toEqual([waiting, next]);
      await sealsVerify(4);
    } finally {
      await closeSessions();
      await before.drop();
    }
  });
});
