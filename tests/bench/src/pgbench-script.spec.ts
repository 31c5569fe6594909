import { expect, test } from '@jest/globals';
import { scriptOf } from './pgbench-script.ts';
import type { TableShape, WrittenRow } from './written-rows.ts';

const shape = (types: Record<string, string>, key = ['id']): TableShape => ({
  types: new Map(Object.entries(types)),
  key,
});
const shapes = new Map([
  ['milestones', shape({ id: 'uuid', status: 'text', held_minor: 'bigint', version: 'integer' })],
  ['outbox', shape({ id: 'uuid', payload: 'jsonb', note: 'text' })],
  [
    'balances',
    shape({ account: 'text', sub_account: 'text', amount_minor: 'bigint' }, ['account', 'sub_account']),
  ],
]);

const milestoneId = '01a203f5-eba3-7624-8b7b-100000000007';
const eventId = '01a203f6-13a7-75b0-9016-fb99ea921cab';
const milestone: WrittenRow = {
  table: 'milestones',
  before: { id: milestoneId, status: 'funded', held_minor: 900, version: 2 },
  after: { id: milestoneId, status: 'released', held_minor: 0, version: 3 },
};
const balance = (account: string, before: number): WrittenRow => ({
  table: 'balances',
  before: { account, sub_account: milestoneId, amount_minor: before },
  after: { account, sub_account: milestoneId, amount_minor: 0 },
});
const statementsOf = (...rows: WrittenRow[]): string[] => scriptOf([milestone, ...rows], shapes).split(';\n');

test('each transaction takes the next number, reads its milestone and commits', () => {
  const [first, begin, update, commit] = statementsOf();
  expect(first!.split('\n')).toEqual([
    '\\set i :i + 1',
    '\\set n :first + :i * :clients + :client_id',
    `select * from milestones where id = ('01a203f5-eba3-7624-8b7b-' || :n)::uuid`,
  ]);
  expect([begin, commit]).toEqual(['begin', 'commit']);
  expect(update).toContain('update milestones');
});

test('a row with a version is written where it has the version that was read', () => {
  expect(statementsOf()[2]).toBe(
    `update milestones set status = 'released'::text, held_minor = '0'::bigint, version = '3'::integer
  where id = ('01a203f5-eba3-7624-8b7b-' || :n)::uuid and version = '2'::integer`,
  );
});

test('rows without a version are changed by the difference, all of a table by one statement', () => {
  expect(statementsOf(balance('held', 900), balance('fee', 45))[3]).toBe(
    `update balances t set amount_minor = t.amount_minor + d.amount_minor
  from (values ('held'::text, ('01a203f5-eba3-7624-8b7b-' || :n)::text, -900::bigint),
    ('fee'::text, ('01a203f5-eba3-7624-8b7b-' || :n)::text, -45::bigint)) as d (account, sub_account, amount_minor)
  where t.account = d.account and t.sub_account = d.sub_account`,
  );
});

test('every id in a text gets the number; quotes and colons stay what they are', () => {
  const after = { id: eventId, payload: { milestoneId, open: true }, note: `it's a:b at 10:30, c::d` };
  expect(statementsOf({ table: 'outbox', after })[3]).toBe(
    `insert into outbox (id, payload, note)
  values (('01a203f6-13a7-75b0-9016-' || :n)::uuid, ` +
      `('{"milestoneId":"01a203f5-eba3-7624-8b7b-' || :n || '","open":' || 'true}')::jsonb, ` +
      `('it''s a:' || 'b at 10:30, c::' || 'd')::text)`,
  );
});

test('what is null stays null', () => {
  expect(statementsOf({ table: 'outbox', after: { id: eventId, payload: {}, note: null } })[3]).toContain(
    `'{}'::jsonb, null::text`,
  );
});

test('a release without a milestone is no release', () => {
  expect(() => scriptOf([balance('held', 900)], shapes)).toThrow('wrote no milestone');
});
