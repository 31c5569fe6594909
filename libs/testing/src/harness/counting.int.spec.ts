import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Counting, complete } from './counting.ts';

let counting: Counting;

beforeAll(async () => {
  counting = await Counting.create(1);
});

afterAll(() => counting?.close());

/** The check that all fault tests rely on must see what went wrong, or they prove nothing. */
test.each([
  ['all in order', [1, 2, 3], {}],
  ['one lost', [1, 3], { applied: 2, distinct: 2, gaps: 1 }],
  ['the last one lost', [1, 2], { applied: 2, distinct: 2 }],
  ['one applied twice', [1, 2, 2, 3], { applied: 4, outOfOrder: 1 }],
  ['two in the wrong order', [2, 1, 3], { outOfOrder: 1, gaps: 2 }],
])('the harness sees: %s', async (_, values, differences) => {
  const { pool } = counting.database;
  await pool.query('update counters set value = 3');
  await counting.database.superuserQuery('truncate applied');
  for (const [place, value] of values.entries()) {
    const [counterId] = counting.counterIds;
    await pool.query('insert into applied values ($1, $2, $3, 1)', [`${place}`, counterId, value]);
  }
  expect(await counting.delivery()).toEqual({ ...complete(3), ...differences });
});
