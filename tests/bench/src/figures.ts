import { type ServiceName, serviceNames } from '@holdfast/local';
import type { Pair, Round } from './bench.ts';
import type { Consumption } from './consumption.ts';
import { type TimersRun, timersDue, timersInAll } from './due-reviews.ts';
import type { Machine } from './machine.ts';
import { median, type Summary, summaryOf } from './statistics.ts';

/** What a release costs, in microseconds of CPU: medians over the rounds. */
type Costs = Record<keyof Consumption, number>;

interface ReleaseDetails {
  /** The ratio by CPU alone: how many releases free cores could do. Other programs do not spoil it. */
  capacity: Summary;
  service: { per_second: Summary; p50_ms: Summary; p99_ms: Summary; behind_ms: Summary; cpu_us: Costs };
  pgbench: { per_second: Summary; cpu_us: { database: number; generator: number } };
}

export interface Details {
  machine: Machine & { postgres: string; pgbench: string };
  /** How many processes wanted to run at the beginning of a round. */
  load: Summary;
  /** Cores that worked during the releases, and how many of them for programs that are not ours. */
  busy_cores: Record<'release_16' | 'release_64', { all: number; others: number }>;
  seconds: number;
  release_16: ReleaseDetails;
  release_64: ReleaseDetails;
  /** Events per second. */
  relay: { relay: Summary; kafkajs: Summary };
  latency: Record<'ours' | 'kafkajs', { p50_ms: Summary; p99_ms: Summary }>;
  timers: {
    in_table: number;
    due: number;
    handled_s: number;
    /** Releases a second over HTTP. */
    calm_per_second: Summary;
    due_per_second: Summary;
  };
  memory: { kind: 'PSS' | 'RSS'; mib: Record<ServiceName, Summary> };
  /** Rows that one release writes. */
  rows: Record<string, number>;
  statements_per_release: number;
  /** Shares of escrow's busy time. */
  profile: Record<string, number>;
  checked: { releases: number; repeats: number; refusals: number; timers: number; pgbench: number };
}

/**
 * What `--json` prints: ratios to the reference of the same round, but for memory, the start, and the ms of a release with
 * no timer due or 10,000 of them.
 */
export interface Figures {
  release_16: Summary;
  release_64: Summary;
  relay: Summary;
  latency_p50: Summary;
  latency_p99: Summary;
  release_calm_p99: Summary;
  release_due_p99: Summary;
  release_due_ratio: Summary;
  rss_mib: Summary;
  ready_s: Summary;
  details: Details;
}

export interface Measured {
  rounds: readonly Round[];
  timers: TimersRun;
  readyMs: number;
  machine: Details['machine'];
  seconds: number;
  rows: Record<string, number>;
  statementsPerRelease: number;
  profile: readonly [owner: string, share: number][];
  checked: Details['checked'];
}

export function figuresOf(measured: Measured): Figures {
  const { rounds, machine, seconds, rows, checked } = measured;
  const summary = (read: (round: Round) => number): Summary => rounded(summaryOf(rounds.map(read)));
  const ratio = (pairOf: (round: Round) => Pair<number>): Summary =>
    summary((round) => pairOf(round).ours / pairOf(round).reference);
  const memory = Object.fromEntries(
    serviceNames.map((service) => [service, summary((round) => round.memory.services[service])]),
  ) as Details['memory']['mib'];
  return {
    release_16: ratio(({ release16 }) => ratesOf(release16)),
    release_64: ratio(({ release64 }) => ratesOf(release64)),
    relay: ratio(({ relay }) => relay),
    latency_p50: ratio(({ latency: { ours, reference } }) => ({
      ours: ours.p50Ms,
      reference: reference.p50Ms,
    })),
    latency_p99: ratio(({ latency: { ours, reference } }) => ({
      ours: ours.p99Ms,
      reference: reference.p99Ms,
    })),
    ...dueFigures(measured.timers),
    rss_mib: summary(({ memory: { services } }) => Math.max(...Object.values(services))),
    ready_s: rounded(summaryOf([measured.readyMs / 1_000])),
    details: {
      machine,
      load: summary(({ load }) => load),
      busy_cores: {
        release_16: busyCores(rounds.map(({ release16 }) => release16.ours)),
        release_64: busyCores(rounds.map(({ release64 }) => release64.ours)),
      },
      seconds,
      release_16: releaseDetails(rounds.map(({ release16 }) => release16)),
      release_64: releaseDetails(rounds.map(({ release64 }) => release64)),
      relay: { relay: summary(({ relay }) => relay.ours), kafkajs: summary(({ relay }) => relay.reference) },
      latency: {
        ours: {
          p50_ms: summary(({ latency }) => latency.ours.p50Ms),
          p99_ms: summary(({ latency }) => latency.ours.p99Ms),
        },
        kafkajs: {
          p50_ms: summary(({ latency }) => latency.reference.p50Ms),
          p99_ms: summary(({ latency }) => latency.reference.p99Ms),
        },
      },
      timers: timerDetails(measured.timers),
      memory: { kind: rounds.every(({ memory: { kind } }) => kind === 'PSS') ? 'PSS' : 'RSS', mib: memory },
      rows,
      statements_per_release: round4(measured.statementsPerRelease),
      profile: Object.fromEntries(measured.profile.map(([owner, share]) => [owner, round4(share)])),
      checked,
    },
  };
}

/** Window by window: the first calm one beside the first in which timers were due. */
function dueFigures({ calm, due }: TimersRun) {
  const each = (windows: TimersRun['due']): number[] => windows.map(({ p99Ms }) => p99Ms);
  const ratios = due.map(({ p99Ms }, index) => p99Ms / calm[index]!.p99Ms);
  return {
    release_calm_p99: rounded(summaryOf(each(calm))),
    release_due_p99: rounded(summaryOf(each(due))),
    release_due_ratio: rounded(summaryOf(ratios)),
  };
}

function timerDetails({ calm, due, handledMs }: TimersRun): Details['timers'] {
  const rates = (windows: TimersRun['due']): Summary =>
    rounded(summaryOf(windows.map(({ perSecond }) => perSecond)));
  return {
    in_table: timersInAll,
    due: timersDue,
    handled_s: round4(handledMs / 1_000),
    calm_per_second: rates(calm),
    due_per_second: rates(due),
  };
}

const ratesOf = ({ ours, reference }: Round['release16']): Pair<number> => ({
  ours: ours.perSecond,
  reference: reference.perSecond,
});

function releaseDetails(runs: readonly Round['release16'][]): ReleaseDetails {
  const summary = (read: (run: Round['release16']) => number): Summary => rounded(summaryOf(runs.map(read)));
  const micros = (read: (run: Round['release16']) => number): number =>
    Math.round(median(runs.map(read)) * 1e6);
  const names = Object.keys(runs[0]!.ours.cpu) as (keyof Consumption)[];
  return {
    capacity: summary(({ ours, reference: { cpu } }) => (cpu.database + cpu.generator) / allCpu(ours.cpu)),
    service: {
      per_second: summary(({ ours }) => ours.perSecond),
      p50_ms: summary(({ ours }) => ours.p50Ms),
      p99_ms: summary(({ ours }) => ours.p99Ms),
      behind_ms: summary(({ ours }) => ours.behindMs),
      cpu_us: Object.fromEntries(names.map((name) => [name, micros(({ ours }) => ours.cpu[name])])) as Costs,
    },
    pgbench: {
      per_second: summary(({ reference }) => reference.perSecond),
      cpu_us: {
        database: micros(({ reference }) => reference.cpu.database),
        generator: micros(({ reference }) => reference.cpu.generator),
      },
    },
  };
}

/** Of what the machine did, ours is what PostgreSQL, the broker, the services and the generator did. */
function busyCores(runs: readonly Round['release16']['ours'][]): { all: number; others: number } {
  const cores = runs.map(({ cpu, perSecond }) => {
    return { all: cpu.machine * perSecond, others: Math.max(0, cpu.machine - allCpu(cpu)) * perSecond };
  });
  return {
    all: round4(median(cores.map(({ all }) => all))),
    others: round4(median(cores.map(({ others }) => others))),
  };
}

const allCpu = ({ database, broker, escrow, otherServices, generator }: Consumption): number =>
  database + broker + escrow + otherServices + generator;

const round4 = (value: number): number => Number(value.toPrecision(4));

const rounded = ({ value, min, max, rounds }: Summary): Summary => ({
  value: round4(value),
  min: round4(min),
  max: round4(max),
  rounds,
});
