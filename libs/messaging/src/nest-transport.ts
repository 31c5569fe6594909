import type { Catalogue, Message } from '@holdfast/events';
import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import type { Kafka } from 'kafkajs';
import type { Pool } from 'pg';
import { isObservable, lastValueFrom } from 'rxjs';
import { EventConsumer, type Handler } from './consumer.ts';

export interface TransportOptions {
  kafka: Kafka;
  pool: Pool;
  group: string;
  /** Every catalogue this service may listen to; a topic is subscribed where an `@EventPattern` names it. */
  catalogues: readonly Catalogue[];
  onError?: (error: unknown, what: string) => void;
  onDated?: (topic: string, time: Date) => void;
}

/**
 * Kafka for Nest with batch consumption, parking and offsets after the database: handlers stay ordinary
 * `@EventPattern` methods. Nest's own transport counts a failed handler as done (docs/decisions/0003-kafkajs.md).
 */
export class EventTransport extends Server implements CustomTransportStrategy {
  readonly #options: TransportOptions;
  #consumer: EventConsumer | undefined;

  constructor(options: TransportOptions) {
    super();
    this.#options = options;
  }

  get consumer(): EventConsumer | undefined {
    return this.#consumer;
  }

  listen(callback: (error?: unknown) => void): void {
    const subscriptions = new Map(
      this.#options.catalogues.flatMap((catalogue) => {
        const registered = this.getHandlerByPattern(catalogue.topic);
        if (!registered) return [];
        const handler: Handler = async (message: Message<Catalogue>) => {
          const result = await registered(message, undefined);
          if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
        };
        return [[catalogue.topic, { catalogue, handler }] as const];
      }),
    );
    this.#consumer = new EventConsumer({ ...this.#options, subscriptions });
    this.#consumer.start().then(() => callback(), callback);
  }

  async close(): Promise<void> {
    await this.#consumer?.stop();
  }

  on(): never {
    throw new Error('the event transport has no events of its own');
  }

  unwrap<T>(): T {
    return this.#consumer as T;
  }
}
