import type { CallOutcome } from '@holdfast/providers';
import { z } from 'zod';
import type { SetupObservation } from '../commands/record-setup.ts';
import type { BillingMethod } from '../tables/billing-method.table.ts';
import type { SetupAnswer, SetupView } from './card-setup.ts';
import type { PaypalClient } from './paypal-client.ts';

/**
 * A PayPal account is stored with its holder present: a setup token that the payer approves on PayPal's page, and
 * then the payment token, which is the mandate (P-2; provider protocols, 4.2).
 */

const Link = z.looseObject({ href: z.string().max(2_000), rel: z.string() });
const Setup = z.object({
  id: z.string().regex(/^[A-Za-z0-9_-]{1,100}$/),
  status: z.enum(['CREATED', 'PAYER_ACTION_REQUIRED', 'APPROVED', 'VAULTED', 'TOKENIZED']),
  links: z.array(Link).default([]),
});
const Token = z.object({ id: z.string().regex(/^[A-Za-z0-9_-]{1,100}$/) });
const Refusal = z.object({
  name: z.string().max(80),
  details: z.array(z.object({ issue: z.string().max(80) })).default([]),
});

function answerOf<S extends z.ZodType>(outcome: CallOutcome, schema: S): SetupAnswer<z.output<S>> {
  switch (outcome.status) {
    case 'accepted': {
      const body = schema.safeParse(outcome.body);
      return body.success ? { kind: 'done', value: body.data } : { kind: 'again' };
    }
    case 'refused': {
      const refusal = Refusal.safeParse(outcome.body).data;
      return { kind: 'refused', reason: refusal?.details[0]?.issue ?? refusal?.name ?? 'refused' };
    }
    case 'not_sent':
      return { kind: 'again', retryAfterMs: outcome.retryAfterMs };
    case 'unknown':
      return { kind: 'again' };
  }
}

const seen = (setup: SetupView): SetupAnswer<SetupObservation> => ({ kind: 'done', value: { setup } });

export class PaypalSetup {
  readonly #client: PaypalClient;

  constructor(client: PaypalClient) {
    this.#client = client;
  }

  /** The next of three calls; none of them moves money, and each is safe to send again under its key. */
  async step(method: BillingMethod, returnUrl: string): Promise<SetupAnswer<SetupObservation>> {
    const setup = await (method.setupId ? this.#read(method.setupId) : this.#create(method.id, returnUrl));
    if (setup.kind !== 'done') return setup;
    const { id, status, links } = setup.value;
    if (status !== 'APPROVED' && status !== 'VAULTED' && status !== 'TOKENIZED') {
      const payerUrl = links.find(({ rel }) => rel === 'approve')?.href;
      return seen({ id, status: 'requires_action', method: undefined, payerUrl });
    }
    const token = await this.#keep(method.id, id);
    if (token.kind !== 'done') return token;
    return seen({ id, status: 'succeeded', method: token.value.id, payerUrl: undefined });
  }

  async #create(methodId: string, returnUrl: string): Promise<SetupAnswer<z.output<typeof Setup>>> {
    const experience_context = { return_url: returnUrl, cancel_url: returnUrl };
    const outcome = await this.#client.call({
      operation: 'vault.setup',
      method: 'POST',
      path: '/v3/vault/setup-tokens',
      body: JSON.stringify({
        customer: { merchant_customer_id: methodId },
        payment_source: {
          paypal: { usage_type: 'MERCHANT', usage_pattern: 'UNSCHEDULED_POSTPAID', experience_context },
        },
      }),
      idempotencyKey: `${methodId}.setup`,
    });
    return answerOf(outcome, Setup);
  }

  async #read(setupId: string): Promise<SetupAnswer<z.output<typeof Setup>>> {
    const outcome = await this.#client.call({
      operation: 'vault.setup.read',
      method: 'GET',
      path: `/v3/vault/setup-tokens/${encodeURIComponent(setupId)}`,
    });
    return answerOf(outcome, Setup);
  }

  async #keep(methodId: string, setupId: string): Promise<SetupAnswer<z.output<typeof Token>>> {
    const outcome = await this.#client.call({
      operation: 'vault.token',
      method: 'POST',
      path: '/v3/vault/payment-tokens',
      body: JSON.stringify({ payment_source: { token: { id: setupId, type: 'SETUP_TOKEN' } } }),
      idempotencyKey: `${methodId}.token`,
    });
    return answerOf(outcome, Token);
  }
}
