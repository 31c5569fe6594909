import type { ServiceName, System } from '@holdfast/local';
import { Pool } from 'pg';

/** `reference` is a second database of escrow's, in which pgbench does the same writes; it is made of `template`. */
export type DatabaseName = ServiceName | 'template' | 'reference';

const benchOnly = { server: 'postgres', template: 'bench_template', reference: 'bench_reference' } as const;

export const databaseOf = (name: DatabaseName | 'server'): string =>
  name in benchOnly ? benchOnly[name as keyof typeof benchOnly] : `holdfast_${name}`;

/** As the superuser: reads and plants past every right of the services, for as long as it takes. */
export class Databases {
  readonly #url: string;
  readonly #pools = new Map<DatabaseName | 'server', Pool>();

  constructor({ postgres }: Pick<System, 'postgres'>) {
    this.#url = postgres.url;
  }

  poolOf(name: DatabaseName | 'server'): Pool {
    let pool = this.#pools.get(name);
    if (!pool) {
      const url = new URL(this.#url);
      url.pathname = `/${databaseOf(name)}`;
      pool = new Pool({ connectionString: url.href, max: 2 });
      // A server that stops ends idle sessions; without a listener that would end this process.
      pool.on('error', () => undefined);
      this.#pools.set(name, pool);
    }
    return pool;
  }

  async rows<Row extends object>(
    name: DatabaseName | 'server',
    text: string,
    values: unknown[] = [],
  ): Promise<Row[]> {
    const { rows } = await this.poolOf(name).query(text, values);
    return rows as Row[];
  }

  /**
   * Plans follow what the tables hold. The server notices by itself, but within a minute or two: until then a plan that
   * was made for an empty table reads all of it.
   */
  async refreshPlans(...names: readonly DatabaseName[]): Promise<void> {
    for (const name of names) await this.rows(name, 'vacuum analyze');
  }

  /** Ends the sessions on a database: only one that nobody uses can be copied. */
  async leave(name: DatabaseName): Promise<void> {
    await this.#pools.get(name)?.end();
    this.#pools.delete(name);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.end()));
  }
}
