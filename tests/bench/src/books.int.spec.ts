import { randomUUID } from 'node:crypto';
import { ledgerGrants, ledgerSchema } from '@holdfast/ledger';
import { createTestDatabase, smallRecipe, type TestDatabase } from '@holdfast/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { differencesOf, differencesOfReference } from './books.ts';
import type { Databases } from './databases.ts';
import { Told } from './release-load.ts';

/** As much of escrow and payouts as the books are read from. */
const schema = [
  ...ledgerSchema,
  `create table milestones (id uuid primary key, status text not null, held_minor bigint not null,
    review_due_at timestamptz)`,
  `create table transfers (id uuid primary key, milestone_id uuid not null, status text not null,
    released_at timestamptz)`,
  'create table credits (id uuid primary key)',
];
const recipe = smallRecipe({ service: 'books', schema, grants: ledgerGrants, entities: [] });
const names = ['escrow', 'payouts', 'contracts', 'reference'] as const;
type Name = (typeof names)[number];
const tables = [
  ...['milestones', 'transfers', 'credits', 'inbox', 'outbox', 'event_sequences', 'parked_messages'],
  ...['balances', 'entries', 'journals'],
];
const net = 90_000;

let all: Record<Name, TestDatabase & { drop(): Promise<void> }>;
let told: Told;

beforeAll(async () => {
  const made = [];
  for (const name of names) made.push([name, await createTestDatabase(recipe)]);
  all = Object.fromEntries(made);
}, 60_000);

afterAll(async () => {
  for (const name of names) await all[name].drop();
});

beforeEach(async () => {
  told = new Told();
  await plant(release(), release(), release());
});

/** In empty tables. */
async function plant(...releases: Record<Name, string[]>[]): Promise<void> {
  for (const name of names) {
    const work = [
      ...tables.map((table) => `delete from ${table}`),
      ...releases.flatMap((each) => each[name]),
    ];
    await sql(name, planted(work.join(';\n')));
  }
}

const sql = async (name: Name, text: string, values?: unknown[]) =>
  (await all[name].superuserQuery(text, values)).rows;

/** Past the triggers that refuse most of what is planted here. */
const planted = (text: string): string => `set session_replication_role = 'replica'; ${text}`;

const databases = { poolOf: (name: Name) => all[name].pool, rows: sql } as unknown as Databases;
const differences = () => differencesOf(databases, told, 1);

/** What a release leaves behind, once it was acknowledged, published and credited. */
function release(): Record<Name, string[]> {
  const [milestoneId, transferId, key] = [randomUUID(), randomUUID(), randomUUID()];
  const answer = JSON.stringify({ milestoneId, transferId });
  told.acknowledged.push({ milestoneId, clientId: 'client', token: '', key, answer });
  return effects(milestoneId, transferId, [
    `insert into event_sequences values ('${milestoneId}', 2, 'key', 0, 'correlation')`,
    `insert into inbox values ('ReleaseMilestone', 'client/${key}', 'fingerprint', '${answer}')`,
  ]);
}

const dueAt = new Date('2030-03-03T03:03:00.042Z');

/** The same of a timer; beside it a review that still runs. */
function releaseBySilence(): Record<Name, string[]> {
  const [milestoneId, transferId] = [randomUUID(), randomUUID()];
  told.silent.push({ milestoneId, dueAt, sequence: 3 });
  told.reviews += 1;
  return effects(milestoneId, transferId, [
    `insert into milestones values (gen_random_uuid(), 'submitted', ${net}, '2030-04-04')`,
    `insert into event_sequences values ('${milestoneId}', 4, 'key', 0, 'correlation')`,
    `insert into inbox values
      ('ReleaseBySilence', 'review.silence/${milestoneId}/${dueAt.getTime()}', 'fingerprint', '{}')`,
  ]);
}

function effects(milestoneId: string, transferId: string, rest: readonly string[]): Record<Name, string[]> {
  const escrow = [
    `insert into milestones values ('${milestoneId}', 'released', 0)`,
    `insert into transfers values ('${transferId}', '${milestoneId}', 'credited', '${dueAt.toISOString()}')`,
    ...rest,
    ...journal('fund', randomUUID(), { 'E.cash.trust': net, 'E.escrow.milestone': -net }),
    ...journal('release', transferId, { 'E.escrow.milestone': net, 'E.clearing.payouts': -net }),
    `insert into balances values ('E.escrow.milestone', '', 0) on conflict do nothing`,
  ];
  const payouts = [
    `insert into credits values ('${transferId}')`,
    ...journal('release', transferId, { 'P.clearing.escrow': net, 'P.freelancer.pending': -net }),
    `insert into balances as known values ('P.freelancer.pending', '', ${net})
      on conflict (account, sub_account) do update set amount_minor = known.amount_minor + ${net}`,
  ];
  return { escrow, payouts, contracts: [], reference: [...escrow, publish] };
}

const publish = `insert into outbox (id, aggregatetype, aggregateid, type, payload, headers, partition)
  values (gen_random_uuid(), 'escrow', 'key', 'type', '{}', '{}', 0)`;

function journal(kind: string, causeId: string, lines: Record<string, number>): string[] {
  const id = randomUUID();
  const transferId = kind === 'release' ? `'${causeId}'` : 'null';
  return [
    `insert into journals (id, kind, cause_id, currency, transfer_id, value_date, posted_at)
      values ('${id}', '${kind}', '${causeId}', 'USD', ${transferId}, now(), now())`,
    ...Object.entries(lines).map(
      ([account, amount], index) => `insert into entries (journal_id, line, account, amount_minor)
        values ('${id}', ${index + 1}, '${account}', ${amount})`,
    ),
  ];
}

const milestone = (): string => told.acknowledged[0]!.milestoneId;
test('books that hold what callers were told have no differences', async () => {
  told.refused = 1;
  await sql(
    'escrow',
    `insert into inbox (command, message_id, fingerprint, refusal)
    values ('ReleaseMilestone', 'client/other', 'fingerprint', '{"code": "milestone.released"}')`,
  );
  expect(await differences()).toEqual([]);
  expect(await differencesOfReference(databases, 3)).toEqual([]);
});

test.each([
  [
    'an acknowledged release that is not there',
    () => `update milestones set status = 'funded' where id = '${milestone()}'`,
  ],
  ['a second transfer', () => `insert into transfers values (gen_random_uuid(), '${milestone()}', 'sent')`],
  ['a lost transfer', () => `delete from transfers where milestone_id = '${milestone()}'`],
  ['a journal of another cause', () => `update journals set cause_id = 'x' || id where kind = 'release'`],
  ['a journal that does not sum to zero', () => `update entries set amount_minor = 1 where line = 2`],
  ['a stored balance that is not the sum of its entries', () => `update balances set amount_minor = 7`],
  [
    'two facts of one release',
    () => `update event_sequences set last_sequence = 3 where subject = '${milestone()}'`,
  ],
  ['an answer that was not kept', () => `update inbox set answer = '{}'`],
  [
    'a refusal that nobody heard',
    () => `insert into inbox (command, message_id, fingerprint, refusal)
    values ('ReleaseMilestone', 'client/other', 'fingerprint', '{}')`,
  ],
  ['a fact that is not published', () => publish],
])('seen in escrow: %s', async (_, text) => {
  await sql('escrow', planted(text()));
  expect(await differences()).not.toEqual([]);
});

test.each([
  [
    'a transfer that was not credited',
    'delete from credits where id = (select min(id::text)::uuid from credits)',
  ],
  ['a credit that nobody sent', 'insert into credits values (gen_random_uuid())'],
  [
    'a credit of another amount',
    'update entries set amount_minor = amount_minor * 2; update balances set amount_minor = amount_minor * 2',
  ],
])('seen in payouts: %s', async (_, text) => {
  await sql('payouts', planted(text));
  expect(await differences()).not.toEqual([]);
});

describe('timers that were due', () => {
  const timer = (): string => told.silent[0]!.milestoneId;

  beforeEach(async () => {
    told = new Told();
    await plant(release(), releaseBySilence(), releaseBySilence());
  });

  test('each released its milestone once, and no other timer did', async () => {
    expect(await differences()).toEqual([]);
  });

  test.each([
    [
      'one that was not handled',
      () => `update milestones set status = 'submitted', review_due_at = now() where id = '${timer()}'`,
    ],
    [
      'one that was handled twice',
      () =>
        `insert into inbox values ('ReleaseBySilence', 'review.silence/${timer()}/7', 'fingerprint', '{}')`,
    ],
    [
      'one that is dated at its sweep',
      () => `update transfers set released_at = '2030-03-03T03:04' where milestone_id = '${timer()}'`,
    ],
    ['one with two facts', () => `update event_sequences set last_sequence = 5 where subject = '${timer()}'`],
    [
      'one whose time had not come',
      () => `update milestones set review_due_at = null where status = 'submitted'`,
    ],
  ])('seen: %s', async (_, text) => {
    await sql('escrow', planted(text()));
    expect(await differences()).not.toEqual([]);
  });

  test('seen: one that was not credited', async () => {
    await sql('payouts', 'delete from credits where id = (select min(id::text)::uuid from credits)');
    expect(await differences()).not.toEqual([]);
  });
});

test('seen: an answer that a caller should not have got, and a parked message', async () => {
  told.wrong.push('repeat for x: 500');
  expect(await differences()).toEqual(['repeat for x: 500']);
  told.wrong.length = 0;
  await sql(
    'contracts',
    `insert into parked_messages (consumer_group, topic, message_key, partition, record_offset,
    message_id, kind, cause, headers) values ('contracts', 'escrow.events', 'k', 0, 0, 'm', 'failed', 'why', '{}')`,
  );
  expect(await differences()).toEqual(['contracts has parked a message: why']);
});

test('seen in the reference: fewer effects than pgbench says', async () => {
  expect(await differencesOfReference(databases, 4)).not.toEqual([]);
  await sql('reference', 'delete from outbox');
  expect(await differencesOfReference(databases, 3)).toEqual(['reference: 0 unpublished instead of 3']);
});
