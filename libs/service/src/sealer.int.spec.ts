import { randomUUID } from 'node:crypto';
import { credit, debit, journal } from '@holdfast/domain';
import { escrowEvents } from '@holdfast/events';
import { LedgerWriter, ledgerGrants, ledgerSchema, verifyChain } from '@holdfast/ledger';
import { createPool, newId } from '@holdfast/messaging';
import { eventually, medianMs, smallRecipe, type TestDatabase, useDatabase } from '@holdfast/testing';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Sealer } from './sealer.ts';
import { StandingClock } from './testing/standing-clock.ts';

const database = useDatabase(
  smallRecipe({
    service: 'sealer',
    schema: ledgerSchema,
    grants: ledgerGrants,
    entities: [],
    journals: new LedgerWriter(newId),
  }),
);

let wall: StandingClock;
let running: Sealer[];

beforeEach(async () => {
  for (const table of ['seals', 'entries', 'journals', 'balances', 'inbox', 'outbox', 'event_sequences']) {
    await plant(`truncate ${table} cascade`);
  }
  wall = new StandingClock(new Date());
  running = [];
});

afterEach(async () => {
  await Promise.all(running.map((sealer) => sealer.stop()));
});

const plant = (text: string) => database().superuserQuery(`set session_replication_role = replica; ${text}`);

function startSealer(test: Pick<TestDatabase, 'pool'> = database()): Sealer {
  const { unitOfWork, clock } = database();
  const sealer = new Sealer({
    pool: test.pool,
    unitOfWork,
    businessClock: clock,
    wallClock: wall,
    definition: { name: 'escrow', ledger: 'E', publishes: escrowEvents },
    config: { SEAL_HEAD_SECONDS: 60 },
  } as unknown as ConstructorParameters<typeof Sealer>[0]);
  running.push(sealer);
  sealer.start();
  return sealer;
}

class PostSomething {
  readonly input = { message: { source: 'http', id: randomUUID() } } as const;
}

const post = (): Promise<void> =>
  database().unitOfWork.once(new PostSomething(), async (tx) => {
    const lines = [debit('E.cash.trust:card', 5n), credit('E.refund.payable', 5n)];
    tx.post(journal({ kind: 'orphaned_charge', causeId: randomUUID(), lines }));
  });

const seals = async (): Promise<number> => Number((await verifyChain(database().pool)).seals);

const heads = async () =>
  (
    await database().pool.query(
      `select payload, headers ->> 'sequence' as sequence, aggregateid from outbox
        where type = 'escrow.ledger.sealed.v1' order by seq`,
    )
  ).rows;

describe('the sealer of a service (AD-17)', () => {
  test('seals what was committed within a second, also what no commit of this process told of', async () => {
    startSealer();
    const ms = await medianMs(5, async (round) => {
      await post();
      await eventually(seals, (count) => count === round + 1);
    });
    expect(ms).toBeLessThan(1_000);
    expect(await verifyChain(database().pool)).toMatchObject({ waiting: 0n, total: 0 });
  });

  test('is told by a commit, and seals at once', async () => {
    const sealer = startSealer();
    const stop = database().unitOfWork.onCommit(() => sealer.wake());
    for (let count = 1; count <= 5; count += 1) {
      await post();
      await eventually(
        () => sealer.behind(),
        (count) => count === 0n,
      );
    }
    stop();
    expect(await seals()).toBe(5);
  });

  test('publishes the head at most once a minute, and only when something new was sealed', async () => {
    const sealer = startSealer();
    await post();
    await eventually(heads, ({ length }) => length === 1);
    await post();
    sealer.wake();
    await eventually(seals, (count) => count === 2);
    wall.move(50_000);
    sealer.wake();
    await untilIdle(sealer);
    expect(await heads()).toHaveLength(1);
    wall.move(30_000);
    sealer.wake();
    await eventually(heads, ({ length }) => length === 2);
    wall.move(600_000);
    sealer.wake();
    await untilIdle(sealer);
    const published = await heads();
    expect(published.map(({ sequence, aggregateid }) => [sequence, aggregateid])).toEqual([
      ['1', 'platform'],
      ['2', 'platform'],
    ]);
    const { rows } = await database().pool.query(
      `select number, journal_id, encode(hash, 'hex') as hash from seals order by number`,
    );
    expect(published.map(({ payload }) => payload)).toEqual(
      rows.map(({ number, journal_id, hash }) => ({
        chain: 'E',
        position: Number(number),
        journalId: journal_id,
        hash,
        sealedAt: expect.stringMatching(/Z$/),
      })),
    );
  });

  test('one that starts again publishes nothing twice, and waits for its minute', async () => {
    await startFor(async () => {
      await post();
      await eventually(heads, ({ length }) => length === 1);
    });
    await post();
    const sealer = startSealer();
    await eventually(seals, (count) => count === 2);
    await untilIdle(sealer);
    expect(await heads()).toHaveLength(1);
  });

  test('publishes no head of a chain that is shorter than what was published', async () => {
    await startFor(async () => {
      await post();
      await post();
      await eventually(seals, (count) => count === 2);
      await eventually(heads, ({ length }) => length > 0);
    });
    await plant("delete from inbox where command <> 'PublishLedgerHead'");
    await plant(`insert into inbox values ('PublishLedgerHead', 'E/000000000000009', '')`);
    const before = await heads();
    wall.move(600_000);
    const sealer = startSealer();
    await post();
    await eventually(seals, (count) => count === 3);
    await untilIdle(sealer);
    expect(await heads()).toEqual(before);
  });

  test('of two processes each journal is sealed by one, also when one goes on after the other has ended', async () => {
    const [one, two] = [startSealer(), startSealer()];
    const writing = Promise.all(Array.from({ length: 30 }, post));
    for (const sealer of [one, two]) sealer.wake();
    await writing;
    await eventually(seals, (count) => count === 30);
    await one.stop();
    await post();
    await eventually(seals, (count) => count === 31);
    expect(await verifyChain(database().pool)).toMatchObject({ waiting: 0n, total: 0 });
  });

  test('goes on when its sessions are ended (F36)', async () => {
    const pool = createPool(database().appUrl, 2);
    startSealer({ pool });
    await post();
    await eventually(seals, (count) => count === 1);
    await database().superuserQuery(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()`,
    );
    await eventually(() =>
      post().then(
        () => true,
        () => false,
      ),
    );
    await eventually(seals, (count) => count > 1);
    await running[0]!.stop();
    await pool.end();
  });
});

/** It has begun two rounds more, so that one was whole: it has seen everything, and published what was due. */
async function untilIdle(sealer: Sealer): Promise<void> {
  await eventually(
    () => sealer.behind(),
    (count) => count === 0n,
  );
  const asked = jest.spyOn(database().pool, 'query');
  const rounds = () =>
    asked.mock.calls.filter((call) => textOf(call).includes('select exists (select from journals')).length;
  await eventually(() => {
    sealer.wake();
    return rounds() >= 2;
  });
  asked.mockRestore();
}

function textOf([query]: readonly unknown[]): string {
  return typeof query === 'string' ? query : String((query as { text?: string } | undefined)?.text);
}

async function startFor(work: () => Promise<void>): Promise<void> {
  const sealer = startSealer();
  await work();
  await sealer.stop();
  running = running.filter((one) => one !== sealer);
}
