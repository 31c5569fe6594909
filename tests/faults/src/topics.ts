import { randomUUID } from 'node:crypto';
import { until } from '@holdfast/journeys';
import { createKafka } from '@holdfast/messaging';

/** A fact as it stands on a topic; watermarks are left out. */
export interface PublishedFact {
  topic: string;
  partition: number;
  offset: bigint;
  key: string;
  id: string;
  /** Without its version. */
  type: string;
  subject: string;
  sequence: number;
  value: string;
}

/** Everything that stands on the topics now, in the order of their partitions. */
export async function readFacts(brokers: string, topics: readonly string[]): Promise<PublishedFact[]> {
  const kafka = createKafka({ brokers: brokers.split(','), clientId: 'faults-reader' });
  const admin = kafka.admin();
  await admin.connect();
  const ends = new Map<string, bigint>();
  for (const topic of topics) {
    for (const { partition, high } of await admin.fetchTopicOffsets(topic)) {
      if (BigInt(high) > 0n) ends.set(`${topic}/${partition}`, BigInt(high));
    }
  }
  const groupId = `faults-reader-${randomUUID()}`;
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 50 });
  const facts: PublishedFact[] = [];
  const next = new Map<string, bigint>();
  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ topic, partition, message: { key, value, offset, headers } }) => {
      next.set(`${topic}/${partition}`, BigInt(offset) + 1n);
      if (!key || key.length === 0) return;
      const header = (name: string): string => String(headers?.[name] ?? '');
      facts.push({
        topic,
        partition,
        offset: BigInt(offset),
        key: key.toString('utf8'),
        id: header('ce_id'),
        type: header('ce_type').replace(/\.v\d+$/, ''),
        subject: header('ce_subject'),
        sequence: Number(header('ce_sequence')),
        value: value?.toString('utf8') ?? '',
      });
    },
  });
  const missing = () =>
    [...ends].filter(([place, end]) => (next.get(place) ?? 0n) < end).map(([place]) => place);
  try {
    await until(
      'the topics are read to their ends',
      async () => missing(),
      (places) => places.length === 0,
      30_000,
    );
  } finally {
    await consumer.disconnect();
    await admin.deleteGroups([groupId]).catch(() => undefined);
    await admin.disconnect();
  }
  return facts;
}
