import { type ServiceName, type System, serviceNames } from '@holdfast/local';
import { type Databases, databaseOf } from './databases.ts';
import { busySeconds, familyCpu, memoryOf, timesOf } from './machine.ts';

/** Seconds of CPU. */
export interface Consumption {
  /** All of PostgreSQL. */
  database: number;
  /** Of it the sessions of escrow alone: without those of the consumers of its events. */
  escrowSessions: number;
  escrow: number;
  /** All other services, which apply what escrow publishes. */
  otherServices: number;
  broker: number;
  /** This process, which sends the requests. */
  generator: number;
  /** All that the machine did, by whomever it was asked. */
  machine: number;
}

/** Seconds since the start of each process; of escrow's sessions each by its own, since they come and go. */
export interface Reading extends Omit<Consumption, 'escrowSessions'> {
  sessions: ReadonlyMap<number, number>;
}

export async function readConsumption(system: System, databases: Databases): Promise<Reading> {
  const sessions = await databases.rows<{ pid: number }>(
    'server',
    'select pid from pg_stat_activity where datname = $1',
    [databaseOf('escrow')],
  );
  const others = serviceNames.filter((service) => service !== 'escrow');
  const cpuOf = (pid: number): number => timesOf(pid)?.own ?? 0;
  return {
    database: familyCpu(system.postgres.pid),
    sessions: new Map(sessions.map(({ pid }) => [pid, cpuOf(pid)])),
    escrow: cpuOf(system.pidOf('escrow')),
    otherServices: others.reduce((sum, service) => sum + cpuOf(system.pidOf(service)), 0),
    broker: cpuOf(system.kafka.pid),
    generator: cpuOf(process.pid),
    machine: busySeconds() ?? 0,
  };
}

/** What was consumed meanwhile, for each of so many releases. */
export function between(before: Reading, after: Reading, releases: number): Consumption {
  const each = (name: keyof Omit<Reading, 'sessions'>): number => (after[name] - before[name]) / releases;
  const sessions = [...after.sessions].map(([pid, seconds]) => seconds - (before.sessions.get(pid) ?? 0));
  return {
    database: each('database'),
    escrowSessions: sessions.reduce((sum, seconds) => sum + seconds, 0) / releases,
    escrow: each('escrow'),
    otherServices: each('otherServices'),
    broker: each('broker'),
    generator: each('generator'),
    machine: each('machine'),
  };
}

export interface Memory {
  kind: 'PSS' | 'RSS';
  /** MiB. */
  services: Record<ServiceName, number>;
}

export function readMemory(system: System): Memory {
  const read = serviceNames.map((service) => [service, memoryOf(system.pidOf(service))] as const);
  return {
    kind: read.every(([, { kind }]) => kind === 'PSS') ? 'PSS' : 'RSS',
    services: Object.fromEntries(read.map(([service, { mib }]) => [service, mib])) as Memory['services'],
  };
}
