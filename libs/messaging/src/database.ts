import { Pool, type PoolClient, types } from 'pg';

const int8 = 20;
export const typeParsers = {
  getTypeParser: (id: number, format?: 'text' | 'binary') =>
    id === int8 && format !== 'binary' ? BigInt : types.getTypeParser(id, format as 'text'),
};

/**
 * The service's own pool for the paths that run for every cent: prepared statements, bigint columns as bigint.
 * All writers use the service's login role, since a role sees only its own sessions and watermarks need them (M-17).
 */
export function createPool(url: string, max = 12): Pool {
  const pool = new Pool({
    connectionString: url,
    max,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: 15_000,
    lock_timeout: 10_000,
    idle_in_transaction_session_timeout: 30_000,
    application_name: 'holdfast',
    keepAlive: true,
    types: typeParsers as never,
  });
  // A broken idle connection is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => undefined);
  // The same of a connection that is in use while nothing is asked of it: its next query fails and is dealt with.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

export type Client = Pick<PoolClient, 'query'>;

/** Statements are named by their text's place in this map: the server parses and plans each once per session. */
const names = new Map<string, string>();

export async function run<Row extends object>(
  client: Client,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  let name = names.get(text);
  if (!name) {
    name = `s${names.size}`;
    names.set(text, name);
  }
  const { rows } = await client.query({ name, text, values: values as unknown[] });
  return rows as Row[];
}

const codeOf = (error: unknown): string => String((error as { code?: unknown } | undefined)?.code ?? '');

/** Another transaction was in the way: the whole transaction may be tried again (F33, F34). */
export const isConflict = (error: unknown): boolean =>
  ['40001', '40P01', '23505', '23P01'].includes(codeOf(error));

const lostConnection =
  /Connection terminated|connection timeout|timeout exceeded when trying to connect|not queryable|Client was closed/i;

const unreachable =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;
/** Classes of SQLSTATE: connection, operator intervention; too many connections; idle in a transaction for too long. */
const sessionEnded = /^(08...|57P..|53300|25P03)$/;

/** The database cannot be reached or ended our session: what was sent may or may not have been committed. */
export function isDatabaseAway(error: unknown): boolean {
  const code = codeOf(error);
  if (sessionEnded.test(code) || unreachable.test(code)) return true;
  return error instanceof Error && lostConnection.test(error.message);
}
