import { join } from 'node:path';
import { type Agreement, until } from '@holdfast/journeys';
import {
  freePorts,
  type ProcessHandle,
  projectRoot,
  type ServiceName,
  type System,
  serviceNames,
  startProcess,
  startSystem,
} from '@holdfast/local';
import { createKafka, createPool, topicEnds } from '@holdfast/messaging';
import { afterAll, beforeAll } from '@jest/globals';
import { PatientMarketplace } from './patient-people.ts';
import { type PublishedFact, readFacts } from './topics.ts';

type Row = Record<string, unknown>;
type Pool = ReturnType<typeof createPool>;

const home = process.env.HOLDFAST_HOME ?? join(projectRoot, '.holdfast');
const startTimeoutMs = 180_000;
const dataOf = (name: string): string => join(home, 'data', `faults-${name}`);

/** A whole system of its own, on free ports, that a test may break. */
export class Rig {
  readonly name: string;
  readonly system: System;
  readonly market: PatientMarketplace;
  /** Ids of messages that stay parked on purpose: planted by a test, and nothing is ever dropped. */
  readonly planted = new Set<string>();
  readonly #pools: Record<ServiceName, Pool>;
  readonly #replicas = new Set<ProcessHandle>();

  private constructor(name: string, system: System) {
    this.name = name;
    this.system = system;
    this.market = new PatientMarketplace(system.urls);
    const poolOf = (service: ServiceName): Pool => {
      const url = new URL(system.postgres.url);
      url.pathname = `/holdfast_${service}`;
      const pool = createPool(url.href, 3);
      // Three connections for whoever asks at once, on whatever machine: nobody is sent away.
      pool.options.connectionTimeoutMillis = 60_000;
      return pool;
    };
    this.#pools = { contracts: poolOf('contracts'), escrow: poolOf('escrow'), payouts: poolOf('payouts') };
  }

  static async start(name: string, env?: Parameters<typeof startSystem>[0]['env']): Promise<Rig> {
    const ports = await freePorts();
    return new Rig(name, await startSystem({ home, ports, name: `faults-${name}`, fresh: true, env }));
  }

  async stop(): Promise<void> {
    for (const replica of this.#replicas) replica.kill('SIGKILL');
    await Promise.all(Object.values(this.#pools).map((pool) => pool.end()));
    await this.system.stop();
  }

  /** Reads or plants as the superuser, past every right of the services. */
  async sql<R extends Row = Row>(service: ServiceName, text: string, values: unknown[] = []): Promise<R[]> {
    const { rows } = await this.#pools[service].query(text, values);
    return rows as R[];
  }

  poolOf(service: ServiceName): Pool {
    return this.#pools[service];
  }

  kafka(): ReturnType<typeof createKafka> {
    return createKafka({ brokers: this.system.brokers.split(','), clientId: `faults-${this.name}` });
  }

  /** Starts it again with more environment: a crash point, a hook. */
  async restart(service: ServiceName, env: Record<string, string> = {}): Promise<void> {
    await this.system.stopService(service);
    await this.system.startService(service, env);
  }

  /** @throws Error when it still runs after a minute */
  exitOf(service: ServiceName): Promise<unknown> {
    return within(60_000, this.system.exitOf(service), `${service} has not ended`);
  }

  /** A second process of the same service, in the same consumer group, on the same database. */
  async startReplica(service: ServiceName): Promise<ProcessHandle> {
    const ports = await freePorts();
    const replica = await startProcess({
      name: `${service}-replica`,
      command: process.execPath,
      args: ['--enable-source-maps', join(projectRoot, 'services', service, 'dist/sandbox.js')],
      env: {
        ...this.system.environmentOf(service),
        PORT: String(ports[service]),
        SANDBOX_CONTROL_PORT: String(ports[`${service}Control`]),
      },
      logFile: join(dataOf(this.name), 'logs', `${service}-replica.log`),
      readyUrl: `http://127.0.0.1:${ports[service]}/health/ready`,
      readyTimeoutMs: 60_000,
    });
    this.#replicas.add(replica);
    return replica;
  }

  /** The facts of one type that stand on a service's topic once its outbox is empty. */
  async factsOf(service: ServiceName, type: string): Promise<PublishedFact[]> {
    const outbox = () => this.sql(service, `select id from outbox where aggregateid <> ''`);
    await until(`the outbox of ${service} is empty`, outbox, (rows) => rows.length === 0);
    const facts = await readFacts(this.system.brokers, [`${service}.events`]);
    return facts.filter((fact) => fact.type === type);
  }

  /** What a consumer group has still to read, per `topic/partition`. */
  async unreadBy(service: ServiceName): Promise<Map<string, { committed: bigint; lag: bigint }>> {
    const admin = this.kafka().admin();
    await admin.connect();
    try {
      const unread = new Map<string, { committed: bigint; lag: bigint }>();
      for (const { topic, partitions } of await admin.fetchOffsets({
        groupId: service,
        topics: topicsOf(service),
      })) {
        const ends = await topicEnds(admin, topic);
        for (const { partition, offset } of partitions) {
          const committed = BigInt(offset) < 0n ? 0n : BigInt(offset);
          const end = BigInt(ends.find((place) => place.partition === partition)!.high);
          unread.set(`${topic}/${partition}`, { committed, lag: end - committed });
        }
      }
      return unread;
    } finally {
      await admin.disconnect();
    }
  }

  /** Every service reads its topics from the beginning when it starts again; all must be stopped. */
  async forgetOffsets(): Promise<void> {
    const admin = this.kafka().admin();
    await admin.connect();
    try {
      await admin.deleteGroups([...serviceNames]);
    } finally {
      await admin.disconnect();
    }
  }

  pids(): number[] {
    return serviceNames.map((service) => this.system.pidOf(service));
  }

  /** The status of a milestone in escrow's own table. */
  async statusOf(agreement: Agreement, index = 0): Promise<string> {
    const { milestoneId } = agreement.milestones[index]!;
    const [row] = await this.sql<{ status: string }>(
      'escrow',
      'select status from milestones where id = $1',
      [milestoneId],
    );
    return row?.status ?? 'unknown';
  }
}

/** The topics of the other services that a service listens to. */
const topicsOf = (service: ServiceName): string[] => {
  const sources = {
    contracts: ['escrow'],
    escrow: ['contracts', 'payouts', 'disputes'],
    payouts: ['contracts', 'escrow'],
  };
  return sources[service].map((source) => `${source}.events`);
};

/** @throws Error with the given words when the work takes longer */
export async function within<T>(ms: number, work: Promise<T>, otherwise: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${otherwise} within ${ms} ms`)), ms);
  });
  return Promise.race([work, limit]).finally(() => clearTimeout(timer));
}

/** One system for the tests of a file. */
export function useRig(name: string, env?: Parameters<typeof startSystem>[0]['env']): () => Rig {
  let rig: Rig | undefined;
  beforeAll(async () => {
    rig = await Rig.start(name, env);
  }, startTimeoutMs);
  afterAll(async () => {
    await rig?.stop();
  }, 60_000);
  return () => rig!;
}
