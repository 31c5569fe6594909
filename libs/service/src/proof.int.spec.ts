import { randomUUID } from 'node:crypto';
import { credit, debit, type Journal, journal } from '@holdfast/domain';
import { contractsEvents, escrowEvents } from '@holdfast/events';
import { LedgerWriter, ledgerGrants, ledgerSchema, sealCommitted } from '@holdfast/ledger';
import { newId, ParkedMessages } from '@holdfast/messaging';
import { smallRecipe, useDatabase } from '@holdfast/testing';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Proof } from './proof.ts';
import {
  cashPage,
  marksPage,
  movementsPage,
  outboxPage,
  type Page,
  type PageQuery,
  parkedPage,
  sealsAt,
  sequencesPage,
  transfersPage,
} from './proof-pages.ts';
import type { ServiceDefinition } from './service-definition.ts';
import { StandingClock } from './testing/standing-clock.ts';

const database = useDatabase(
  smallRecipe({
    service: 'proof',
    schema: [
      ...ledgerSchema,
      'create table charges (id uuid primary key, minor bigint not null)',
      'create table settlements (id text primary key, minor bigint not null)',
    ],
    grants: { ...ledgerGrants, charges: 'select, insert', settlements: 'select, insert' },
    entities: [],
    journals: new LedgerWriter(newId),
  }),
);

const definition = {
  name: 'escrow',
  publishes: escrowEvents,
  listensTo: [contractsEvents],
  handles: { 'contracts.contract.activated': 'Handle' },
  ledger: 'E',
  movements: [
    {
      name: 'charges',
      text: `select id, 'card' as provider, 'charge' as kind, id::text as reference, minor as amount_minor,
        'USD' as currency, 'booked' as state, id::text as cause_id, null::text as transfer_id from charges`,
    },
    {
      // Each of them is two movements.
      name: 'settlements',
      text: `select id, side.provider, side.kind, id as reference, minor * side.sign as amount_minor,
        'USD' as currency, 'open' as state, id as cause_id, null::text as transfer_id
        from settlements, (values ('card', 'payout', -1), ('bank', 'deposit', 1)) as side (provider, kind, sign)`,
    },
  ],
} as unknown as ServiceDefinition;

const proof = () => new Proof(database().pool, definition, new StandingClock());

class Handle {
  readonly input: { message: { source: 'event'; id: string } };
  constructor(id: string) {
    this.input = { message: { source: 'event', id } };
  }
}

/** One fact of each kind: a charge, its release, and the events about them. */
async function handleOne(transferId: string): Promise<{ messageId: string; causeId: string }> {
  const [messageId, causeId, milestoneId, agreementId] = [newId(), newId(), newId(), newId()];
  const lines = [debit('E.cash.trust:card', 5n), credit(`E.escrow.milestone:${milestoneId}`, 5n)];
  const charge: Journal = journal({ kind: 'fund', causeId, lines });
  const release = journal({
    kind: 'release',
    causeId: transferId,
    transferId,
    lines: [debit(`E.escrow.milestone:${milestoneId}`, 3n), credit('E.clearing.payouts', 3n)],
  });
  await database().unitOfWork.once(new Handle(messageId), async (tx) => {
    tx.post(charge);
    tx.post(release);
    const submissionId = newId();
    const started = { type: 'escrow.review.started', agreementId, milestoneId, submissionId } as const;
    tx.publish(escrowEvents, [{ ...started, dueAt: tx.now }]);
    tx.publish(escrowEvents, [
      { type: 'escrow.submission.refused', agreementId, milestoneId, submissionId, reason: 'released' },
    ]);
  });
  await database().pool.query('insert into charges values ($1, 5)', [causeId]);
  await database().pool.query('insert into settlements values ($1, 7)', [newId()]);
  return { messageId, causeId };
}

async function seal(): Promise<void> {
  const client = await database().pool.connect();
  await client.query('begin');
  await sealCommitted(client, undefined);
  await client.query('commit');
  client.release();
}

/** All pages, one after the other. */
async function through<Item>(read: (query: PageQuery) => Promise<Page<Item>>, limit = 3): Promise<Item[]> {
  const items: Item[] = [];
  for (let after: string | null | undefined; after !== null; ) {
    const page = await read({ after, limit });
    items.push(...page.items);
    after = page.next;
  }
  return items;
}

const transferIds = Array.from({ length: 8 }, () => randomUUID() as string);
let handled: { messageId: string; causeId: string }[];

beforeAll(async () => {
  handled = [];
  for (const transferId of transferIds) handled.push(await handleOne(transferId));
  await seal();
  const parked = new ParkedMessages(database().pool, 'escrow');
  for (let offset = 0n; offset < 4n; offset += 1n) {
    const record = { topic: 'contracts.events', partition: 1, offset, key: 'k', value: null };
    await parked.park({ ...record, headers: { ce_id: `parked-${offset}` } }, 'waiting', 'a test');
  }
});

describe('what a service proves alone', () => {
  test('I1, I2, I3, I7, I10: each check with its figures, in one snapshot', async () => {
    const { holds, checks, head, ...about } = await proof().take();
    expect(holds).toBe(true);
    expect(Object.fromEntries(checks.map(({ name, figures }) => [name, figures]))).toEqual({
      'journals.balance': { journals: '16', entries: '32' },
      'balances.equal': { accounts: '8', heldMinor: '16' },
      'held.covered': { accounts: '8', heldMinor: '16' },
      'clearing.named': { postings: '8' },
      'chain.verifies': { seals: '16', waiting: '0' },
      'events.counted': { aggregates: '8', events: '16', outbox: '16' },
    });
    expect(head).toMatchObject({ number: '16', hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(about).toMatchObject({
      service: 'escrow',
      ledger: 'E',
      publishes: 'escrow.events',
      listensTo: ['contracts.events'],
      handles: definition.handles,
    });
  });

  test('a service without a ledger proves its events', async () => {
    const without = { ...definition, ledger: false } as ServiceDefinition;
    const taken = await new Proof(database().pool, without, new StandingClock()).take();
    expect(taken).toMatchObject({ holds: true, ledger: null, head: null });
    expect(taken.checks.map(({ name }) => name)).toEqual(['events.counted']);
  });

  test('AD-17: what a service proves of its own tables beside', async () => {
    const proofs = [
      {
        name: 'charges.small',
        rule: 'M-4',
        figures: 'select count(*) as charges from charges',
        wrong: `select id, 'a charge of ' || minor as what from charges where minor > 4`,
      },
    ];
    const own = { ...definition, proofs } as ServiceDefinition;
    const { holds, checks } = await new Proof(database().pool, own, new StandingClock()).take();
    expect(holds).toBe(false);
    expect(checks.find(({ name }) => name === 'charges.small')).toMatchObject({
      ...{ rule: 'M-4', holds: false, figures: { charges: '8' }, findingsTotal: 8 },
      findings: expect.arrayContaining([{ id: handled[0]!.causeId, what: 'a charge of 5' }]),
    });
  });

  test('whoever asks while one is under way gets that one', async () => {
    const one = proof();
    const [first, second] = await Promise.all([one.take(), one.take()]);
    expect(second).toBe(first);
    expect(await one.take()).not.toBe(first);
  });

  test('F41: what is wrong is named by its id, and counted', async () => {
    const { rows } = await database().pool.query('select id::text from journals order by position limit 1');
    const { id } = rows[0];
    const forced = (text: string) =>
      database().superuserQuery(`set session_replication_role = replica; ${text}`);
    await forced(
      `update entries set amount_minor = amount_minor + 1 where journal_id = '${id}' and line = 2`,
    );
    await forced(`update event_sequences set last_sequence = 1`);
    try {
      const { holds, checks } = await proof().take();
      expect(holds).toBe(false);
      const found = checks.flatMap(({ name, findings }) => findings.map((finding) => [name, finding.id]));
      expect(found).toEqual(
        expect.arrayContaining([
          ['journals.balance', id],
          ['chain.verifies', id],
        ]),
      );
      expect(checks.find(({ name }) => name === 'events.counted')).toMatchObject({ findingsTotal: 8 });
    } finally {
      await forced(
        `update entries set amount_minor = amount_minor - 1 where journal_id = '${id}' and line = 2`,
      );
      await forced(`update event_sequences set last_sequence = 2`);
    }
    expect((await proof().take()).holds).toBe(true);
  });
});

describe('what is laid beside other books, page by page', () => {
  const pool = () => database().pool;

  test('I7: sequences, outbox, marks and parked messages', async () => {
    const sequences = await through((query) => sequencesPage(pool(), query));
    expect(sequences.map(({ lastSequence }) => lastSequence)).toEqual(Array(8).fill('2'));
    expect(new Set(sequences.map(({ subject }) => subject)).size).toBe(8);
    const ids = sequences.slice(0, 2).map(({ subject }) => subject);
    const asked = await sequencesPage(pool(), { ids: [...ids, 'nobody'], limit: 1 });
    expect(asked).toEqual({ items: sequences.slice(0, 2), next: null });

    const outbox = await through((query) => outboxPage(pool(), query));
    expect(outbox.map(({ sequence }) => sequence)).toEqual(Array(8).fill(['1', '2']).flat());

    const marks = await through((query) => marksPage(pool(), definition, query));
    expect(marks.map(({ messageId }) => messageId).sort()).toEqual(
      handled.map((one) => one.messageId).sort(),
    );
    const { messageId } = handled[3]!;
    expect(await marksPage(pool(), definition, { ids: [messageId], limit: 1 })).toEqual({
      items: [{ command: 'Handle', messageId, refused: false }],
      next: null,
    });

    const parked = await through((query) => parkedPage(pool(), query));
    expect(parked.map((item) => item.messageId)).toEqual(['parked-0', 'parked-1', 'parked-2', 'parked-3']);
  });

  test('M-2, M-3: transfers, cash and movements', async () => {
    const transfers = await through((query) => transfersPage(pool(), query));
    expect(transfers.map(({ transferId }) => transferId)).toEqual([...transferIds].sort());
    expect(transfers[0]).toMatchObject({ amountMinor: '-3', currency: 'USD' });
    const [first, second] = [transfers[0]!.transferId, 'no-uuid'];
    expect((await transfersPage(pool(), { ids: [first, second], limit: 1 })).items).toEqual([transfers[0]]);

    const cash = await through((query) => cashPage(pool(), query));
    expect(cash.map(({ causeId }) => causeId)).toEqual(handled.map(({ causeId }) => causeId));
    expect(cash[0]).toMatchObject({ provider: 'card', amountMinor: '5', transferId: null });
    const asked = await cashPage(pool(), { ids: [handled[2]!.causeId], limit: 1 });
    expect(asked.items.map(({ journalId }) => journalId)).toEqual([cash[2]!.journalId]);

    const movements = await through((query) => movementsPage(pool(), definition, query));
    expect(movements).toHaveLength(24);
    expect(movements.filter(({ state }) => state === 'open')).toHaveLength(16);
    expect(new Set(movements.map(({ provider, kind, reference }) => provider + kind + reference)).size).toBe(
      24,
    );
    const { reference } = movements.at(-1)!;
    const own = await movementsPage(pool(), definition, { ids: [reference], limit: 1 });
    expect(own.items.map(({ provider, amountMinor }) => `${provider} ${amountMinor}`).sort()).toEqual([
      'bank 7',
      'card -7',
    ]);
  });

  test('I10: the seals of given numbers', async () => {
    const { items } = await sealsAt(pool(), ['3', '1', '99']);
    expect(items.map(({ number }) => number)).toEqual(['1', '3']);
  });

  test.each<[string, (query: PageQuery) => Promise<unknown>, string]>([
    ['transfers', (query) => transfersPage(pool(), query), 'nonsense'],
    ['cash', (query) => cashPage(pool(), query), 'one'],
    ['outbox', (query) => outboxPage(pool(), query), '1x'],
    ['parked', (query) => parkedPage(pool(), query), '99999999999999999999'],
    ['marks', (query) => marksPage(pool(), definition, query), 'nonsense'],
    ['movements', (query) => movementsPage(pool(), definition, query), 'nobody:1'],
    ['movements', (query) => movementsPage(pool(), definition, query), 'charges:no-uuid'],
    ['movements', (query) => movementsPage(pool(), definition, query), "charges:' or"],
  ])('a cursor that no page of %s gave is refused as a bad request', async (_, read, after) => {
    await expect(read({ after, limit: 3 })).rejects.toMatchObject({
      name: 'Problem',
      code: 'request.invalid',
    });
  });
});
