import { createKafka, newId, topicEnds } from '@holdfast/messaging';
import { eventually } from '../eventually.ts';

export interface TopicRecord {
  partition: number;
  offset: bigint;
  key: string | undefined;
  headers: Record<string, string>;
  value: string;
}

/** Everything that stands in a topic now, watermarks included. */
export async function readTopic(brokers: string[], topic: string): Promise<TopicRecord[]> {
  const kafka = createKafka({ brokers, clientId: 'reader' });
  const admin = kafka.admin();
  await admin.connect();
  const ends = await topicEnds(admin, topic);
  await admin.disconnect();
  const consumer = kafka.consumer({ groupId: `reader-${newId()}`, maxWaitTimeInMs: 100 });
  const records: TopicRecord[] = [];
  const next = new Map<number, bigint>();
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ partition, message }) => {
      const headers = Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]);
      const { key, value, offset } = message;
      next.set(partition, BigInt(offset) + 1n);
      records.push({
        partition,
        offset: BigInt(offset),
        key: key?.toString('utf8'),
        headers: Object.fromEntries(headers),
        value: value?.toString('utf8') ?? '',
      });
    },
  });
  try {
    await eventually(() => ends.every(({ partition, high }) => (next.get(partition) ?? 0n) >= BigInt(high)));
  } finally {
    await consumer.disconnect();
  }
  return records;
}
