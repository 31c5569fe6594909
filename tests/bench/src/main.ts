import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts, projectRoot, type System, startSystem } from '@holdfast/local';
import { Bench, type Round, WrongBooks } from './bench.ts';
import { type Figures, figuresOf } from './figures.ts';
import { describeMachine } from './machine.ts';
import { type Options, readOptions } from './options.ts';
import { findPgbench, type Pgbench, PgbenchMissing } from './pgbench.ts';
import { reportOf } from './report.ts';

// `npm run bench`: how fast a release is beside pgbench doing the same writes, on a system of its own. The report, or
// JSON, goes to stdout, progress to stderr.

/** `failed` is a wrong book too. */
const statusOf = { measured: 0, failed: 1, badOption: 2, pgbenchMissing: 3, interrupted: 130 };

const log = (line: string): void => console.error(line);
const home = process.env.HOLDFAST_HOME || join(projectRoot, '.holdfast');
const name = `bench-${process.pid}`;
const dataDir = join(home, 'data', name);
let system: System | undefined;
/** Settled when everything is stopped; then this process ends. */
let interrupted: Promise<void> | undefined;

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    interrupted = stop().finally(() => process.exit(statusOf.interrupted));
  });
}

async function stop(): Promise<void> {
  await system?.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

async function main(): Promise<number> {
  let options: Options;
  let pgbench: Pgbench;
  try {
    options = readOptions(process.argv.slice(2));
    pgbench = findPgbench();
  } catch (error) {
    log((error as Error).message);
    return error instanceof PgbenchMissing ? statusOf.pgbenchMissing : statusOf.badOption;
  }
  try {
    const figures = await measure(options, pgbench);
    await stop();
    console.log(options.json ? JSON.stringify(figures, null, 2) : reportOf(figures));
    return statusOf.measured;
  } catch (error) {
    await interrupted;
    log(error instanceof WrongBooks ? textOf(error) : String((error as Error).stack));
    log(`The logs, and what was written, are in ${dataDir}.`);
    await system?.stop();
    return statusOf.failed;
  }
}

const textOf = ({ message, differences }: WrongBooks): string =>
  [message, ...differences.slice(0, 20)].join('\n  ');

async function measure({ rounds: wanted, seconds }: Options, pgbench: Pgbench): Promise<Figures> {
  log('Starting a system of its own …');
  const startedAt = performance.now();
  system = await startSystem({ home, ports: await freePorts(), name, fresh: true });
  const readyMs = performance.now() - startedAt;
  log('Arranging funded milestones, and telling pgbench what a release writes …');
  const bench = await Bench.prepare({ system, dataDir, pgbench, seconds });
  try {
    const statementsPerRelease = await bench.statementsPerRelease();
    const rounds: Round[] = [];
    while (rounds.length < wanted) {
      log(`Round ${rounds.length + 1} of ${wanted} …`);
      rounds.push(await bench.round(rounds.length));
    }
    log('Looking where the time goes …');
    const profile = await bench.profile();
    log('Releasing while 10,000 timers are due …');
    const timers = await bench.timers(wanted);
    const machine = {
      ...describeMachine(),
      postgres: await bench.postgresVersion(),
      pgbench: pgbench.version,
    };
    const { checked, lesson } = bench;
    const { rows } = lesson;
    return figuresOf({
      rounds,
      timers,
      readyMs,
      machine,
      seconds,
      rows,
      statementsPerRelease,
      profile,
      checked,
    });
  } finally {
    await bench.close();
  }
}

process.exit(await main());
