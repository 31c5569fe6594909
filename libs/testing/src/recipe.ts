import { type JournalWriter, messagingGrants, messagingSchema } from '@holdfast/messaging';
import { defineConfig, MikroORM } from '@mikro-orm/postgresql';
import { Client } from 'pg';
import type { DatabaseRecipe } from './database.ts';

export interface SmallSchema {
  /** Names the roles; the databases of all tests with the same name share them. */
  service: string;
  /** Statements behind those of the unit of work. */
  schema?: readonly string[];
  grants?: Readonly<Record<string, string>>;
  entities: readonly unknown[];
  journals?: JournalWriter;
}

/** For tests of the libraries: the tables of the unit of work and a few of the test's own, no migrations. */
export function smallRecipe({
  service,
  schema = [],
  grants = {},
  entities,
  journals,
}: SmallSchema): DatabaseRecipe {
  return {
    service,
    journals,
    migrate: async (ownerUrl, appRole) => {
      const owner = new Client({ connectionString: ownerUrl });
      await owner.connect();
      try {
        await owner.query([...messagingSchema, ...schema].join(';\n'));
        const rights = Object.entries({ ...messagingGrants, ...grants });
        await owner.query(
          rights.map(([table, right]) => `grant ${right} on ${table} to ${appRole}`).join(';\n'),
        );
      } finally {
        await owner.end();
      }
    },
    connect: (appUrl) => connectSmall(appUrl, entities),
  };
}

/** MikroORM for its metadata; the unit of work reads and writes through the pool. */
export const connectSmall = (appUrl: string, entities: readonly unknown[]): Promise<MikroORM> =>
  MikroORM.init(
    defineConfig({
      clientUrl: appUrl,
      entities: entities as never[],
      discovery: { warnWhenNoEntities: false },
      allowGlobalContext: false,
      pool: { max: 1 },
    }),
  ) as Promise<MikroORM>;
