import { z } from 'zod';
import type { ReportLine } from '../domain/processing-cost.ts';
import type { NotSent } from './card.ts';
import type { CardClient } from './card-client.ts';

/** The card provider's report: a line for each movement of its balance, with what it cost (protocols, 4.6). */
export type ReportPage = Readonly<{ kind: 'page'; lines: readonly ReportLine[]; hasMore: boolean }>;

const Line = z.object({
  id: z.string().regex(/^txn_[A-Za-z0-9_]{1,90}$/),
  reporting_category: z.string().max(60),
  fee: z.int(),
  currency: z.string().max(3),
  created: z.int().nonnegative(),
});
const Page = z.object({ data: z.array(Line), has_more: z.boolean() });

const pageMax = 100;

export class CardReport {
  readonly #client: CardClient;

  constructor(client: CardClient) {
    this.#client = client;
  }

  /** Newest first. A page of another form than the documented one says nothing, and is asked for again. */
  async read({ since, afterLine }: { since: Date; afterLine: string | null }): Promise<ReportPage | NotSent> {
    const query = new URLSearchParams({
      limit: String(pageMax),
      'created[gte]': String(Math.floor(since.getTime() / 1000)),
      ...(afterLine === null ? {} : { starting_after: afterLine }),
    });
    const outcome = await this.#client.call({
      operation: 'cost.read',
      method: 'GET',
      path: `/v1/balance_transactions?${query}`,
    });
    if (outcome.status === 'not_sent') return { kind: 'not_sent', retryAfterMs: outcome.retryAfterMs };
    const page = outcome.status === 'accepted' ? Page.safeParse(outcome.body) : undefined;
    if (!page?.success) return { kind: 'not_sent' };
    const { data, has_more: hasMore } = page.data;
    return { kind: 'page', lines: data.map(lineOf), hasMore: hasMore && data.length > 0 };
  }
}

const lineOf = ({ id, reporting_category, fee, currency, created }: z.output<typeof Line>): ReportLine => ({
  id,
  category: reporting_category,
  feeMinor: BigInt(fee),
  currency,
  createdAt: new Date(created * 1000),
});
