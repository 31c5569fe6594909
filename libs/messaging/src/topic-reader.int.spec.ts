import { randomUUID } from 'node:crypto';
import { testEnvironment } from '@holdfast/testing';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Producer } from 'kafkajs';
import { createKafka, ensureTopics } from './kafka-client.ts';
import type { ConsumedRecord } from './parking.ts';
import { partitionOf } from './partitions.ts';
import { TopicReader } from './topic-reader.ts';

const kafka = createKafka({ brokers: testEnvironment().brokers, clientId: 'topic-reader' });

let topics: string[];
let producer: Producer;
let reader: TopicReader | undefined;
let seen: ConsumedRecord[];

beforeEach(async () => {
  topics = [`reader-${randomUUID()}`, `reader-${randomUUID()}`];
  seen = [];
  await ensureTopics(kafka, topics);
  producer = kafka.producer();
  await producer.connect();
});

afterEach(async () => {
  await reader?.close();
  reader = undefined;
  await producer.disconnect();
});

const send = (topic: string, key: string | null, value: string | null = '{}', headers = {}) =>
  producer.send({
    topic,
    messages: [{ key, value, headers, partition: key === null ? 0 : partitionOf(key) }],
  });

async function open(
  onRecord = (record: ConsumedRecord): void => void seen.push(record),
): Promise<TopicReader> {
  reader = await TopicReader.open({ kafka, topics, onRecord });
  return reader;
}

test('reads whole topics up to where they end at the call, and what came since at the next one', async () => {
  for (let count = 0; count < 40; count += 1) await send(topics[count % 2]!, `key-${count}`, String(count));
  await (await open()).catchUp();
  expect(seen.map(({ value }) => Number(value)).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 40 }, (_, count) => count),
  );
  await send(topics[0]!, 'key-1', 'later');
  await reader!.catchUp();
  expect(String(seen.at(-1)!.value)).toBe('later');
  expect(seen).toHaveLength(41);
  await reader!.catchUp();
  expect(seen).toHaveLength(41);
});

test('one key’s records come in their order, with key, headers and place', async () => {
  for (let count = 0; count < 20; count += 1)
    await send(topics[0]!, 'a', String(count), { ce_id: `id-${count}` });
  await (await open()).catchUp();
  expect(seen.map(({ headers, offset }) => [headers.ce_id, offset])).toEqual(
    Array.from({ length: 20 }, (_, count) => [`id-${count}`, BigInt(count)]),
  );
  expect(seen[0]).toMatchObject({ topic: topics[0], partition: partitionOf('a'), key: 'a' });
});

test('what no service could read is read as it is', async () => {
  await send(topics[0]!, null, null);
  await (await open()).catchUp();
  expect(seen).toEqual([{ topic: topics[0], partition: 0, offset: 0n, key: '', headers: {}, value: null }]);
});

test('an empty topic is read at once; what a record’s taker throws reaches who waits', async () => {
  await (await open()).catchUp();
  expect(seen).toEqual([]);
  await reader!.close();
  await send(topics[0]!, 'a');
  const failing = await open(() => {
    throw new Error('no room');
  });
  await expect(failing.catchUp()).rejects.toThrow('no room');
});

test('it belongs to no group of a service, and leaves none behind', async () => {
  await send(topics[0]!, 'a');
  const group = `service-${randomUUID()}`;
  const consumer = kafka.consumer({ groupId: group });
  await consumer.connect();
  await consumer.subscribe({ topics: [topics[0]!], fromBeginning: true });
  await consumer.disconnect();
  await (await open()).catchUp();
  const place = `${topics[0]}/${partitionOf('a')}`;
  expect((await reader!.committedBy(group, [topics[0]!])).get(place)).toBe(0n);
  await reader!.close();
  reader = undefined;
  const admin = kafka.admin();
  await admin.connect();
  const { groups } = await admin.listGroups();
  await admin.disconnect();
  expect(groups.filter(({ groupId }) => groupId.startsWith('topic-reader-'))).toEqual([]);
});
