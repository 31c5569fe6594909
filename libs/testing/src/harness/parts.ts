import { setTimeout as pause } from 'node:timers/promises';
import { NotYet } from '@holdfast/domain';
import type { Message } from '@holdfast/events';
import {
  BusinessClock,
  createKafka,
  createPool,
  EventTransport,
  type KafkaOptions,
  type MessageRef,
  Relay,
  type RelayOptions,
  UnitOfWork,
  WallClock,
  WatermarkBeat,
} from '@holdfast/messaging';
import { connectSmall } from '../recipe.ts';
import { type CounterRaised, type CountingEvents, counterRaised, countingEvents } from './catalogue.ts';
import { AppliedTable, CounterTable, countingEntities } from './tables.ts';

/** What every part of a counting service is told: plain data, since a part may run in another process. */
export interface PartOptions {
  service: string;
  databaseUrl: string;
  brokers: string[];
  /** For a writer: how many keys, over which counters, by how many at once. The keys are `<prefix>:<n>`. */
  writes?: { prefix: string; count: number; counterIds: readonly string[]; workers: number };
  sendTwice?: boolean;
}

export interface Part {
  /** Waits for what is being done. */
  stop(): Promise<void>;
}

class Raise {
  readonly input: { message: MessageRef; counterId: string };

  constructor(input: Raise['input']) {
    this.input = input;
  }
}

class Apply {
  readonly input: { message: MessageRef; counterId: string; value: number };

  constructor(input: Apply['input']) {
    this.input = input;
  }
}

async function connect(databaseUrl: string, max: number) {
  const pool = createPool(databaseUrl, max);
  const orm = await connectSmall(databaseUrl, countingEntities);
  const clock = new BusinessClock(new WallClock());
  const unitOfWork = new UnitOfWork({ pool, orm, clock, unknownMs: 0 });
  const close = async (): Promise<void> => {
    await orm.close(true);
    await pool.end();
  };
  return { pool, clock, unitOfWork, close };
}

/** Raises a counter by one and publishes its value: the row's lock makes the order that consumers must see. */
export const raise = (
  unit: UnitOfWork,
  events: CountingEvents,
  id: string,
  counterId: string,
): Promise<number> =>
  unit.once(new Raise({ message: { source: 'http', id }, counterId }), async (tx) => {
    const counter = await tx.one(CounterTable, { id: counterId });
    if (!counter) throw new NotYet('counter.unknown');
    const value = counter.value + 1;
    tx.save(CounterTable, { ...counter, value });
    const { agreementId } = counter;
    tx.publish(events, [counterRaised(events.service, { agreementId, counterId, value })]);
    return value;
  });

/** A client that repeats each key until it is answered, whatever happens to the database. */
export async function startWriter(
  { service, databaseUrl, writes }: PartOptions,
  onCommit: () => void = () => undefined,
): Promise<Part & { done: Promise<void> }> {
  const { prefix, count, counterIds, workers } = writes!;
  const { unitOfWork, close } = await connect(databaseUrl, workers);
  unitOfWork.onCommit(onCommit);
  const events = countingEvents(service);
  let stopping = false;
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let n = next++; n < count && !stopping; n = next++) {
      for (;;) {
        try {
          await raise(unitOfWork, events, `${prefix}:${n}`, counterIds[n % counterIds.length]!);
          break;
        } catch {
          if (stopping) break;
          await pause(50);
        }
      }
    }
  };
  const done = Promise.all(Array.from({ length: workers }, worker)).then(close);
  return {
    done,
    stop: () => {
      stopping = true;
      return done;
    },
  };
}

export async function startRelay(
  { service, databaseUrl, brokers, sendTwice }: PartOptions,
  more: Partial<RelayOptions> & Pick<KafkaOptions, 'socketFactory'> = {},
): Promise<Part & { relay: Relay }> {
  const { socketFactory, ...options } = more;
  const relay = new Relay({
    databaseUrl,
    kafka: createKafka({ brokers, clientId: `${service}-relay`, socketFactory }),
    service,
    topic: countingEvents(service).topic,
    watermarks: new WatermarkBeat({ clock: new BusinessClock(new WallClock()) }),
    sendTwice,
    ...options,
  });
  relay.start();
  return { relay, stop: () => relay.stop() };
}

/** Writes each event into `applied`, whose key refuses a second time and whose `place` shows the order. */
export async function startConsumer(
  { service, databaseUrl, brokers }: PartOptions,
  onError?: (error: unknown, what: string) => void,
): Promise<Part & { transport: EventTransport }> {
  const { pool, unitOfWork, close } = await connect(databaseUrl, 6);
  const events = countingEvents(service);
  const kafka = createKafka({ brokers, clientId: `${service}-consumer` });
  const transport = new EventTransport({ kafka, pool, group: service, catalogues: [events], onError });
  const apply = ({ id, event }: Message<CountingEvents>): Promise<void> => {
    const { counterId, value } = event as CounterRaised;
    return unitOfWork.once(new Apply({ message: { source: 'event', id }, counterId, value }), async (tx) => {
      tx.insert(AppliedTable, { id, counterId, value });
    });
  };
  transport.addHandler(events.topic, apply as never, true);
  await new Promise<void>((resolve, reject) => {
    transport.listen((error) => (error ? reject(error) : resolve()));
  });
  return {
    transport,
    stop: onceOnly(async () => {
      await transport.close();
      await close();
    }),
  };
}

const onceOnly = (work: () => Promise<void>): (() => Promise<void>) => {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work();
    return done;
  };
};
