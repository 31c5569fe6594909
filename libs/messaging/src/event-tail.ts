import { type Catalogue, decodeMessage, type Message } from '@holdfast/events';
import type { Kafka } from 'kafkajs';
import { newId } from './ids.ts';

/**
 * Shows events as they are published, from now on; for people who watch, not for services. What fits no schema is
 * left out, watermarks too.
 * @returns how to stop it
 */
export async function tailEvents(
  kafka: Kafka,
  catalogues: readonly Catalogue[],
  onEvent: (message: Message<Catalogue>) => void,
): Promise<{ stop(): Promise<void> }> {
  const groupId = `tail-${newId()}`;
  const consumer = kafka.consumer({ groupId, sessionTimeout: 10_000, maxWaitTimeInMs: 100 });
  const byTopic = new Map(catalogues.map((catalogue) => [catalogue.topic, catalogue]));
  await consumer.connect();
  await consumer.subscribe({ topics: [...byTopic.keys()], fromBeginning: false });
  const joined = new Promise<void>((resolve) => {
    consumer.on(consumer.events.FETCH_START, () => resolve());
  });
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ topic, message }) => {
      const headers = Object.fromEntries(
        Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]),
      );
      try {
        const key = message.key?.toString('utf8');
        if (key) onEvent(decodeMessage(byTopic.get(topic)!, { key, headers, value: message.value }));
      } catch {
        // A watcher is no consumer: the services park what they cannot read.
      }
    },
  });
  await joined;
  return {
    stop: async () => {
      await consumer.disconnect();
      const admin = kafka.admin();
      await admin.connect();
      await admin.deleteGroups([groupId]).catch(() => undefined);
      await admin.disconnect();
    },
  };
}
