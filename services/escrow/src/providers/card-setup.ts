import type { CallOutcome } from '@holdfast/providers';
import { z } from 'zod';
import type { SetupObservation } from '../commands/record-setup.ts';
import type { BillingMethod } from '../tables/billing-method.table.ts';
import type { CardClient } from './card-client.ts';

/**
 * Set-up of a card or a bank account with its holder present: verification and mandate in one (P-2; provider
 * protocols, 4.1).
 */

export type SetupAnswer<T> =
  | { kind: 'done'; value: T }
  | { kind: 'refused'; reason: string }
  /** Nothing is known, and no money can have moved: the same key and bytes again. */
  | { kind: 'again'; retryAfterMs?: number };

const Customer = z.object({ id: z.string().regex(/^cus_[A-Za-z0-9_]{1,100}$/) });
const Setup = z.object({
  id: z.string().regex(/^seti_[A-Za-z0-9_]{1,100}$/),
  status: z.enum([
    'requires_payment_method',
    'requires_confirmation',
    'requires_action',
    'processing',
    'canceled',
    'succeeded',
  ]),
  payment_method: z.string().max(100).nullable(),
  next_action: z.object({ redirect_to_url: z.object({ url: z.url() }).nullish() }).nullish(),
});
export type SetupView = {
  id: string;
  status: string;
  method: string | undefined;
  payerUrl: string | undefined;
};

const Refusal = z.object({ error: z.object({ code: z.string().max(80) }) });

function answerOf<S extends z.ZodType>(outcome: CallOutcome, schema: S): SetupAnswer<z.output<S>> {
  switch (outcome.status) {
    case 'accepted': {
      const body = schema.safeParse(outcome.body);
      return body.success ? { kind: 'done', value: body.data } : { kind: 'again' };
    }
    case 'refused':
      return { kind: 'refused', reason: Refusal.safeParse(outcome.body).data?.error.code ?? 'refused' };
    case 'not_sent':
      return { kind: 'again', retryAfterMs: outcome.retryAfterMs };
    case 'unknown':
      return { kind: 'again' };
  }
}

const viewOf = (setup: z.output<typeof Setup>): SetupView => ({
  id: setup.id,
  status: setup.status,
  method: setup.payment_method ?? undefined,
  payerUrl: setup.next_action?.redirect_to_url?.url,
});

const mapped = (answer: SetupAnswer<z.output<typeof Setup>>): SetupAnswer<SetupView> =>
  answer.kind === 'done' ? { kind: 'done', value: viewOf(answer.value) } : answer;

type SetUpMethod = Pick<BillingMethod, 'id' | 'token' | 'kind'>;

const seen = (answer: SetupAnswer<SetupView>): SetupAnswer<SetupObservation> =>
  answer.kind === 'done' ? { kind: 'done', value: { setup: answer.value } } : answer;

export class CardSetup {
  readonly #client: CardClient;

  constructor(client: CardClient) {
    this.#client = client;
  }

  /** The next of three calls; none of them moves money. */
  async step(method: BillingMethod, returnUrl: string): Promise<SetupAnswer<SetupObservation>> {
    if (!method.customerId) {
      const answer = await this.createCustomer(method.id);
      return answer.kind === 'done' ? { kind: 'done', value: { customerId: answer.value.id } } : answer;
    }
    if (!method.setupId) return seen(await this.createSetup(method, method.customerId));
    const known = await this.readSetup(method.setupId);
    if (known.kind !== 'done' || known.value.status !== 'requires_confirmation') return seen(known);
    return seen(await this.confirmSetup(method, method.setupId, returnUrl));
  }

  async createCustomer(methodId: string): Promise<SetupAnswer<{ id: string }>> {
    const outcome = await this.#client.call({
      operation: 'customer.create',
      method: 'POST',
      path: '/v1/customers',
      body: new URLSearchParams({ 'metadata[method_id]': methodId }).toString(),
      idempotencyKey: `${methodId}.customer`,
    });
    return answerOf(outcome, Customer);
  }

  async createSetup(
    { id: methodId, token, kind }: SetUpMethod,
    customerId: string,
  ): Promise<SetupAnswer<SetupView>> {
    const outcome = await this.#client.call({
      operation: 'setup.create',
      method: 'POST',
      path: '/v1/setup_intents',
      body: new URLSearchParams({
        customer: customerId,
        payment_method: token!,
        ...(kind === 'bank' ? { 'payment_method_types[0]': 'us_bank_account' } : {}),
        usage: 'off_session',
        'metadata[method_id]': methodId,
      }).toString(),
      idempotencyKey: `${methodId}.setup`,
    });
    return mapped(answerOf(outcome, Setup));
  }

  /** The words of a bank debit's mandate are shown by our own form: that they were accepted is told. */
  async confirmSetup(
    { id: methodId, kind }: SetUpMethod,
    setupId: string,
    returnUrl: string,
  ): Promise<SetupAnswer<SetupView>> {
    const outcome = await this.#client.call({
      operation: 'setup.confirm',
      method: 'POST',
      path: `/v1/setup_intents/${setupId}/confirm`,
      body: new URLSearchParams({
        return_url: returnUrl,
        ...(kind === 'bank' ? { 'mandate_data[customer_acceptance][type]': 'offline' } : {}),
      }).toString(),
      idempotencyKey: `${methodId}.confirm`,
    });
    return mapped(answerOf(outcome, Setup));
  }

  async readSetup(setupId: string): Promise<SetupAnswer<SetupView>> {
    const outcome = await this.#client.call({
      operation: 'setup.read',
      method: 'GET',
      path: `/v1/setup_intents/${encodeURIComponent(setupId)}`,
    });
    return mapped(answerOf(outcome, Setup));
  }
}
