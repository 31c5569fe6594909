import { setTimeout as pause } from 'node:timers/promises';
import { type Admin, Kafka, type KafkaConfig, logLevel } from 'kafkajs';
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

/** What the broker says of a topic that somebody is creating at this moment. */
const justCreated = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
  'TOPIC_ALREADY_EXISTS',
]);
const settleMs = 15_000;

/**
 * Creates the topics that are missing, kept for ever (AD-5). Services that start together create the same ones.
 * When it is done, each partition's leader takes what is sent.
 * @throws Error when a topic has another number of partitions than this release expects (F88)
 */
export async function ensureTopics(kafka: Kafka, topics: readonly string[], replicas = 1): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  const giveUpAt = performance.now() + settleMs;
  try {
    for (;;) {
      try {
        await createMissing(admin, topics, replicas);
        await assertPartitions(admin, topics);
        return await assertLeaders(admin, topics);
      } catch (error) {
        if (!isJustCreated(error) || performance.now() > giveUpAt) throw error;
        await pause(100);
      }
    }
  } finally {
    await admin.disconnect();
  }
}

function isJustCreated(error: unknown): boolean {
  const { type, cause } = error as { type?: string; cause?: { type?: string } };
  return [type, cause?.type].some((each) => each !== undefined && justCreated.has(each));
}

async function createMissing(admin: Admin, topics: readonly string[], replicas: number): Promise<void> {
  const existing = new Set(await admin.listTopics());
  const missing = topics.filter((topic) => !existing.has(topic));
  if (missing.length === 0) return;
  await admin.createTopics({
    waitForLeaders: true,
    topics: missing.map((topic) => ({
      topic,
      numPartitions: partitionCount,
      replicationFactor: replicas,
      configEntries: [{ name: 'retention.ms', value: '-1' }],
    })),
  });
}

async function assertPartitions(admin: Admin, topics: readonly string[]): Promise<void> {
  const metadata = await admin.fetchTopicMetadata({ topics: [...topics] });
  for (const { name, partitions } of metadata.topics) {
    if (partitions.length !== partitionCount) {
      throw new Error(
        `topic ${name} has ${partitions.length} partitions, this release needs ${partitionCount}`,
      );
    }
  }
}

/** The metadata names a leader a moment before that broker knows of it: until then it refuses what is sent. */
async function assertLeaders(admin: Admin, topics: readonly string[]): Promise<void> {
  for (const topic of topics) await admin.fetchTopicOffsets(topic);
}
