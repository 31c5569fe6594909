import { get } from 'node:http';
import type { BookItem, ServiceSummary } from './wire.ts';

/** Nothing answers where the system should be. */
export class NotRunning extends Error {
  override readonly name = 'NotRunning';
}

const pageSize = 1_000;
/** As many ids as fit well into one address. */
const idsMax = 100;

/** The proof of one service over HTTP: its summary, and its tables page by page, so that nothing piles up here. */
export class ServiceSource {
  readonly name: string;
  readonly #url: string;
  readonly #token: string;

  constructor(name: string, url: string, token: string) {
    this.name = name;
    this.#url = url;
    this.#token = token;
  }

  summary(): Promise<ServiceSummary> {
    return this.#get('');
  }

  async *pages<Item>(resource: string): AsyncGenerator<readonly Item[]> {
    for (let after: string | null = ''; after !== null; ) {
      const cursor: string = after && `&after=${encodeURIComponent(after)}`;
      const page: { items: Item[]; next: string | null } = await this.#get(
        `/${resource}?limit=${pageSize}${cursor}`,
      );
      yield page.items;
      after = page.next;
    }
  }

  /** The rows of certain ids as they are now. */
  async lookUp<Item>(resource: string, ids: readonly string[], parameter = 'ids'): Promise<Item[]> {
    const items: Item[] = [];
    for (let from = 0; from < ids.length; from += idsMax) {
      const list = ids
        .slice(from, from + idsMax)
        .map(encodeURIComponent)
        .join();
      const page: { items: Item[] } = await this.#get(`/${resource}?${parameter}=${list}`);
      items.push(...page.items);
    }
    return items;
  }

  #get<T>(path: string): Promise<T> {
    return getJson<T>(`${this.#url}/v1/proof${path}`, { authorization: `Bearer ${this.#token}` });
  }
}

/** The books of the providers' simulators: what was really executed. */
export class ProviderBooks {
  readonly #controlUrl: string;

  constructor(controlUrl: string) {
    this.#controlUrl = controlUrl;
  }

  async entries(reference?: string): Promise<BookItem[]> {
    const query = reference === undefined ? '' : `?reference=${encodeURIComponent(reference)}`;
    const { entries } = await getJson<{ entries: BookItem[] }>(`${this.#controlUrl}/__sim/ledger${query}`);
    return entries;
  }

  /** Whether a provider has something to tell us that we may not know yet. */
  async isTelling(): Promise<boolean> {
    const { quiet } = await getJson<{ quiet: boolean }>(`${this.#controlUrl}/__sim/quiet`);
    return !quiet;
  }
}

/**
 * Without the limits of `fetch` on how long an answer may take: a proof takes as long as the tables are.
 * @throws NotRunning when nobody listens
 */
function getJson<T>(url: string, headers: Record<string, string> = {}): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = get(url, { headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        if (response.statusCode === 200) return resolve(JSON.parse(text) as T);
        reject(new Error(`${new URL(url).pathname} answered ${response.statusCode}: ${text.slice(0, 300)}`));
      });
    });
    request.on('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'ECONNREFUSED' ? new NotRunning(`nothing answers at ${new URL(url).origin}`) : error,
      ),
    );
  });
}
