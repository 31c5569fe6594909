import { execFileSync, spawn } from 'node:child_process';
import { accessSync, constants, readdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { familyCpu, timesOf } from './machine.ts';

/** The first whose variables may stand beside times of day in a script. */
const oldestVersion = 15;

/** Nothing can be compared without it, so nothing is measured. */
export class PgbenchMissing extends Error {
  override readonly name = 'PgbenchMissing';

  constructor() {
    super(
      `This needs pgbench of PostgreSQL ${oldestVersion} or newer, which is neither in PATH nor in ` +
        `/usr/lib/postgresql/*/bin: on Debian, install postgresql-${oldestVersion} or newer.`,
    );
  }
}

export interface Pgbench {
  path: string;
  version: string;
}

/**
 * The first one in PATH, else the newest below the folder in which Debian has a folder for each version.
 * @throws PgbenchMissing
 */
export function findPgbench(searchPath = process.env.PATH ?? '', versions = '/usr/lib/postgresql'): Pgbench {
  const folders = [...searchPath.split(delimiter).filter((folder) => folder !== ''), ...foldersIn(versions)];
  for (const folder of folders) {
    const path = join(folder, 'pgbench');
    const version = versionOf(path);
    if (version !== undefined && Number.parseInt(version, 10) >= oldestVersion) return { path, version };
  }
  throw new PgbenchMissing();
}

function foldersIn(versions: string): string[] {
  try {
    const names = readdirSync(versions).sort((a, b) => Number(b) - Number(a));
    return names.map((name) => join(versions, name, 'bin'));
  } catch {
    return [];
  }
}

function versionOf(path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK);
    const answer = execFileSync(path, ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return /^pgbench \(PostgreSQL\) (\S+)/.exec(answer)?.[1];
  } catch {
    return undefined;
  }
}

export interface PgbenchRun {
  pgbench: Pgbench;
  script: string;
  /** Of the database, as the service's own role. */
  databaseUrl: string;
  clients: number;
  /** The number of the first milestone. */
  first: number;
}

export interface PgbenchFigures {
  /** All that were committed, in the warm-up too. */
  transactions: number;
  perSecond: number;
  /** Seconds of CPU for each transaction, after the warm-up. */
  cpu: { database: number; generator: number };
}

/** One second of warm-up, in which the sessions are opened and the statements prepared, and then so many more. */
export async function runPgbench(
  run: PgbenchRun,
  { seconds, postgresPid }: { seconds: number; postgresPid: number },
): Promise<PgbenchFigures> {
  const endedBefore = timesOf('self')?.ended ?? 0;
  let warm: { progress: Progress; database: number; generator: number } | undefined;
  const said = await call(run, [`--time=${seconds + 1}`, '--progress=1'], (line, pid) => {
    const progress = parseProgress(line);
    if (!progress || warm) return;
    warm = { progress, database: familyCpu(postgresPid), generator: timesOf(pid)?.own ?? 0 };
  });
  const total = parseTotal(said);
  if (!total || !warm) throw new Error(`pgbench did not say what it did:\n${said}`);
  const measured = total.transactions - warm.progress.transactions;
  return {
    transactions: total.transactions,
    perSecond: measured / (total.seconds - warm.progress.seconds),
    cpu: {
      database: (familyCpu(postgresPid) - warm.database) / measured,
      generator: ((timesOf('self')?.ended ?? 0) - endedBefore - warm.generator) / measured,
    },
  };
}

/** A single transaction. */
export async function runOnce(run: PgbenchRun): Promise<void> {
  await call(run, ['--transactions=1'], () => undefined);
}

/** @returns what pgbench said @throws Error with that, if it failed or one of its clients did */
async function call(
  { pgbench, script, databaseUrl, clients, first }: PgbenchRun,
  more: readonly string[],
  onLine: (line: string, pid: number) => void,
): Promise<string> {
  const variables = Object.entries({ first, clients, i: -1 });
  const child = spawn(
    pgbench.path,
    [
      ...['--no-vacuum', '--protocol=prepared', `--file=${script}`, ...more],
      ...[`--client=${clients}`, `--jobs=${Math.min(clients, cpus().length)}`],
      ...variables.map(([name, value]) => `--define=${name}=${value}`),
    ],
    { env: environmentOf(databaseUrl), stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => {
      said.push(line);
      onLine(line, child.pid!);
    });
  }
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (status !== 0) throw new Error(`pgbench failed with status ${status}:\n${said.join('\n')}`);
  return said.join('\n');
}

interface Progress {
  seconds: number;
  transactions: number;
}

export function parseProgress(line: string): Progress | undefined {
  const match = /^progress: ([\d.]+) s, ([\d.]+) tps/.exec(line);
  if (!match) return undefined;
  const seconds = Number(match[1]);
  return { seconds, transactions: seconds * Number(match[2]) };
}

export function parseTotal(said: string): Progress | undefined {
  const transactions = /^number of transactions actually processed: (\d+)/m.exec(said)?.[1];
  const perSecond = /^tps = ([\d.]+)/m.exec(said)?.[1];
  if (!transactions || !perSecond) return undefined;
  return { transactions: Number(transactions), seconds: Number(transactions) / Number(perSecond) };
}

function environmentOf(databaseUrl: string): NodeJS.ProcessEnv {
  const { hostname, port, username, password, pathname } = new URL(databaseUrl);
  return {
    ...process.env,
    PGHOST: hostname,
    PGPORT: port,
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: pathname.slice(1),
    LC_ALL: 'C',
  };
}
