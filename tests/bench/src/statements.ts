import { readFileSync, statSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Databases } from './databases.ts';

/** A reload reaches each session at its next statement; the log is written by then. */
const reloadMs = 300;

/** How many statements a role sends while `work` runs, by PostgreSQL's own log. */
export async function countStatements(
  databases: Databases,
  { logFile, role }: { logFile: string; role: string },
  work: () => Promise<void>,
): Promise<number> {
  const from = statSync(logFile).size;
  await set(databases, [`log_line_prefix = '%m [%p] %u '`, `log_statement = 'all'`]);
  try {
    await work();
  } finally {
    await set(databases, []);
  }
  return statementsIn(readFileSync(logFile).subarray(from).toString('utf8'), role);
}

export function statementsIn(log: string, role: string): number {
  const said = new RegExp(`^\\S+ \\S+ \\S+ \\[\\d+\\] ${role} LOG: {2}(?:statement|execute [^:]*):`, 'gm');
  return [...log.matchAll(said)].length;
}

async function set(databases: Databases, settings: readonly string[]): Promise<void> {
  await databases.rows('server', 'alter system reset all');
  for (const setting of settings) await databases.rows('server', `alter system set ${setting}`);
  await databases.rows('server', 'select pg_reload_conf()');
  await pause(reloadMs);
}
