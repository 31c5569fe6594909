import { randomBytes } from 'node:crypto';
import { createServiceDatabase, dropDatabase } from '@holdfast/local';
import {
  BusinessClock,
  createPool,
  type Follows,
  type JournalWriter,
  UnitOfWork,
  WallClock,
} from '@holdfast/messaging';
import { afterAll, beforeAll } from '@jest/globals';
import type { MikroORM } from '@mikro-orm/postgresql';
import { Client, type Pool, type QueryResult } from 'pg';
import { rolesFileOf, testEnvironment } from './environment.ts';

/** What a database test needs of a service; `@holdfast/service` has the functions, its definition the rest. */
export interface DatabaseRecipe {
  service: string;
  /** Applies the schema as owner and grants the login role its rights. */
  migrate(ownerUrl: string, appRole: string): Promise<void>;
  connect(appUrl: string): Promise<MikroORM>;
  journals?: JournalWriter;
  follows?: Follows;
}

export interface TestDatabase {
  pool: Pool;
  orm: MikroORM;
  clock: BusinessClock;
  unitOfWork: UnitOfWork;
  appUrl: string;
  ownerUrl: string;
  superuserUrl: string;
  /** As superuser, to this database: for what nobody else may do. */
  superuserQuery(text: string, values?: unknown[]): Promise<QueryResult>;
}

/** A database of its own, with the real schema and the real rights, for the tests of one file. */
export async function createTestDatabase(
  recipe: DatabaseRecipe,
  postgresUrl = testEnvironment().postgresUrl,
): Promise<TestDatabase & { drop(): Promise<void> }> {
  const database = `test_${recipe.service}_${randomBytes(6).toString('hex')}`;
  const { ownerUrl, appUrl } = await createServiceDatabase(postgresUrl, {
    database,
    service: recipe.service,
    secretsFile: rolesFileOf(postgresUrl),
  });
  await recipe.migrate(ownerUrl, new URL(appUrl).username);
  const pool = createPool(appUrl);
  const orm = await recipe.connect(appUrl);
  const clock = new BusinessClock(new WallClock());
  const unitOfWork = new UnitOfWork({
    pool,
    orm,
    clock,
    journals: recipe.journals,
    follows: recipe.follows,
    unknownMs: 200,
  });
  return {
    pool,
    orm,
    clock,
    unitOfWork,
    appUrl,
    ownerUrl,
    superuserUrl: postgresUrl,
    superuserQuery: (text, values) => queryOnce(urlOf(postgresUrl, database), text, values),
    drop: async () => {
      await orm.close(true);
      await pool.end();
      await dropDatabase(postgresUrl, database);
    },
  };
}

const urlOf = (postgresUrl: string, database: string): string =>
  Object.assign(new URL(postgresUrl), { pathname: `/${database}` }).href;

async function queryOnce(url: string, text: string, values: unknown[] = []): Promise<QueryResult> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(text, values);
  } finally {
    await client.end();
  }
}

/** The same with Jest's life cycle: the returned function gives the database inside a test. */
export function useDatabase(recipe: DatabaseRecipe): () => TestDatabase {
  let database: (TestDatabase & { drop(): Promise<void> }) | undefined;
  beforeAll(async () => {
    database = await createTestDatabase(recipe);
  }, 60_000);
  afterAll(async () => {
    await database?.drop();
  }, 30_000);
  return () => database!;
}
