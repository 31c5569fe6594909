import { createKafka, TopicReader } from '@holdfast/messaging';

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
  const facts: PublishedFact[] = [];
  const reader = await TopicReader.open({
    kafka: createKafka({ brokers: brokers.split(','), clientId: 'faults-reader' }),
    topics,
    onRecord: ({ topic, partition, offset, key, headers, value }) => {
      if (key === '') return;
      facts.push({
        topic,
        partition,
        offset,
        key,
        id: headers.ce_id ?? '',
        type: (headers.ce_type ?? '').replace(/\.v\d+$/, ''),
        subject: headers.ce_subject ?? '',
        sequence: Number(headers.ce_sequence ?? ''),
        value: value?.toString('utf8') ?? '',
      });
    },
  });
  try {
    await reader.catchUp();
  } finally {
    await reader.close();
  }
  return facts;
}
