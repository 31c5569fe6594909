import { ledgerGrants } from '@holdfast/ledger';
import { type Client, messagingGrants, run } from '@holdfast/messaging';
import { Migrator } from '@mikro-orm/migrations';
import { defineConfig, MikroORM, type Options } from '@mikro-orm/postgresql';
import { Client as PgClient } from 'pg';
import { PolicyChangeTable, PolicyTable, policyGrants } from './policy.ts';
import type { ServiceDefinition } from './service-definition.ts';

const migrationsTable = 'schema_migrations';

export const ormOptions = (definition: ServiceDefinition, clientUrl: string): Options =>
  defineConfig({
    clientUrl,
    entities: [PolicyTable, PolicyChangeTable, ...definition.entities] as never[],
    extensions: [Migrator],
    discovery: { warnWhenNoEntities: false },
    // Reads outside the unit of work fork the entity manager; a shared one would mix requests.
    allowGlobalContext: false,
    pool: { max: 4 },
    migrations: {
      tableName: migrationsTable,
      migrationsList: definition.migrations.map((migration) => ({ ...migration })),
      allOrNothing: true,
      transactional: true,
      snapshot: false,
    },
    debug: false,
    // Its progress lines are no JSON; failures are thrown.
    logger: () => undefined,
  }) as Options;

/**
 * Applies the migrations as the owner of the tables, forward only and in one transaction, then gives the login role of
 * the service exactly the rights it needs. A second run, or one after a crash, finishes what is left (F9).
 */
export async function migrate(
  definition: ServiceDefinition,
  ownerUrl: string,
  appRole: string,
): Promise<void> {
  const owner = new PgClient({ connectionString: ownerUrl });
  await owner.connect();
  try {
    // One at a time: replicas may start together.
    await owner.query(`select pg_advisory_lock(hashtextextended('holdfast.migrate', 0))`);
    const orm = await MikroORM.init(ormOptions(definition, ownerUrl));
    try {
      await orm.migrator.up();
    } finally {
      await orm.close(true);
    }
    for (const statement of grantStatements(definition, appRole)) await owner.query(statement);
  } finally {
    await owner.end();
  }
}

export function grantStatements(definition: ServiceDefinition, appRole: string): string[] {
  const role = `"${appRole.replaceAll('"', '')}"`;
  const grants: Record<string, string> = {
    ...messagingGrants,
    ...policyGrants,
    ...(definition.ledger ? ledgerGrants : {}),
    ...definition.grants,
    [migrationsTable]: 'select',
  };
  return Object.entries(grants).flatMap(([table, rights]) => [
    `revoke all on ${table} from ${role}`,
    `grant ${rights} on ${table} to ${role}`,
  ]);
}

/** Names of migrations that this release knows and the database has not. */
export async function migrationsPending(client: Client, definition: ServiceDefinition): Promise<string[]> {
  try {
    const rows = await run<{ name: string }>(client, `select name from ${migrationsTable}`);
    const applied = new Set(rows.map((row) => row.name));
    return definition.migrations.map((migration) => migration.name).filter((name) => !applied.has(name));
  } catch {
    return definition.migrations.map((migration) => migration.name);
  }
}

/** Opens MikroORM for reading with a service's entities. */
export const connectOrm = (definition: ServiceDefinition, appUrl: string): Promise<MikroORM> =>
  MikroORM.init(ormOptions(definition, appUrl)) as Promise<MikroORM>;
