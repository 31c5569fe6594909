import type { CallOutcome } from '@holdfast/providers';
import { z } from 'zod';
import type { DisputeView } from '../domain/chargeback.ts';
import type { NotSent } from './card.ts';
import type { CardClient } from './card-client.ts';

/** Disputes of charges at the card provider (provider protocols, 4.4). */

const Line = z.object({
  amount: z.int(),
  fee: z.int().default(0),
  reporting_category: z.string().max(60),
});
const Dispute = z.object({
  id: z.string().regex(/^(du|dp)_[A-Za-z0-9_]{1,100}$/),
  payment_intent: z.string().regex(/^pi_[A-Za-z0-9_]{1,100}$/),
  status: z
    .enum([
      'warning_needs_response',
      'warning_under_review',
      'warning_closed',
      'needs_response',
      'under_review',
      'won',
      'lost',
    ])
    .or(
      z
        .string()
        .max(60)
        .transform(() => 'other' as const),
    ),
  amount: z.int().nonnegative(),
  evidence_details: z.object({ due_by: z.int().nullish() }).default({}),
  balance_transactions: z.array(Line).default([]),
});

export type DisputeAnswer =
  | { kind: 'seen'; dispute: DisputeView }
  | { kind: 'absent' }
  | { kind: 'refused' }
  | NotSent;

/** A list is read one by one, so that one dispute of an unknown form does not hide another. */
const Page = z.object({
  data: z.array(z.looseObject({ id: z.string().max(120), created: z.int() })),
  has_more: z.boolean().default(false),
});

export type DisputePage = { kind: 'seen'; disputes: DisputeView[]; next: string | undefined } | NotSent;

function viewOf({
  evidence_details,
  balance_transactions,
  ...dispute
}: z.output<typeof Dispute>): DisputeView {
  const line = (category: string) =>
    balance_transactions.find(({ reporting_category }) => reporting_category === category);
  const [debited, reinstated] = [line('dispute'), line('dispute_reversal')];
  const { due_by } = evidence_details;
  return {
    id: dispute.id,
    intentId: dispute.payment_intent,
    status: dispute.status,
    amountMinor: BigInt(dispute.amount),
    ...(debited ? { debited: { feeMinor: BigInt(debited.fee) } } : {}),
    // A fee that comes back is told as a negative one.
    ...(reinstated ? { reinstated: { feeMinor: BigInt(-reinstated.fee) } } : {}),
    ...(due_by ? { dueAt: new Date(due_by * 1_000) } : {}),
  };
}

/** What has another form than the documented one, or no answer, is asked again: an answer may have executed. */
function answerOf(outcome: CallOutcome): DisputeAnswer {
  switch (outcome.status) {
    case 'accepted': {
      const dispute = Dispute.safeParse(outcome.body);
      return dispute.success ? { kind: 'seen', dispute: viewOf(dispute.data) } : { kind: 'not_sent' };
    }
    case 'refused':
      return { kind: outcome.httpStatus === 404 ? 'absent' : 'refused' };
    case 'not_sent':
      return { kind: 'not_sent', retryAfterMs: outcome.retryAfterMs };
    case 'unknown':
      return { kind: 'not_sent' };
  }
}

export class CardDispute {
  readonly #client: CardClient;

  constructor(client: CardClient) {
    this.#client = client;
  }

  async read(disputeId: string): Promise<DisputeAnswer> {
    const path = `/v1/disputes/${encodeURIComponent(disputeId)}`;
    return answerOf(await this.#client.call({ operation: 'dispute.read', method: 'GET', path }));
  }

  /**
   * The disputes that were opened since then, newest first, a page at a time.
   * @param after the last one of the page before
   */
  async list(since: Date | undefined, after?: string): Promise<DisputePage> {
    const query = new URLSearchParams({ limit: '100', ...(after ? { starting_after: after } : {}) });
    const outcome = await this.#client.call({
      operation: 'dispute.read',
      method: 'GET',
      path: `/v1/disputes?${query}`,
    });
    const page = outcome.status === 'accepted' ? Page.safeParse(outcome.body).data : undefined;
    if (!page) {
      const retryAfterMs = outcome.status === 'not_sent' ? outcome.retryAfterMs : undefined;
      return { kind: 'not_sent', ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
    }
    const fresh = page.data.filter(({ created }) => !since || created * 1_000 >= since.getTime());
    const disputes = fresh.flatMap((one) => {
      const dispute = Dispute.safeParse(one);
      return dispute.success ? [viewOf(dispute.data)] : [];
    });
    const hasMore = page.has_more && fresh.length === page.data.length;
    return { kind: 'seen', disputes, next: hasMore ? page.data.at(-1)?.id : undefined };
  }

  /** Contests it with the stored evidence, or accepts it; the key is the chargeback's, so that it counts once. */
  async answer(
    disputeId: string,
    { chargebackId, answer, body }: { chargebackId: string; answer: 'contest' | 'accept'; body: string },
  ): Promise<DisputeAnswer> {
    const path = `/v1/disputes/${encodeURIComponent(disputeId)}${answer === 'accept' ? '/close' : ''}`;
    return answerOf(
      await this.#client.call({
        operation: 'dispute.answer',
        method: 'POST',
        path,
        body,
        idempotencyKey: `${chargebackId}.${answer}`,
      }),
    );
  }
}
