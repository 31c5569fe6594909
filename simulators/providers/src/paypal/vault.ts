import { z } from 'zod';
import type { Answer } from '../answering.ts';
import type { PayerAnswer, PayerDeed } from '../simulation.ts';
import type { Step } from '../step.ts';
import { Account } from './accounts.ts';
import { notFound, refuse } from './errors.ts';
import { tellVaulted } from './events.ts';
import { newId } from './ids.ts';
import { type PaymentToken, paymentTokens, type SetupToken, setupTokens } from './model.ts';
import { experienceContext, id, prefer, text } from './params.ts';
import { paymentTokenObject, setupTokenObject } from './render.ts';

const Customer = z.strictObject({ id: id.optional(), merchant_customer_id: id.optional() });

export const CreateSetupToken = z.strictObject({
  ...prefer,
  customer: Customer.optional(),
  payment_source: z.strictObject({
    paypal: z.strictObject({
      usage_type: z.literal('MERCHANT'),
      usage_pattern: z
        .enum(['IMMEDIATE', 'DEFERRED', 'UNSCHEDULED_PREPAID', 'UNSCHEDULED_POSTPAID'])
        .optional(),
      description: text.optional(),
      experience_context: experienceContext.extend({ return_url: z.url(), cancel_url: z.url() }),
    }),
  }),
});

export const CreatePaymentToken = z.strictObject({
  ...prefer,
  customer: Customer.optional(),
  payment_source: z.strictObject({
    token: z.strictObject({ id, type: z.literal('SETUP_TOKEN') }),
  }),
});

/** The payer is asked, present, to let us charge unattended. */
export function createSetupToken(step: Step, given: z.output<typeof CreateSetupToken>): Answer {
  const token: SetupToken = {
    id: newId(step, 'setup'),
    createdAtMs: step.atMs,
    status: 'PAYER_ACTION_REQUIRED',
    customer: given.customer?.id ?? newId(step, 'customer').slice(0, 10),
    merchantCustomerId: given.customer?.merchant_customer_id ?? null,
    account: null,
    paymentToken: null,
  };
  step.tx.put(setupTokens, token.id, token);
  return { status: 201, body: setupTokenObject(token) };
}

export function readSetupToken({ tx }: Step, tokenId: string): Answer {
  const token = tx.get(setupTokens, tokenId);
  if (!token) throw notFound();
  return { status: 200, body: setupTokenObject(token) };
}

/** What the payer approved becomes the mandate, once. */
export function createPaymentToken(step: Step, given: z.output<typeof CreatePaymentToken>): Answer {
  const { tx, atMs } = step;
  const setup = tx.get(setupTokens, given.payment_source.token.id);
  if (!setup) throw refuse('TOKEN_NOT_FOUND', 'The setup token was not found.');
  if (setup.status === 'VAULTED')
    throw refuse('SETUP_TOKEN_ALREADY_USED', 'The setup token was used already.');
  if (setup.status !== 'APPROVED' || !setup.account)
    throw refuse('SETUP_TOKEN_NOT_APPROVED', 'The payer has not approved the setup token.');
  const token: PaymentToken = {
    id: newId(step, 'vault').toLowerCase().slice(0, 8),
    createdAtMs: atMs,
    customer: setup.customer,
    merchantCustomerId: setup.merchantCustomerId,
    account: setup.account,
    status: 'active',
  };
  tx.put(paymentTokens, token.id, token);
  tx.put(setupTokens, setup.id, { ...setup, status: 'VAULTED', paymentToken: token.id });
  tellVaulted(step, token);
  return { status: 201, body: paymentTokenObject(token) };
}

export function readPaymentToken({ tx }: Step, tokenId: string): Answer {
  const token = tx.get(paymentTokens, tokenId);
  if (token?.status !== 'active') throw notFound();
  return { status: 200, body: paymentTokenObject(token) };
}

/** No notice follows: whoever waits for the approval asks. Who cancels goes back, and the token waits on. */
export function payerAnswers(step: Step, token: SetupToken, { action, account }: PayerDeed): PayerAnswer {
  if (action !== 'approve' && action !== 'cancel')
    return { status: 'refused', reason: `the payer of a wallet does not ${action}` };
  if (token.status !== 'PAYER_ACTION_REQUIRED')
    return { status: 'refused', reason: `the setup token is ${token.status}` };
  if (action === 'cancel') return { status: 'done', id: token.id, intentStatus: token.status };
  const behaviour = Account.safeParse(account ?? 'pays');
  if (!behaviour.success) return { status: 'refused', reason: `no account behaves like "${account}"` };
  step.tx.put(setupTokens, token.id, { ...token, status: 'APPROVED', account: behaviour.data });
  return { status: 'done', id: token.id, intentStatus: 'APPROVED' };
}
