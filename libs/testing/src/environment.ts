import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The PostgreSQL and Kafka that `npm test` has started, or that the caller's environment names.
 * @throws Error that says how to run a single test
 */
export function testEnvironment(env: NodeJS.ProcessEnv = process.env): {
  postgresUrl: string;
  brokers: string[];
} {
  const { HOLDFAST_TEST_POSTGRES: postgresUrl, HOLDFAST_TEST_KAFKA: brokers } = env;
  if (!postgresUrl || !brokers) {
    throw new Error('this test needs PostgreSQL and Kafka: run it by `npm test -- <path>`');
  }
  return { postgresUrl, brokers: brokers.split(',') };
}

/** Passwords of the services' roles, which all databases of one server share: also those of a running system. */
export function rolesFileOf(postgresUrl: string, env: NodeJS.ProcessEnv = process.env): string {
  const { HOLDFAST_TEST_POSTGRES: shared, HOLDFAST_TEST_ROLES: file } = env;
  if (file && postgresUrl === shared) return file;
  return join(tmpdir(), `holdfast-test-roles-${new URL(postgresUrl).port}.json`);
}
