import { randomBytes } from 'node:crypto';
import { createKafka, ensureTopics, newId } from '@holdfast/messaging';
import { createTestDatabase, type TestDatabase } from '../database.ts';
import { testEnvironment } from '../environment.ts';
import { eventually } from '../eventually.ts';
import { type CountingEvents, countingEvents } from './catalogue.ts';
import { type Part, type PartOptions, startConsumer, startRelay, startWriter } from './parts.ts';
import { type PartProcess, startPart } from './processes.ts';
import { countingRecipe } from './tables.ts';
import { readTopic, type TopicRecord } from './topic.ts';

export interface Delivery {
  /** Sum of the counters: what writers were told is committed. */
  written: number;
  applied: number;
  distinct: number;
  outOfOrder: number;
  gaps: number;
  outbox: number;
  parked: number;
}

/** A service that only counts: its own database and topic, its parts in this process or in others. */
export class Counting {
  readonly service: string;
  readonly events: CountingEvents;
  readonly database: TestDatabase & { drop(): Promise<void> };
  readonly options: PartOptions;
  readonly counterIds: string[] = [];
  readonly #parts = new Set<Part | PartProcess>();

  private constructor(service: string, database: Counting['database'], brokers: string[]) {
    this.service = service;
    this.database = database;
    this.events = countingEvents(service);
    this.options = { service, databaseUrl: database.appUrl, brokers };
  }

  static async create(counters = 20, where = testEnvironment()): Promise<Counting> {
    const service = `counting_${randomBytes(5).toString('hex')}`;
    const database = await createTestDatabase(countingRecipe, where.postgresUrl);
    const counting = new Counting(service, database, where.brokers);
    await ensureTopics(createKafka({ brokers: where.brokers, clientId: service }), [counting.events.topic]);
    for (let n = 0; n < counters; n += 1) await counting.addCounter();
    return counting;
  }

  async addCounter(agreementId = newId(), id = newId()): Promise<string> {
    await this.database.pool.query('insert into counters values ($1, $2, 0, false, 1)', [id, agreementId]);
    this.counterIds.push(id);
    return id;
  }

  relay(more: Parameters<typeof startRelay>[1] & { sendTwice?: boolean } = {}) {
    return this.#track(startRelay(this.options, more));
  }

  consumer(onError?: Parameters<typeof startConsumer>[1]) {
    return this.#track(startConsumer(this.options, onError));
  }

  writer(
    count: number,
    { workers = 4, prefix = newId(), onCommit = () => {}, counterIds = this.counterIds } = {},
  ) {
    const writes = { prefix, count, counterIds, workers };
    return this.#track(startWriter({ ...this.options, writes }, onCommit));
  }

  /** Writes and waits until all is committed. */
  async write(count: number, options: Parameters<Counting['writer']>[1] = {}): Promise<void> {
    await (await this.writer(count, options)).done;
  }

  /** The same part as a process of its own. */
  process(
    role: Parameters<typeof startPart>[0],
    env: Record<string, string> = {},
    more: Partial<PartOptions> = {},
  ) {
    return this.#track(startPart(role, { ...this.options, ...more }, env));
  }

  async delivery(): Promise<Delivery> {
    // In a session of its own: a test that ends the service's sessions must not end its own question.
    const { rows } = await this.database.superuserQuery(
      `with steps as (
          select value, lag(value, 1, 0) over (partition by counter_id order by place) as before from applied)
        select (select coalesce(sum(value), 0)::int from counters) as written,
          count(*)::int as applied,
          (select count(distinct (counter_id, value))::int from applied) as "distinct",
          count(*) filter (where value <= before)::int as "outOfOrder",
          count(*) filter (where value > before + 1)::int as gaps,
          (select count(*)::int from outbox where aggregateid <> '') as outbox,
          (select count(*)::int from parked_messages) as parked
        from steps`,
    );
    return rows[0];
  }

  /** Waits until everything is applied, and says how it was. */
  async delivered(withinMs = 30_000): Promise<Delivery> {
    return eventually(
      () => this.delivery(),
      ({ written, applied, outbox }) => applied >= written && outbox === 0,
      withinMs,
    );
  }

  /** As superuser, to this database: `pg_terminate_backend` on every session of the service. */
  async endSessions(): Promise<void> {
    await this.database.superuserQuery(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and usename <> current_user`,
    );
  }

  readTopic(): Promise<TopicRecord[]> {
    return readTopic(this.options.brokers, this.events.topic);
  }

  async close(): Promise<void> {
    for (const part of this.#parts) {
      if ('kill' in part) part.kill();
      else await part.stop();
    }
    await this.database.drop();
  }

  async #track<P extends Part | PartProcess>(starting: Promise<P>): Promise<P> {
    const part = await starting;
    this.#parts.add(part);
    return part;
  }
}

/** What `delivered` must say after `written` writes, whatever happened in between. */
export const complete = (written: number): Delivery => ({
  written,
  applied: written,
  distinct: written,
  outOfOrder: 0,
  gaps: 0,
  outbox: 0,
  parked: 0,
});
