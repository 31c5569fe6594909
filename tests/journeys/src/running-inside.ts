import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createPool, run } from '@holdfast/messaging';
import type { Service } from './marketplace.ts';

export const services = ['contracts', 'escrow', 'payouts'] as const satisfies readonly Service[];

/** What no caller sees of the running system: for tests that look whether anything was left behind. */
export interface Inside {
  logsDir: string;
  /** With the rights of the tables' owner. */
  databases: Record<Service, string>;
  pids: Record<Service, number>;
  /** What each service is started with, its secrets included. */
  environments: Record<Service, Record<string, string>>;
  cardWebhookSecret: string;
  bankWebhookSecret: string;
  mailWebhookSecret: string;
  /** Everything that the services have exported to their trace collector. */
  tracesUrl: string;
  metricsUrl: string;
  /** The private keys with which the development issuer signs. */
  signingKeysFile: string;
}

/**
 * The inside of the system that `npm test` has started.
 * @throws Error that says how to run a single test
 */
export function runningInside(env: NodeJS.ProcessEnv = process.env): Inside {
  const inside = env.HOLDFAST_TEST_INSIDE;
  if (!inside) throw new Error('this test needs the running system: run it by `npm test -- <path>`');
  return JSON.parse(inside);
}

const pools = new Map<string, ReturnType<typeof createPool>>();

export async function query<Row extends object = object>(
  { databases }: Inside,
  service: Service,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const url = databases[service];
  const pool = pools.get(url) ?? createPool(url);
  pools.set(url, pool);
  return run<Row>(pool, text, values);
}

/** What beats by itself, what the relay takes away by itself, and what the sealer chains by itself (AD-17). */
const restless = ['watermarks', 'outbox', 'seals'];
/** The sealer's head leaves the database a while after what it seals. */
const withoutHeads: Readonly<Record<string, string>> = {
  inbox: `where command <> 'PublishLedgerHead'`,
  event_sequences: `where message_key <> 'platform'`,
};

/** A fingerprint of every row of every service; what was published shows in the numbers of `event_sequences`. */
export async function everyRow(inside: Inside): Promise<Record<string, string>> {
  const rows: Record<string, string> = {};
  for (const service of services) {
    const tables = await query<{ name: string }>(
      inside,
      service,
      `select tablename as name from pg_tables where schemaname = 'public' order by 1`,
    );
    const parts = tables
      .filter(({ name }) => !restless.includes(name))
      .map(
        ({ name }) =>
          `select '${name}' as name, count(*) || '/' || coalesce(sum(hashtext(t::text)), 0) as print from ${name} t ${withoutHeads[name] ?? ''}`,
      );
    for (const { name, print } of await query<{ name: string; print: string }>(
      inside,
      service,
      parts.join(' union all '),
    )) {
      rows[`${service}.${name}`] = print;
    }
  }
  return rows;
}

/** How much each process has printed so far. */
export function logSizes({ logsDir }: Inside): Record<string, number> {
  return Object.fromEntries(readdirSync(logsDir).map((file) => [file, statSync(join(logsDir, file)).size]));
}

/** Everything that the processes have printed, or what they have printed since. */
export function everyLog({ logsDir }: Inside, since: Record<string, number> = {}): string {
  return readdirSync(logsDir)
    .map((file) => readFileSync(join(logsDir, file)).subarray(since[file] ?? 0))
    .join('\n');
}

/** Resident memory of a service's process. */
export function memoryMegabytes({ pids }: Inside, service: Service): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pids[service])], { encoding: 'utf8' })) / 1024;
}
