import { type Kafka, Partitioners, type Producer } from 'kafkajs';

export interface OutgoingRecord {
  key: string | null;
  value: string;
  headers: Record<string, string>;
  partition: number;
}

/**
 * Sends batches with acks=all. After any failed send the producer is thrown away before anything else is sent: kafkajs
 * takes its sequence numbers back, so the broker would take the next, different batch of the same size for a duplicate
 * of one whose answer was lost, acknowledge it and never write it (docs/outbox.md).
 */
export class Publisher {
  readonly #kafka: Kafka;
  #producer: Producer | undefined;

  constructor(kafka: Kafka) {
    this.#kafka = kafka;
  }

  /** @throws whatever the broker or the network said; the outcome is then unknown and the rows are sent again */
  async send(topic: string, records: readonly OutgoingRecord[]): Promise<void> {
    try {
      const producer = await this.#connected();
      await producer.send({
        topic,
        acks: -1,
        timeout: 10_000,
        messages: records.map((record) => ({ ...record })),
      });
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.disconnect().catch(() => undefined);
  }

  async #connected(): Promise<Producer> {
    if (this.#producer) return this.#producer;
    const producer = this.#kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      // One retry owner per call: the relay tries again, with a fresh producer.
      retry: { retries: 1, initialRetryTime: 50 },
    });
    this.#producer = producer;
    await producer.connect();
    return producer;
  }
}
