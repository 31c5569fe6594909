import type { CallOutcome } from '@holdfast/providers';
import { z } from 'zod';
import type { CardClient, CardOperation } from './card-client.ts';
import type { NotSent } from './pay-in.ts';

/** A list is searched by our own mark, so that one item of an unknown form does not hide another. */
const Page = z.object({
  data: z.array(z.looseObject({ id: z.string(), metadata: z.record(z.string(), z.string()).default({}) })),
  has_more: z.boolean().default(false),
});

/** Ours, as an answer that a read could have given. */
export type Marked = (CallOutcome & { status: 'accepted' }) | { kind: 'absent' } | NotSent;

/**
 * Finds what a call without an answer may have made, by the mark that it carried: newest first, page by page. A list
 * that did not come says nothing, whatever its status: it has no id that could be unknown.
 */
export async function findMarked(
  client: CardClient,
  operation: CardOperation,
  { path, of, mark }: { path: string; of: Record<string, string>; mark: { name: string; value: string } },
): Promise<Marked> {
  for (let after: string | undefined; ; ) {
    const page = new URLSearchParams({ ...of, limit: '100', ...(after ? { starting_after: after } : {}) });
    const outcome = await client.call({ operation, method: 'GET', path: `${path}?${page}` });
    if (outcome.status === 'not_sent') return { kind: 'not_sent', retryAfterMs: outcome.retryAfterMs };
    const found = outcome.status === 'accepted' ? Page.safeParse(outcome.body) : undefined;
    if (!found?.success) return { kind: 'not_sent' };
    const { data, has_more } = found.data;
    const ours = data.find(({ metadata }) => metadata[mark.name] === mark.value);
    if (ours) return { status: 'accepted', body: ours };
    after = has_more ? data.at(-1)?.id : undefined;
    if (!after) return { kind: 'absent' };
  }
}
