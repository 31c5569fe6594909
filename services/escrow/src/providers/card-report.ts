import { z } from 'zod';
import type { ReportLine } from '../domain/processing-cost.ts';
import type { NotSent } from './card.ts';
import type { CardClient } from './card-client.ts';
import type { CostSource, ReportPage, ReportPlace } from './report.ts';

/** What moved. Our names of it stand in its metadata, the refund's own before that of what it belongs to. */
const Metadata = z
  .object({ attempt_id: z.string(), settlement_id: z.string(), funding_id: z.string() })
  .partial()
  .transform(({ attempt_id, settlement_id, funding_id }) =>
    [attempt_id, settlement_id, funding_id].flatMap((name) => z.uuid().safeParse(name).data ?? []),
  );
const name = z.string().regex(/^[A-Za-z0-9_]{1,100}$/);
const Source = z
  .object({ id: name, metadata: Metadata.catch([]) })
  .or(name.transform((id) => ({ id, metadata: [] })))
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

const lineOf = ({ id, reporting_category, created, ...line }: z.output<typeof Line>): ReportLine => ({
  id,
  category: reporting_category,
  sourceId: line.source?.id ?? null,
  marks: line.source?.metadata ?? [],
  grossMinor: BigInt(line.amount),
  feeMinor: BigInt(line.fee),
  currency: line.currency,
  createdAt: new Date(created * 1000),
});
