import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Client, escapeIdentifier, escapeLiteral } from 'pg';

export interface ServiceDatabase {
  database: string;
  /** Names the roles `<service>_owner` and `<service>_app`, which all databases of the service share. */
  service: string;
  /** Keeps the passwords of the roles, readable only by whoever runs this. */
  secretsFile: string;
}

export interface ServiceUrls {
  /** For migrations: owns the database. */
  ownerUrl: string;
  /** For the service: may use what the owner grants it, and creates nothing. */
  appUrl: string;
}

/** Any number, the same for all: calls at the same time, from test workers say, go one after the other. */
const LOCK = 4_100_001;

/**
 * Makes the database of a service and its two roles, or brings them up to date. Which tables the app role may
 * read and write is for the migrations to grant.
 * @throws Error on a name that is not plain lower case
 */
export async function createServiceDatabase(
  superuserUrl: string,
  { database, service, secretsFile }: ServiceDatabase,
): Promise<ServiceUrls> {
  const [owner, app] = [`${service}_owner`, `${service}_app`];
  for (const name of [database, owner, app]) assertName(name);
  return withClient(superuserUrl, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK]);
    const passwords = ensurePasswords(secretsFile, [owner, app]);
    for (const role of [owner, app]) await ensureRole(client, role, passwords[role] as string);
    await ensureDatabase(client, database, owner, app);
    const urlOf = (role: string): string => urlFor(superuserUrl, database, role, passwords[role]);
    await withClient(urlFor(superuserUrl, database), (inside) =>
      inside.query(`REVOKE ALL ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO ${app}`),
    );
    return { ownerUrl: urlOf(owner), appUrl: urlOf(app) };
  });
}

/** Cuts off whoever is connected. A database that is not there is fine. */
export async function dropDatabase(superuserUrl: string, database: string): Promise<void> {
  assertName(database);
  await withClient(superuserUrl, (client) =>
    client.query(`DROP DATABASE IF EXISTS ${escapeIdentifier(database)} WITH (FORCE)`),
  );
}

async function ensureRole(client: Client, role: string, password: string): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
  const verb = rowCount === 0 ? 'CREATE' : 'ALTER';
  const rights = 'LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS';
  await client.query(`${verb} ROLE ${role} ${rights} PASSWORD ${escapeLiteral(password)}`);
}

async function ensureDatabase(client: Client, database: string, owner: string, app: string): Promise<void> {
  const name = escapeIdentifier(database);
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [database]);
  if (rowCount === 0) await client.query(`CREATE DATABASE ${name} OWNER ${owner}`);
  // Every time: CREATE DATABASE allows no transaction, so a run that was cut short may have left these out.
  await client.query(`ALTER DATABASE ${name} OWNER TO ${owner}`);
  await client.query(`REVOKE ALL ON DATABASE ${name}, postgres, template1 FROM PUBLIC`);
  await client.query(`GRANT CONNECT ON DATABASE ${name} TO ${app}`);
}

function ensurePasswords(file: string, roles: string[]): Record<string, string> {
  const known: Record<string, string> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const missing = roles.filter((role) => known[role] === undefined);
  if (missing.length === 0) return known;
  for (const role of missing) known[role] = randomBytes(18).toString('base64url');
  writeFileSync(`${file}.part`, `${JSON.stringify(known, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.part`, file);
  return known;
}

function urlFor(superuserUrl: string, database: string, role?: string, password?: string): string {
  const url = new URL(superuserUrl);
  url.pathname = `/${database}`;
  if (role !== undefined) url.username = role;
  if (password !== undefined) url.password = password;
  return url.href;
}

/** Plain enough to stand in a statement without quotes. */
function assertName(name: string): void {
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(name)) throw new Error(`"${name}" is no name for a database or role.`);
}

/** The end of the connection frees the lock, too. */
async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
