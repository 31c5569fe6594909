import { setTimeout as pause } from 'node:timers/promises';
import { Kafka, logLevel } from 'kafkajs';
import { topicEnds } from '../topic-ends.ts';

// An idle producer and consumer; tells how many timers they set in one second. Alone in its process, because the
// patch changes kafkajs for the whole process.
const [client, brokers] = process.argv.slice(2);
const options = { brokers: JSON.parse(brokers!) as string[], clientId: `idle-${process.pid}` };
const kafka =
  client === 'patched'
    ? (await import('../kafka-client.ts')).createKafka(options)
    : new Kafka({ ...options, logLevel: logLevel.NOTHING });
const topic = `idle_${process.pid}.events`;
const admin = kafka.admin();
await admin.connect();
await admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions: 12 }] });
// The wait of kafkajs itself gives up at the first broker that does not know the topic yet.
await topicEnds(admin, topic);
await admin.disconnect();
const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, retry: { retries: 1 } });
await producer.connect();
const consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 250, heartbeatInterval: 1_000 });
await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
await consumer.run({ eachBatch: async () => undefined });
await joined;
let timers = 0;
const original = globalThis.setTimeout;
globalThis.setTimeout = Object.assign(
  (...args: Parameters<typeof original>) => {
    timers += 1;
    return original(...args);
  },
  { __promisify__: original.__promisify__ },
) as typeof original;
await pause(1_000);
globalThis.setTimeout = original;
process.send!(timers);
await consumer.disconnect();
await producer.disconnect();
