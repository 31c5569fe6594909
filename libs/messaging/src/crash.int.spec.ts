import { Counting, complete, eventually } from '@holdfast/testing';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

let counting: Counting;

beforeEach(async () => {
  counting = await Counting.create();
});

afterEach(() => counting?.close());

test.each([
  ['commit.before', 'nothing of it is there, the repeat does it (F1)'],
  ['commit.after', 'it is there, the repeat gets its answer (F2)'],
])('a writer killed at %s: %s', async (point) => {
  const writes = { prefix: 'key', count: 60, counterIds: counting.counterIds, workers: 4 };
  const writer = await counting.process('writer', { CRASH_AT: `${point}:25` }, { writes });
  expect(await writer.exited).toBe('SIGKILL');
  const { written } = await counting.delivery();
  // The three other workers were anywhere.
  expect(written).toBeGreaterThanOrEqual(point === 'commit.after' ? 25 : 24);
  expect(written).toBeLessThan(30);
  await Promise.all([counting.relay(), counting.consumer()]);
  // A client repeats every key, since it cannot know which of them took effect.
  await counting.write(60, { prefix: 'key' });
  expect(await counting.delivered()).toEqual(complete(60));
});

test.each([
  ['relay.before_publish', 'everything is published after its restart (F3)'],
  ['relay.after_ack', 'events stand twice on the topic and are applied once (F4)'],
])('a relay killed at %s: %s', async (point) => {
  await counting.consumer();
  const writer = await counting.writer(200);
  for (const _ of [1, 2]) {
    await counting.write(20);
    const relay = await counting.process('relay', { CRASH_AT: point });
    expect(await relay.exited).toBe('SIGKILL');
  }
  await writer.done;
  await counting.relay();
  expect(await counting.delivered()).toEqual(complete(240));
  const facts = (await counting.readTopic()).filter(({ key }) => key !== undefined);
  const ids = new Set(facts.map(({ headers }) => headers.ce_id));
  expect(ids.size).toBe(240);
  if (point === 'relay.after_ack') expect(facts.length).toBeGreaterThan(240);
  else expect(facts).toHaveLength(240);
});

test('a consumer killed before its commit: its offset does not speak for what was not applied (F1)', async () => {
  await counting.relay();
  const consumer = await counting.process('consumer', { CRASH_AT: 'commit.before:30' });
  const writer = await counting.writer(200);
  expect(await consumer.exited).toBe('SIGKILL');
  await writer.done;
  // One more of each counter, behind all of its key: once these are applied, nothing is still to come.
  await counting.write(counting.counterIds.length);
  await counting.consumer();
  await eventually(() => lastAreApplied(counting));
  expect(await counting.delivery()).toMatchObject({ written: 220, applied: 220, gaps: 0, outOfOrder: 0 });
});

test('a consumer killed between its commit and the offset: what comes again is applied once (F5)', async () => {
  await counting.relay();
  const consumer = await counting.process('consumer', { CRASH_AT: 'consumer.after_commit:30' });
  const writer = await counting.writer(200);
  expect(await consumer.exited).toBe('SIGKILL');
  const { applied } = await counting.delivery();
  expect(applied).toBeGreaterThan(0);
  await writer.done;
  const told: string[] = [];
  await counting.consumer((_, what) => told.push(what));
  expect(await counting.delivered()).toEqual(complete(200));
  await eventually(() => told.some((what) => what.startsWith('joined')));
});

async function lastAreApplied({ counterIds, database }: Counting): Promise<boolean> {
  const text = 'select from counters c join applied a on a.counter_id = c.id and a.value = c.value';
  return (await database.superuserQuery(text)).rowCount === counterIds.length;
}
