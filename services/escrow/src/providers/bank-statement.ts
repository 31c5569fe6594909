import { z } from 'zod';
import type { ReportLine } from '../domain/processing-cost.ts';
import type { BankClient } from './bank-client.ts';
import type { NotSent } from './pay-in.ts';
import type { CostSource, ReportPage, ReportPlace } from './report.ts';

/** A list is read one by one, so that one line of an unknown form does not hide another. */
const Page = z.array(z.looseObject({ id: z.string().regex(/^[A-Za-z0-9_-]{1,120}$/) }));
const Line = z.object({
  id: z.string(),
  amount: z.int().positive(),
  currency: z.string().max(3),
  direction: z.enum(['debit', 'credit']),
  created_at: z.iso.datetime(),
  vendor_code: z.literal('698'),
  vendor_code_type: z.literal('bai2'),
});

const pageMax = 100;

/**
 * The lines of the bank account's statement that tell what the bank took for its work: miscellaneous fees, 698 in the
 * words of BAI2 (protocols, 4.6). The other lines are movements of ours, and cost nothing.
 */
export class BankStatement implements CostSource {
  readonly #client: BankClient;

  constructor(client: BankClient) {
    this.#client = client;
  }

  /** Newest first. A page of another form than the documented one says nothing, and is asked for again. */
  async read({ since, after }: ReportPlace): Promise<ReportPage | NotSent> {
    const query = new URLSearchParams({
      posted: 'true',
      as_of_date_start: since.toISOString().slice(0, 10),
      per_page: String(pageMax),
      ...(after === null ? {} : { after_cursor: after }),
    });
    const outcome = await this.#client.call({
      operation: 'cost.read',
      method: 'GET',
      path: `/api/transactions?${query}`,
    });
    if (outcome.status === 'not_sent') return { kind: 'not_sent', retryAfterMs: outcome.retryAfterMs };
    const page = outcome.status === 'accepted' ? Page.safeParse(outcome.body).data : undefined;
    if (!page) return { kind: 'not_sent' };
    const lines = page.flatMap((line) => {
      const fee = Line.safeParse(line);
      return fee.success ? [lineOf(fee.data)] : [];
    });
    return { kind: 'page', lines, next: (page.length === pageMax && page.at(-1)?.id) || null };
  }
}

/** A credit gives back. */
const lineOf = ({ id, amount, currency, direction, created_at }: z.output<typeof Line>): ReportLine => ({
  id,
  category: 'fee',
  sourceId: null,
  marks: [],
  grossMinor: BigInt(direction === 'debit' ? -amount : amount),
  feeMinor: BigInt(direction === 'debit' ? amount : -amount),
  currency,
  createdAt: new Date(created_at),
});
