import type { Money } from '@holdfast/domain';
import { z } from 'zod';
import type { IntentView, Observation } from '../domain/funding.ts';
import type { CallOutcome, CardClient } from './card-client.ts';

/** The card provider's dialect (provider protocols, 4.1): form-encoded requests, intents, set-ups. */

/** Not executed: the same call again after a pause of wall time. */
export type NotSent = { kind: 'not_sent'; retryAfterMs: number };

const form = (fields: Record<string, string>): string => new URLSearchParams(fields).toString();

/** Exact bytes of the creation, stored before the first call. It is not confirmed here: create, store, confirm. */
export const createBodyOf = (charge: {
  fundingId: string;
  agreementId: string;
  total: Money;
  customerId: string;
  methodId: string;
}): string =>
  form({
    amount: String(charge.total.amountMinor),
    currency: charge.total.currency.toLowerCase(),
    customer: charge.customerId,
    payment_method: charge.methodId,
    capture_method: 'automatic',
    confirm: 'false',
    'metadata[funding_id]': charge.fundingId,
    'metadata[agreement_id]': charge.agreementId,
  });

/** `returnUrl` is where a payer comes back from the bank; without it nobody is present (P-16). */
export const confirmBodyOf = (returnUrl: string | undefined): string =>
  form(returnUrl === undefined ? { off_session: 'true' } : { return_url: returnUrl });

const Status = z.enum([
  'requires_payment_method',
  'requires_confirmation',
  'requires_action',
  'processing',
  'requires_capture',
  'succeeded',
  'canceled',
]);

const Intent = z.object({
  id: z.string().regex(/^pi_[A-Za-z0-9_]{1,100}$/),
  status: Status,
  amount_received: z.int().nonnegative().default(0),
  currency: z.string().max(3),
  metadata: z.record(z.string(), z.string()).default({}),
  last_payment_error: z
    .object({ code: z.string().optional().nullable(), decline_code: z.string().optional().nullable() })
    .nullish(),
  next_action: z.object({ redirect_to_url: z.object({ url: z.url() }).nullish() }).nullish(),
});
export type ReadIntent = IntentView & { fundingId?: string };

const ErrorBody = z.object({
  error: z.object({ code: z.string().nullish(), decline_code: z.string().nullish(), payment_intent: z.unknown() }),
});

function viewOf(intent: z.output<typeof Intent>): ReadIntent {
  const error = intent.last_payment_error;
  const declinedBy = [error?.decline_code, error?.code].find((code) => code === 'authentication_required');
  return {
    id: intent.id,
    status: intent.status,
    receivedMinor: BigInt(intent.amount_received),
    currency: intent.currency,
    declineCode: declinedBy ?? error?.decline_code ?? error?.code ?? undefined,
    payerUrl: intent.next_action?.redirect_to_url?.url,
    fundingId: z.uuid().safeParse(intent.metadata.funding_id).data,
  };
}

/** An answer whose form is not the documented one may have executed: it is asked about, and an alarm tells. */
function observationOf(outcome: CallOutcome): Observation | NotSent {
  switch (outcome.status) {
    case 'accepted': {
      const intent = Intent.safeParse(outcome.body);
      return intent.success ? { kind: 'seen', intent: viewOf(intent.data) } : { kind: 'unknown' };
    }
    case 'refused': {
      // A decline carries the intent as it stands now: that is the fact, the status code only its messenger.
      const body = ErrorBody.safeParse(outcome.body);
      const intent = Intent.safeParse(body.data?.error.payment_intent);
      if (intent.success) return { kind: 'seen', intent: viewOf(intent.data) };
      // "In progress" or another conflict on the key is a question, not a refusal (rule 7 of section 7).
      if (/idempotency|lock_timeout/.test(body.data?.error.code ?? '')) return { kind: 'unknown' };
      return { kind: 'refused' };
    }
    case 'not_sent':
      return { kind: 'not_sent', retryAfterMs: outcome.retryAfterMs };
    case 'unknown':
      return { kind: 'unknown' };
  }
}

/** A read that gets no answer is no miss: it is simply asked again. */
function readingOf(outcome: CallOutcome): Observation | NotSent {
  if (outcome.status === 'unknown') return { kind: 'not_sent', retryAfterMs: 1_000 };
  if (outcome.status === 'refused') return { kind: 'absent' };
  return observationOf(outcome);
}

export class Card {
  readonly #client: CardClient;

  constructor(client: CardClient) {
    this.#client = client;
  }

  /** The key of a call is the funding's id and the step: the provider executes it once. */
  async create(fundingId: string, body: string): Promise<Observation | NotSent> {
    return observationOf(
      await this.#client.call({
        operation: 'charge.create',
        method: 'POST',
        path: '/v1/payment_intents',
        body,
        idempotencyKey: `${fundingId}.create`,
      }),
    );
  }

  async confirm(fundingId: string, intentId: string, body: string): Promise<Observation | NotSent> {
    return observationOf(
      await this.#client.call({
        operation: 'charge.confirm',
        method: 'POST',
        path: `/v1/payment_intents/${intentId}/confirm`,
        body,
        idempotencyKey: `${fundingId}.confirm`,
      }),
    );
  }

  /** Only `canceled` frees the milestone; "already succeeded" is found by reading. */
  async cancel(fundingId: string, intentId: string): Promise<Observation | NotSent> {
    const observation = observationOf(
      await this.#client.call({
        operation: 'charge.cancel',
        method: 'POST',
        path: `/v1/payment_intents/${intentId}/cancel`,
        body: '',
        idempotencyKey: `${fundingId}.cancel`,
      }),
    );
    return observation.kind === 'refused' ? this.read(intentId) : observation;
  }

  async read(intentId: string): Promise<Observation | NotSent> {
    return readingOf(
      await this.#client.call({
        operation: 'charge.read',
        method: 'GET',
        path: `/v1/payment_intents/${encodeURIComponent(intentId)}`,
      }),
    );
  }

  /** Finds the intent whose creation got no answer, among the customer's newest. */
  async find(fundingId: string, createBody: string): Promise<Observation | NotSent> {
    const customer = new URLSearchParams(createBody).get('customer')!;
    const outcome = await this.#client.call({
      operation: 'charge.read',
      method: 'GET',
      path: `/v1/payment_intents?${form({ customer, limit: '100' })}`,
    });
    if (outcome.status !== 'accepted') return readingOf(outcome);
    const page = z.object({ data: z.array(z.unknown()) }).safeParse(outcome.body);
    if (!page.success) return { kind: 'not_sent', retryAfterMs: 1_000 };
    for (const item of page.data.data) {
      const intent = Intent.safeParse(item);
      if (intent.success && intent.data.metadata.funding_id === fundingId) {
        return { kind: 'seen', intent: viewOf(intent.data) };
      }
    }
    return { kind: 'absent' };
  }
}

/** Every kind that a read can see of somebody's intent, for a notice that names one. */
export const isSeen = (observation: Observation | NotSent): observation is { kind: 'seen'; intent: ReadIntent } =>
  observation.kind === 'seen';
