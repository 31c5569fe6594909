import type { Money } from '@holdfast/domain';
import type { CallOutcome } from '@holdfast/providers';
import { z } from 'zod';
import type { RefundObservation, RefundView } from '../domain/refund-attempt.ts';
import { isKeyConflict, type NotSent } from './card.ts';
import type { CardClient } from './card-client.ts';
import { findMarked } from './card-list.ts';

/** Refunds of charges at the card provider (provider protocols, 4.5). */

/** Exact bytes of the call, stored before it is made. */
export const refundBodyOf = (refund: {
  attemptId: string;
  refundId: string;
  intentId: string;
  amount: Money;
}): string =>
  new URLSearchParams({
    payment_intent: refund.intentId,
    amount: String(refund.amount.amountMinor),
    'metadata[refund_id]': refund.refundId,
    'metadata[attempt_id]': refund.attemptId,
  }).toString();

const Refund = z.object({
  id: z.string().regex(/^re_[A-Za-z0-9_]{1,100}$/),
  status: z.enum(['pending', 'requires_action', 'succeeded', 'failed', 'canceled']),
  amount: z.int().nonnegative(),
  currency: z.string().max(3),
  metadata: z.record(z.string(), z.string()).default({}),
});
/** With our mark, for a notice that names only the refund. */
export type ReadRefund = RefundView & { attemptId?: string };
type Answer = Exclude<RefundObservation, { kind: 'seen' }> | { kind: 'seen'; refund: ReadRefund } | NotSent;

const Refusal = z.object({ error: z.object({ code: z.string().nullish() }) });

const viewOf = ({ id, status, amount, currency, metadata }: z.output<typeof Refund>): ReadRefund => ({
  id,
  status: viewStatuses[status],
  amountMinor: BigInt(amount),
  currency,
  attemptId: z.uuid().safeParse(metadata.attempt_id).data,
});

const viewStatuses = {
  pending: 'pending',
  requires_action: 'pending',
  succeeded: 'succeeded',
  failed: 'failed',
  canceled: 'failed',
} as const;

/** An answer whose form is not the documented one may have executed: it is asked about. */
function observationOf(outcome: CallOutcome): Answer {
  switch (outcome.status) {
    case 'accepted': {
      const refund = Refund.safeParse(outcome.body);
      return refund.success ? { kind: 'seen', refund: viewOf(refund.data) } : { kind: 'unknown' };
    }
    case 'refused': {
      if (isKeyConflict(outcome.body)) return { kind: 'unknown' };
      const code = Refusal.safeParse(outcome.body).data?.error.code;
      return code === 'charge_disputed' ? { kind: 'disputed' } : { kind: 'refused', failure: 'refused' };
    }
    case 'not_sent':
      return { kind: 'not_sent', retryAfterMs: outcome.retryAfterMs };
    case 'unknown':
      return { kind: 'unknown' };
  }
}

/** Only "not found" is a miss. A read without an answer, or with one of another form, is simply asked again. */
function readingOf(outcome: CallOutcome): Answer {
  if (outcome.status === 'refused' && outcome.httpStatus === 404) return { kind: 'absent' };
  const observation = observationOf(outcome);
  return observation.kind === 'seen' || observation.kind === 'not_sent' ? observation : { kind: 'not_sent' };
}

/** A way back to the payer's source (E-23): one refund per key, found by our own mark. */
export interface RefundProvider {
  create(attemptId: string, body: string, chargeReference: string): Promise<RefundObservation | NotSent>;
  find(attemptId: string, chargeReference: string): Promise<RefundObservation | NotSent>;
  read(reference: string, attemptId: string): Promise<RefundObservation | NotSent>;
}

export class CardRefund implements RefundProvider {
  readonly #client: CardClient;

  constructor(client: CardClient) {
    this.#client = client;
  }

  /** The key is the attempt's: the provider executes it once. */
  async create(attemptId: string, body: string): Promise<Answer> {
    return observationOf(
      await this.#client.call({
        operation: 'refund.create',
        method: 'POST',
        path: '/v1/refunds',
        body,
        idempotencyKey: `${attemptId}.refund`,
      }),
    );
  }

  async read(reference: string): Promise<Answer> {
    return readingOf(
      await this.#client.call({
        operation: 'refund.read',
        method: 'GET',
        path: `/v1/refunds/${encodeURIComponent(reference)}`,
      }),
    );
  }

  /** Finds the refund whose call got no answer, among those of its charge. */
  async find(attemptId: string, intentId: string): Promise<Answer> {
    const mark = { name: 'attempt_id', value: attemptId };
    const list = { path: '/v1/refunds', of: { payment_intent: intentId }, mark };
    const found = await findMarked(this.#client, 'refund.read', list);
    return 'status' in found ? readingOf(found) : found;
  }
}
