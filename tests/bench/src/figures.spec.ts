import { expect, test } from '@jest/globals';
import type { Round } from './bench.ts';
import type { Consumption } from './consumption.ts';
import type { TimersRun } from './due-reviews.ts';
import { type Figures, figuresOf, type Measured } from './figures.ts';
import { reportOf } from './report.ts';
import type { Summary } from './statistics.ts';

const cpu: Consumption = {
  database: 0.001,
  escrowSessions: 0.0006,
  escrow: 0.002,
  otherServices: 0.0015,
  broker: 0.0005,
  generator: 0.0002,
  machine: 0.006,
};

const releaseAt = (perSecond: number, reference: number): Round['release16'] => ({
  ours: { releases: 3 * perSecond, perSecond, p50Ms: 20, p99Ms: 60, cpu, behindMs: 250 },
  reference: {
    transactions: 4 * reference,
    perSecond: reference,
    cpu: { database: 0.0009, generator: 0.0001 },
  },
});

/** A round in which the service does so many releases a second, and pgbench 1,000. */
const roundAt = (perSecond: number): Round => ({
  load: 1.5,
  release16: releaseAt(perSecond, 1_000),
  release64: releaseAt(2 * perSecond, 1_000),
  relay: { ours: 6_000, reference: 8_000 },
  latency: { ours: { p50Ms: 6, p99Ms: 30 }, reference: { p50Ms: 2, p99Ms: 20 } },
  memory: { kind: 'PSS', services: { contracts: 90, escrow: 100 + perSecond / 10, payouts: 80 } },
});

const windowAt = (p99Ms: number): TimersRun['due'][number] => ({
  releases: 300,
  perSecond: 100,
  p50Ms: 10,
  p99Ms,
});

const measured: Measured = {
  rounds: [roundAt(300), roundAt(400), roundAt(200)],
  timers: {
    calm: [windowAt(100), windowAt(200), windowAt(50)],
    due: [windowAt(150), windowAt(220)],
    handledMs: 60_400,
  },
  readyMs: 4_321,
  machine: {
    processor: 'A processor',
    cores: 2,
    memoryMib: 4_096,
    system: 'Linux',
    node: 'v24',
    postgres: '18.4',
    pgbench: '15.18',
  },
  seconds: 3,
  rows: { 'insert entries': 7, 'update milestones': 1 },
  statementsPerRelease: 38.4,
  profile: [
    ['socket writes', 0.4],
    ['pg', 0.1],
  ],
  checked: { releases: 2_700, repeats: 150, refusals: 149, timers: 10_000, pgbench: 24_000 },
};

const names = [
  'release_16',
  'release_64',
  'relay',
  'latency_p50',
  'latency_p99',
  'release_calm_p99',
  'release_due_p99',
  'release_due_ratio',
  'rss_mib',
  'ready_s',
] as const;

test('the figures have exactly their keys, each with value, range and rounds, and the details', () => {
  const figures = JSON.parse(JSON.stringify(figuresOf(measured))) as Figures;
  expect(Object.keys(figures)).toEqual([...names, 'details']);
  for (const name of names) {
    const figure = figures[name] as Summary;
    expect(Object.keys(figure).sort()).toEqual(['max', 'min', 'rounds', 'value']);
    for (const value of Object.values(figure)) expect(typeof value).toBe('number');
  }
});

test('ratios are taken inside each round: ours to the reference', () => {
  const figures = figuresOf(measured);
  expect(figures.release_16).toEqual({ value: 0.3, min: 0.2, max: 0.4, rounds: 3 });
  expect(figures.release_64).toEqual({ value: 0.6, min: 0.4, max: 0.8, rounds: 3 });
  expect(figures.relay.value).toBe(0.75);
  expect([figures.latency_p50.value, figures.latency_p99.value]).toEqual([3, 1.5]);
});

test('a release while timers are due is compared with a calm one, window by window', () => {
  const figures = figuresOf(measured);
  expect(figures.release_calm_p99).toEqual({ value: 100, min: 50, max: 200, rounds: 3 });
  expect(figures.release_due_p99).toEqual({ value: 185, min: 150, max: 220, rounds: 2 });
  expect(figures.release_due_ratio).toEqual({ value: 1.3, min: 1.1, max: 1.5, rounds: 2 });
  expect(figures.details.timers).toMatchObject({ in_table: 100_000, due: 10_000, handled_s: 60.4 });
});

test('memory is that of the largest service, the start happens once', () => {
  const figures = figuresOf(measured);
  expect(figures.rss_mib).toEqual({ value: 130, min: 120, max: 140, rounds: 3 });
  expect(figures.details.memory.mib.payouts.value).toBe(80);
  expect(figures.ready_s).toEqual({ value: 4.321, min: 4.321, max: 4.321, rounds: 1 });
});

test('costs are microseconds of CPU for each release; what nobody of ours did, others did', () => {
  const { details } = figuresOf({ ...measured, rounds: [roundAt(300)] });
  expect(details.release_16.service.cpu_us).toMatchObject({ escrow: 2_000, escrowSessions: 600 });
  expect(details.release_16.pgbench.cpu_us).toEqual({ database: 900, generator: 100 });
  expect(details.release_16.capacity.value).toBe(0.1923); // 1,000 to 5,200 microseconds.
  expect(details.busy_cores.release_16).toEqual({ all: 1.8, others: 0.24 });
});

test('the report names every figure with its median and range, the machine and the books', () => {
  const lines = reportOf(figuresOf(measured)).split('\n');
  for (const name of names) expect(lines.filter((line) => line.startsWith(`${name} `))).toHaveLength(1);
  const line = lines.find((each) => each.startsWith('release_16'))!;
  expect(line).toContain('0.3 (0.2-0.4)');
  expect(line).toContain('300 (200-400)/s');
  expect(line).toContain('1000 (1000-1000)/s pgbench');
  expect(lines.join('\n')).toMatch(/2 cores \(A processor\).*Load average 1\.5.*The books are exact\./s);
});
