import { z } from 'zod';
import type { ReportLine } from '../domain/processing-cost.ts';
import type { NotSent } from './card.ts';
import type { CardClient } from './card-client.ts';
import type { CostSource, ReportPage, ReportPlace } from './report.ts';

/** What moved, with the metadata that it carries, our names of it among them. A line may tell of nothing else. */
const name = z.string().regex(/^[A-Za-z0-9_]{1,100}$/);
const Source = z
  .object({ id: name, metadata: z.record(z.string(), z.string()).nullish() })
  .or(name.transform((id) => ({ id, metadata: null })))
  .nullish();
const Line = z.object({
  id: z.string().regex(/^txn_[A-Za-z0-9_]{1,90}$/),
  reporting_category: z.string().max(60),
  amount: z.int(),
  fee: z.int(),
  currency: z.string().max(3),
  created: z.int().nonnegative(),
  source: Source,
});
const Page = z.object({ data: z.array(Line), has_more: z.boolean() });

const pageMax = 100;

/** The card provider's report: a line for each movement of its balance, with what it cost (protocols, 4.6). */
export class CardReport implements CostSource {
  readonly #client: CardClient;

  constructor(client: CardClient) {
    this.#client = client;
  }

  /** Newest first. A page of another form than the documented one says nothing, and is asked for again. */
  async read({ since, after }: ReportPlace): Promise<ReportPage | NotSent> {
    const query = new URLSearchParams({
      limit: String(pageMax),
      'created[gte]': String(Math.floor(since.getTime() / 1000)),
      'expand[]': 'data.source',
      ...(after === null ? {} : { starting_after: after }),
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
    return { kind: 'page', lines: data.map(lineOf), next: (hasMore && data.at(-1)?.id) || null };
  }
}

/** Ours are ids; what somebody else has written there is nothing to keep. */
const isOurs = (text: string): boolean => z.uuid().safeParse(text).success;

const lineOf = ({ id, reporting_category, created, ...line }: z.output<typeof Line>): ReportLine => ({
  id,
  category: reporting_category,
  sourceId: line.source?.id ?? null,
  marks: Object.values(line.source?.metadata ?? {}).filter(isOurs),
  grossMinor: BigInt(line.amount),
  feeMinor: BigInt(line.fee),
  currency: line.currency,
  createdAt: new Date(created * 1000),
});
