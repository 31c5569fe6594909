import { expect, test } from '@jest/globals';
import { countsOf, netOf, type Row } from './written-rows.ts';

const keyOf = () => ['id'];
const step = (table: string, before: Row | null, after: Row | null) => ({ table, before, after });

test('a row that is inserted and then updated was inserted as it is at the end', () => {
  const steps = [
    step('inbox', null, { id: 1, answer: null }),
    step('transfers', null, { id: 1 }),
    step('inbox', { id: 1, answer: null }, { id: 1, answer: 'yes' }),
  ];
  expect(netOf(steps, keyOf)).toEqual([
    { table: 'inbox', before: undefined, after: { id: 1, answer: 'yes' } },
    { table: 'transfers', before: undefined, after: { id: 1 } },
  ]);
});

test('a row that is updated twice was updated once, from its first state', () => {
  const steps = [
    step('lots', { id: 1, left: 9 }, { id: 1, left: 4 }),
    step('lots', { id: 1, left: 4 }, { id: 1, left: 0 }),
  ];
  expect(netOf(steps, keyOf)).toEqual([
    { table: 'lots', before: { id: 1, left: 9 }, after: { id: 1, left: 0 } },
  ]);
});

test('what came and went is nothing; what only went cannot be done by the script', () => {
  expect(netOf([step('t', null, { id: 1 }), step('t', { id: 1 }, null)], keyOf)).toEqual([]);
  expect(() => netOf([step('t', { id: 1 }, null)], keyOf)).toThrow('deletes from t');
});

test('rows are counted by table and by what is done to them', () => {
  const rows = netOf(
    [step('entries', null, { id: 1 }), step('entries', null, { id: 2 }), step('lots', { id: 1 }, { id: 1 })],
    keyOf,
  );
  expect(countsOf(rows)).toEqual({ 'insert entries': 2, 'update lots': 1 });
});
