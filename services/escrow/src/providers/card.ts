import type { Money } from '@holdfast/domain';
import type { CallOutcome } from '@holdfast/providers';
import { z } from 'zod';
import type { IntentView, Observation } from '../domain/funding.ts';
import type { CardClient } from './card-client.ts';
import { findMarked } from './card-list.ts';
import type { Charge, ChargeBytes, NotSent, PayInProvider } from './pay-in.ts';

/** The card provider's dialect (provider protocols, 4.1): form-encoded requests, intents, set-ups. */

const form = (fields: Record<string, string>): string => new URLSearchParams(fields).toString();

/**
 * The creation is not confirmed here: create, store, confirm. What a bank debit is made of is said, since a customer
 * may hold both kinds. `returnUrl` is where a payer comes back from the bank; without it nobody is present (P-16).
 */
export function cardBytesOf(charge: Charge): ChargeBytes {
  const { total, kind, returnUrl } = charge;
  return {
    createBody: form({
      amount: String(total.amountMinor),
      currency: total.currency.toLowerCase(),
      customer: charge.customerId!,
      payment_method: charge.methodId,
      ...(kind === 'bank' ? { 'payment_method_types[0]': 'us_bank_account' } : {}),
      capture_method: 'automatic',
      confirm: 'false',
      'metadata[funding_id]': charge.fundingId,
      'metadata[agreement_id]': charge.agreementId,
    }),
    confirmBody: form(returnUrl === undefined ? { off_session: 'true' } : { return_url: returnUrl }),
  };
}

/** With it the payer, who is present, agrees to charges without the payer, and the card is kept (P-2, P-16). */
export function smallChargeBytesOf(
  charge: Readonly<{
    id: string;
    billingMethodId: string;
    amount: Money;
    customerId: string;
    /** The provider's name of the card, or the token that its form gave. */
    methodId: string;
    returnUrl: string;
  }>,
): ChargeBytes {
  const { amountMinor, currency } = charge.amount;
  return {
    createBody: form({
      amount: String(amountMinor),
      currency: currency.toLowerCase(),
      customer: charge.customerId,
      payment_method: charge.methodId,
      capture_method: 'automatic',
      confirm: 'false',
      setup_future_usage: 'off_session',
      'metadata[funding_id]': charge.id,
      'metadata[method_id]': charge.billingMethodId,
    }),
    confirmBody: form({ return_url: charge.returnUrl }),
  };
}

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
  payment_method: z.string().max(100).nullish(),
  last_payment_error: z
    .object({ code: z.string().optional().nullable(), decline_code: z.string().optional().nullable() })
    .nullish(),
  next_action: z.object({ redirect_to_url: z.object({ url: z.url() }).nullish() }).nullish(),
});

export type { NotSent } from './pay-in.ts';
export type ReadIntent = IntentView & { fundingId?: string };

const ErrorBody = z.object({
  error: z.object({
    type: z.string().nullish(),
    code: z.string().nullish(),
    payment_intent: z.unknown().optional(),
  }),
});

/** A conflict on the key is a question, not a refusal (rule 7 of section 7). */
export function isKeyConflict(body: unknown): boolean {
  const { type, code } = ErrorBody.safeParse(body).data?.error ?? {};
  return /idempotency|lock_timeout/.test(`${type} ${code}`);
}

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
    method: intent.payment_method ?? undefined,
    fundingId: z.uuid().safeParse(intent.metadata.funding_id).data,
  };
}

/** An answer whose form is not the documented one may have executed: it is asked about. */
function observationOf(outcome: CallOutcome): Observation | NotSent {
  switch (outcome.status) {
    case 'accepted': {
      const intent = Intent.safeParse(outcome.body);
      return intent.success ? { kind: 'seen', intent: viewOf(intent.data) } : { kind: 'unknown' };
    }
    case 'refused': {
      if (isKeyConflict(outcome.body)) return { kind: 'unknown' };
      const { payment_intent } = ErrorBody.safeParse(outcome.body).data?.error ?? {};
      // A decline carries the intent as it stands now: that is the fact, the status code only its messenger.
      const intent = Intent.safeParse(payment_intent);
      return intent.success ? { kind: 'seen', intent: viewOf(intent.data) } : { kind: 'refused' };
    }
    case 'not_sent':
      return { kind: 'not_sent', retryAfterMs: outcome.retryAfterMs };
    case 'unknown':
      return { kind: 'unknown' };
  }
}

/**
 * Only "not found" is a miss. A read without an answer, or with one of another form, is simply asked again.
 */
function readingOf(outcome: CallOutcome): Observation | NotSent {
  if (outcome.status === 'refused' && outcome.httpStatus === 404) return { kind: 'absent' };
  const observation = observationOf(outcome);
  const answered = observation.kind !== 'refused' && observation.kind !== 'unknown';
  return answered ? observation : { kind: 'not_sent' };
}

/** Refused without effect; a confirmation that is accepted and confirms nothing is asked about. */
function confirmationOf(outcome: CallOutcome): Observation | NotSent {
  const observation = observationOf(outcome);
  const unmoved = isSeen(observation) && observation.intent.status === 'requires_confirmation';
  if (!unmoved) return observation;
  return { kind: outcome.status === 'refused' ? 'refused' : 'unknown' };
}

const cancellable: readonly IntentView['status'][] = [
  'requires_payment_method',
  'requires_capture',
  'requires_confirmation',
  'requires_action',
];

export class Card implements PayInProvider {
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
    return confirmationOf(
      await this.#client.call({
        operation: 'charge.confirm',
        method: 'POST',
        path: `/v1/payment_intents/${intentId}/confirm`,
        body,
        idempotencyKey: `${fundingId}.confirm`,
      }),
    );
  }

  /**
   * Only `canceled` frees the milestone. Without a key: cancelling twice is as good as once, while under a
   * key a refusal ("is being processed") would be given again when it is no longer true. What a refusal means
   * is read.
   */
  async cancel(intentId: string): Promise<Observation | NotSent> {
    const outcome = await this.#client.call({
      operation: 'charge.cancel',
      method: 'POST',
      path: `/v1/payment_intents/${intentId}/cancel`,
      body: '',
    });
    if (outcome.status !== 'refused') return observationOf(outcome);
    const now = await this.read(intentId);
    return isSeen(now) && cancellable.includes(now.intent.status) ? { kind: 'not_sent' } : now;
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

  /** Finds the intent whose creation got no answer, among those of its customer. */
  async find(fundingId: string, createBody: string): Promise<Observation | NotSent> {
    const customer = new URLSearchParams(createBody).get('customer')!;
    const mark = { name: 'funding_id', value: fundingId };
    const list = { path: '/v1/payment_intents', of: { customer }, mark };
    const found = await findMarked(this.#client, 'charge.read', list);
    return 'status' in found ? readingOf(found) : found;
  }
}

/** Every kind that a read can see of somebody's intent, for a notice that names one. */
export const isSeen = (
  observation: Observation | NotSent,
): observation is { kind: 'seen'; intent: ReadIntent } => observation.kind === 'seen';
