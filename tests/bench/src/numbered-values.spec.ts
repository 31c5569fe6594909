import { expect, test } from '@jest/globals';
import { numberedValue, plainValue, withNumber } from './numbered-values.ts';

const id = '01a203f5-eba3-7624-8b7b-c61f6e9c2f38';
const number = 100_000_000_007;
const shape = {
  types: new Map(Object.entries({ id: 'uuid', note: 'text', data: 'jsonb', left: 'bigint' })),
  key: [],
};
const value = (column: string, content: unknown) => numberedValue(shape, column, { [column]: content }, 'n');

test('a copy has the number at the end of every id, and all else as it was', () => {
  expect(withNumber(`client-757e7cab-109f/${id}, ${id}`, number)).toBe(
    'client-757e7cab-109f/01a203f5-eba3-7624-8b7b-100000000007, 01a203f5-eba3-7624-8b7b-100000000007',
  );
  expect(withNumber('no id at all, 12', number)).toBe('no id at all, 12');
});

test('SQL puts the number behind the head of every id, in text and in JSON', () => {
  expect(value('id', id)).toBe(`('01a203f5-eba3-7624-8b7b-' || n)::uuid`);
  expect(value('note', `${id}/x`)).toBe(`('01a203f5-eba3-7624-8b7b-' || n || '/x')::text`);
  expect(value('data', { id, open: true })).toBe(
    `('{"id":"01a203f5-eba3-7624-8b7b-' || n || '","open":' || 'true}')::jsonb`,
  );
});

test('what holds no id is itself, also with quotes and colons; null is null', () => {
  expect(value('left', 900)).toBe(`'900'::bigint`);
  expect(value('note', `it's 10:30`)).toBe(`'it''s 10:30'::text`);
  expect(value('note', 'a:b c::d')).toBe(`('a:' || 'b c::' || 'd')::text`);
  expect(value('note', null)).toBe('null::text');
});

test('a value as it is keeps its ids', () => {
  expect(plainValue(shape, 'id', { id })).toBe(`('${id}')::uuid`);
  expect(plainValue(shape, 'id', { id: null })).toBe('null::uuid');
});
