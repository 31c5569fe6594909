import { writeFileSync } from 'node:fs';
import type { System } from '@holdfast/local';
import { type Databases, databaseOf } from './databases.ts';
import { withNumber } from './numbered-values.ts';
import { type PgbenchRun, runOnce } from './pgbench.ts';
import { scriptOf } from './pgbench-script.ts';
import { type Acknowledged, releaseOne, type Told } from './release-load.ts';
import type { Stock } from './stock.ts';
import { countsOf, forgetWrites, noteWrites, type Row, shapesOf, writtenRows } from './written-rows.ts';

/** Makes the template of escrow's second database: what pgbench begins with is what the service begins with. */
export async function copyEscrow(system: System, databases: Databases): Promise<void> {
  await system.stopService('escrow');
  await copyDatabase(system, databases, 'escrow', 'template');
  await system.startService('escrow');
}

/** A database for one run of pgbench; that of the run before is thrown away. */
export const freshReference = (system: System, databases: Databases): Promise<void> =>
  copyDatabase(system, databases, 'template', 'reference');

/** Only a database that nobody uses can be copied. */
async function copyDatabase(
  system: System,
  databases: Databases,
  from: 'escrow' | 'template',
  to: 'template' | 'reference',
): Promise<void> {
  await databases.leave(from);
  await databases.leave(to);
  const { ownerUrl, appUrl } = system.databases.escrow;
  const [owner, app] = [ownerUrl, appUrl].map((url) => new URL(url).username);
  const name = databaseOf(to);
  await databases.rows('server', `drop database if exists ${name}`);
  await databases.rows('server', `create database ${name} template ${databaseOf(from)} owner ${owner}`);
  await databases.rows('server', `grant connect on database ${name} to ${app}`);
}

/** As escrow's own role. */
export function referenceUrl(system: System): string {
  const url = new URL(system.databases.escrow.appUrl);
  url.pathname = `/${databaseOf('reference')}`;
  return url.href;
}

export interface Lesson {
  /** Rows that one release writes, by what is done to which table. */
  rows: Record<string, number>;
  /** The outbox row of the release. */
  event: Row;
}

/**
 * Releases the first of the stock by the service, writes the script that does the same, lets pgbench do it once, and
 * compares what both wrote.
 * @throws Error when they did not write the same number of rows of the same tables
 */
export async function teach(
  system: System,
  run: PgbenchRun,
  { databases, stock, told }: { databases: Databases; stock: Stock; told: Told },
): Promise<Lesson> {
  await freshReference(system, databases);
  const [escrow, reference] = [databases.poolOf('escrow'), databases.poolOf('reference')];
  const messageOf = ({ clientId, key }: Acknowledged): string => `${clientId}/${key}`;
  const next = () => stock.milestoneOf(0);
  await noteWrites(escrow);
  const acknowledged = await releaseOne({ url: system.urls.escrow, next, told });
  const written = await writtenRows(escrow, messageOf(acknowledged));
  await forgetWrites(escrow);

  writeFileSync(run.script, scriptOf(written, await shapesOf(reference)));
  await noteWrites(reference);
  await runOnce(run);
  const again = await writtenRows(reference, withNumber(messageOf(acknowledged), run.first));
  await forgetWrites(reference);

  const [rows, rowsAgain] = [countsOf(written), countsOf(again)];
  if (JSON.stringify(rows) !== JSON.stringify(rowsAgain)) {
    throw new Error(
      `pgbench does not write what a release writes: ${JSON.stringify(rowsAgain)} instead of ${JSON.stringify(rows)}`,
    );
  }
  return { rows, event: written.find(({ table }) => table === 'outbox')!.after };
}
