import { mkdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { Marketplace } from '@holdfast/journeys';
import { type System, serviceNames } from '@holdfast/local';
import { differencesOf, differencesOfReference, sequenceBefore, untilApplied } from './books.ts';
import {
  between,
  type Consumption,
  type Memory,
  type Reading,
  readConsumption,
  readMemory,
} from './consumption.ts';
import { Databases } from './databases.ts';
import { DueReviews, measureBeside, type TimersRun } from './due-reviews.ts';
import { loadOfMinute } from './machine.ts';
import { Messaging } from './messaging.ts';
import { type Pgbench, type PgbenchFigures, type PgbenchRun, runPgbench } from './pgbench.ts';
import { microsecondsNow, readProfile, sharesOf } from './profile.ts';
import { type LoadFigures, runLoad, Told } from './release-load.ts';
import { countStatements } from './statements.ts';
import { orderOf } from './statistics.ts';
import { Stock } from './stock.ts';
import type { Latency } from './stopwatch.ts';
import { copyEscrow, freshReference, type Lesson, referenceUrl, teach } from './teaching.ts';

const warmUpMs = 1_000;
/** Releases per second for which the first measurement is prepared; later ones know better. */
const firstGuess = 700 * cpus().length;
const profiledConnections = 16;

/** Books that do not add up: whatever was measured, it was not this. */
export class WrongBooks extends Error {
  override readonly name = 'WrongBooks';

  constructor(
    after: string,
    readonly differences: readonly string[],
  ) {
    super(`The books are wrong after ${after}.`);
  }
}

export interface ServiceRun extends LoadFigures {
  /** Seconds of CPU for each release. */
  cpu: Consumption;
  /** How long after the last answer all others had applied everything. */
  behindMs: number;
}

/** The project's own figures, and those of what it is compared with. */
export interface Pair<Ours, Reference = Ours> {
  ours: Ours;
  reference: Reference;
}

export interface Cases {
  release16: Pair<ServiceRun, PgbenchFigures>;
  release64: Pair<ServiceRun, PgbenchFigures>;
  /** Events per second. */
  relay: Pair<number>;
  latency: Pair<Latency>;
}

export interface Round extends Cases {
  /** Processes that wanted to run at its beginning, as the machine counts them. */
  load: number;
  memory: Memory;
}

export interface Setup {
  system: System;
  dataDir: string;
  pgbench: Pgbench;
  seconds: number;
}

/** A started system, its stock of funded milestones, and pgbench that was told what a release writes. */
export class Bench {
  readonly lesson: Lesson;
  readonly #setup: Setup;
  readonly #databases: Databases;
  readonly #stock: Stock;
  readonly #market: Marketplace;
  readonly #messaging: Messaging;
  readonly #told: Told;
  /** The number of a milestone's last fact before its release. */
  readonly #sequence: number;
  /** How many of the stock the service has taken; the first one was the lesson. */
  #taken = 1;
  /** Transactions that pgbench says it committed, in all its databases. */
  #committed = 0;
  /** Releases per second at the last time. */
  readonly #rates = { service: firstGuess, pgbench: firstGuess };

  private constructor(
    setup: Setup,
    parts: { databases: Databases; stock: Stock; market: Marketplace; messaging: Messaging; told: Told },
    { lesson, sequence }: { lesson: Lesson; sequence: number },
  ) {
    this.lesson = lesson;
    this.#setup = setup;
    this.#databases = parts.databases;
    this.#stock = parts.stock;
    this.#market = parts.market;
    this.#messaging = parts.messaging;
    this.#told = parts.told;
    this.#sequence = sequence;
  }

  static async prepare(setup: Setup): Promise<Bench> {
    const { system, dataDir } = setup;
    const [databases, told] = [new Databases(system), new Told()];
    const market = new Marketplace(system.urls);
    const stock = await Stock.arrange(market, databases);
    await copyEscrow(system, databases);
    await stock.upTo(1);
    const sequence = await sequenceBefore(databases, stock.milestoneOf(0).milestoneId);
    const lesson = await teach(system, pgbenchRun(setup, 1, stock.numberOf(0)), { databases, stock, told });
    const messaging = await Messaging.open(system, join(dataDir, 'roles.json'), lesson.event);
    return new Bench(setup, { databases, stock, market, messaging, told }, { lesson, sequence });
  }

  async close(): Promise<void> {
    await this.#messaging.close();
    await this.#databases.close();
  }

  /** What the books were compared with, and had. */
  get checked(): { releases: number; repeats: number; refusals: number; timers: number; pgbench: number } {
    const { acknowledged, repeated, refused, silent } = this.#told;
    const [releases, timers] = [acknowledged.length, silent.length];
    return { releases, repeats: repeated, refusals: refused, timers, pgbench: this.#committed };
  }

  async postgresVersion(): Promise<string> {
    const [row] = await this.#databases.rows<{ server_version: string }>('server', 'show server_version');
    return row!.server_version;
  }

  /** Every case once. @throws WrongBooks */
  async round(number: number): Promise<Round> {
    const { seconds, system } = this.#setup;
    const messaging = this.#messaging;
    const load = loadOfMinute();
    const cases: { [Name in keyof Cases]: Pair<() => Promise<unknown>> } = {
      release16: { ours: () => this.#service(16), reference: () => this.#pgbench(16) },
      release64: { ours: () => this.#service(64), reference: () => this.#pgbench(64) },
      relay: { ours: () => messaging.relayRate(seconds), reference: () => messaging.bareRate(seconds) },
      // Twice as long: 150 events say little about the slowest hundredth.
      latency: {
        ours: () => messaging.latency(2 * seconds),
        reference: () => messaging.bareLatency(2 * seconds),
      },
    };
    const figures: Record<string, Record<string, unknown>> = {};
    for (const [name, pair] of orderOf(Object.entries(cases), number)) {
      figures[name] = {};
      for (const [side, measure] of orderOf(Object.entries(pair), number))
        figures[name][side] = await measure();
    }
    return { ...(figures as unknown as Cases), load, memory: readMemory(system) };
  }

  /** How many statements escrow sends for each release, those of repeats, refusals and its consumers included. */
  async statementsPerRelease(): Promise<number> {
    const before = this.#told.acknowledged.length;
    const { dataDir, system } = this.#setup;
    const logFile = join(dataDir, 'postgres', 'postgres.log');
    const role = new URL(system.databases.escrow.appUrl).username;
    const count = await countStatements(this.#databases, { logFile, role }, async () => {
      await this.#load(profiledConnections, { warmUpMs: 0, measureMs: 1_000 });
      await untilApplied(this.#databases, this.#told);
    });
    return count / (this.#told.acknowledged.length - before);
  }

  /** Whose code escrow runs during releases; for that it is started again, with Node's profiler. @throws WrongBooks */
  async profile(): Promise<[owner: string, share: number][]> {
    const { system, dataDir, seconds } = this.#setup;
    const folder = join(dataDir, 'profile');
    mkdirSync(folder);
    await system.stopService('escrow');
    await system.startService('escrow', { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${folder}` });
    const edges: number[] = [];
    const onEdge = async () => {
      edges.push(microsecondsNow());
    };
    await this.#load(profiledConnections, { warmUpMs, measureMs: seconds * 1_000, onEdge });
    await system.stopService('escrow');
    await system.startService('escrow');
    await this.#assertBooks('the profile');
    const [from, to] = edges as [number, number];
    return sharesOf(readProfile(folder), { from, to });
  }

  /** Releases beside 10,000 timers that are due in the same minute, of 100,000 in the table. @throws WrongBooks */
  async timers(windows: number): Promise<TimersRun> {
    const [databases, market, told] = [this.#databases, this.#market, this.#told];
    const reviews = new DueReviews({ databases, market, reviews: await this.#stock.underReview(), told });
    await reviews.arrange();
    // Twice as long as elsewhere: the slowest hundredth of few releases says little.
    const times = { warmUpMs, measureMs: 2 * this.#setup.seconds * 1_000 };
    const seconds = (2 * windows * (times.warmUpMs + times.measureMs)) / 1_000;
    await this.#prepareStock(this.#taken, this.#rates.service, seconds);
    await databases.refreshPlans(...serviceNames);
    return measureBeside(reviews, windows, {
      release: () => this.#release(profiledConnections, times),
      assertBooks: (after) => this.#assertBooks(after),
    });
  }

  async #service(connections: number): Promise<ServiceRun> {
    const readings: Reading[] = [];
    const figures = await this.#load(connections, {
      warmUpMs,
      measureMs: this.#setup.seconds * 1_000,
      onEdge: async () => {
        readings.push(await readConsumption(this.#setup.system, this.#databases));
      },
    });
    const [before, after] = readings as [Reading, Reading];
    const behindMs = await this.#assertBooks(`releases on ${connections} connections`);
    return { ...figures, cpu: between(before, after, figures.releases), behindMs };
  }

  async #load(
    connections: number,
    times: { warmUpMs: number; measureMs: number; onEdge?: () => Promise<void> },
  ): Promise<LoadFigures> {
    await this.#prepareStock(this.#taken, this.#rates.service, (times.warmUpMs + times.measureMs) / 1_000);
    await this.#databases.refreshPlans(...serviceNames);
    return this.#release(connections, times);
  }

  async #release(
    connections: number,
    times: { warmUpMs: number; measureMs: number; onEdge?: () => Promise<void> },
  ): Promise<LoadFigures> {
    const next = () => {
      const index = this.#taken++;
      return index < this.#stock.made ? this.#stock.milestoneOf(index) : undefined;
    };
    const { escrow: url } = this.#setup.system.urls;
    const figures = await runLoad({ url, connections, ...times, next, told: this.#told });
    this.#rates.service = figures.perSecond;
    return figures;
  }

  async #pgbench(clients: number): Promise<PgbenchFigures> {
    const { system, seconds } = this.#setup;
    await this.#prepareStock(0, this.#rates.pgbench, seconds + 1);
    await freshReference(system, this.#databases);
    const run = pgbenchRun(this.#setup, clients, this.#stock.numberOf(0));
    const figures = await runPgbench(run, { seconds, postgresPid: system.postgres.pid });
    this.#committed += figures.transactions;
    this.#rates.pgbench = figures.perSecond;
    const differences = await differencesOfReference(this.#databases, figures.transactions);
    if (differences.length > 0) throw new WrongBooks(`pgbench with ${clients} clients`, differences);
    return figures;
  }

  /** Twice what is needed at the speed of the last time: nothing is copied while something is measured. */
  #prepareStock(taken: number, perSecond: number, seconds: number): Promise<void> {
    return this.#stock.upTo(taken + Math.ceil(2 * perSecond * seconds));
  }

  /** @returns how long the others were behind, in milliseconds */
  async #assertBooks(after: string): Promise<number> {
    const behindMs = await untilApplied(this.#databases, this.#told);
    const differences = await differencesOf(this.#databases, this.#told, this.#sequence);
    if (differences.length > 0) throw new WrongBooks(after, differences);
    return behindMs;
  }
}

const pgbenchRun = ({ system, pgbench, dataDir }: Setup, clients: number, first: number): PgbenchRun => ({
  pgbench,
  script: join(dataDir, 'release.sql'),
  databaseUrl: referenceUrl(system),
  clients,
  first,
});
