import { Kafka, type KafkaConfig, logLevel } from 'kafkajs';
import { patchKafkajsTimer } from './kafkajs-timer.ts';
import { partitionCount } from './partitions.ts';

patchKafkajsTimer();

export interface KafkaOptions {
  brokers: readonly string[];
  clientId: string;
  /** For tests that lose answers on the wire. */
  socketFactory?: KafkaConfig['socketFactory'];
}

export const createKafka = ({ brokers, clientId, socketFactory }: KafkaOptions): Kafka =>
  new Kafka({
    brokers: [...brokers],
    clientId,
    logLevel: logLevel.NOTHING,
    connectionTimeout: 3_000,
    requestTimeout: 15_000,
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 5 },
    ...(socketFactory ? { socketFactory } : {}),
  });

/**
 * Creates the topics that are missing, kept for ever (AD-5).
 * @throws Error when a topic has another number of partitions than this release expects (F88)
 */
export async function ensureTopics(kafka: Kafka, topics: readonly string[], replicas = 1): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const missing = topics.filter((topic) => !existing.has(topic));
    if (missing.length > 0) {
      await admin
        .createTopics({
          waitForLeaders: true,
          topics: missing.map((topic) => ({
            topic,
            numPartitions: partitionCount,
            replicationFactor: replicas,
            configEntries: [{ name: 'retention.ms', value: '-1' }],
          })),
        })
        .catch((error: { type?: string }) => {
          if (error.type !== 'TOPIC_ALREADY_EXISTS') throw error;
        });
    }
    const metadata = await admin.fetchTopicMetadata({ topics: [...topics] });
    for (const { name, partitions } of metadata.topics) {
      if (partitions.length !== partitionCount) {
        throw new Error(`topic ${name} has ${partitions.length} partitions, this release needs ${partitionCount}`);
      }
    }
  } finally {
    await admin.disconnect();
  }
}
