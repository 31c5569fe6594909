import type { FastifyInstance } from 'fastify';
import { isOfCertificates, isWebhookFault } from '../fault-catalogue.ts';
import type { FaultRule } from '../faults.ts';
import { speak } from '../serving.ts';
import type { Dialect, PayerAnswer, PayerDeed, Simulation } from '../simulation.ts';
import { ownStep } from '../step.ts';
import { clearing, endDebit } from './bank-debits.ts';
import { completeAction } from './confirmation.ts';
import { addCardControl } from './control.ts';
import { advancePlan, disputePlan } from './dispute-plans.ts';
import { disputeDeadline, expireDispute } from './disputes.ts';
import { errorAnswer } from './errors.ts';
import { disputes, paymentIntents, payouts, refunds } from './model.ts';
import { advancePayout, transit } from './payouts.ts';
import { advanceRefund, refundCourse } from './refund-course.ts';
import { operations } from './routes.ts';
import { close, expiry } from './settlement.ts';
import { signHeaders } from './signature.ts';
import { cardProtocol } from './wire.ts';

export type CardOptions = Readonly<{
  apiKey: string;
  webhookUrl: string | undefined;
  webhookSecrets: readonly string[];
}>;

/** A card provider in the manner of Stripe (section 4.1). */
export function cardDialect(app: FastifyInstance, simulation: Simulation, options: CardOptions): Dialect {
  const { faults, webhooks, clock } = simulation;
  faults.know('card', { operations, cannot });
  webhooks.connect('card', {
    url: options.webhookUrl,
    answersWithinMs: 10_000,
    sign: (body, { atSeconds, forgery }) => signHeaders(options.webhookSecrets, body, atSeconds, forgery),
  });
  clock.onDue(expiry, (tx, id, atMs) => {
    const intent = tx.get(paymentIntents, id);
    if (intent?.status === 'requires_capture')
      close(ownStep(simulation, tx, atMs, 'clock'), intent, 'automatic');
  });
  clock.onDue(clearing, (tx, id, atMs) => {
    const intent = tx.get(paymentIntents, id);
    if (intent) endDebit(ownStep(simulation, tx, atMs, 'charge.confirm'), intent);
  });
  clock.onDue(refundCourse, (tx, id, atMs) => {
    const refund = tx.get(refunds, id);
    if (refund) advanceRefund(ownStep(simulation, tx, atMs, 'refund.create'), refund);
  });
  clock.onDue(transit, (tx, id, atMs) => {
    const payout = tx.get(payouts, id);
    if (payout) advancePayout(ownStep(simulation, tx, atMs, 'settlement.create'), payout);
  });
  clock.onDue(disputePlan, (tx, id, atMs) => advancePlan(ownStep(simulation, tx, atMs, 'clock'), id));
  clock.onDue(disputeDeadline, (tx, id, atMs) => {
    const dispute = tx.get(disputes, id);
    if (dispute) expireDispute(ownStep(simulation, tx, atMs, 'clock'), dispute);
  });
  speak(app, simulation, cardProtocol(simulation, options.apiKey));
  return {
    provider: 'card',
    owns: () => true,
    failure: (status, message) =>
      errorAnswer(status, status === 404 ? 'invalid_request_error' : 'api_error', message),
    payer: (id, { action }) => payer(simulation, id, action),
    control: (controlApp) => addCardControl(controlApp, simulation),
  };
}

/**
 * No notice follows a customer or a method; only an inquiry can become a chargeback, and it has no other course;
 * what has arrived at our own bank does not come back, and what has not arrived comes back whole.
 */
function cannot(fault: string, op: string, { when, amountMinor, kind, ends }: FaultRule['params']): boolean {
  if (isOfCertificates(fault, kind)) return true;
  if (isWebhookFault(fault)) return op === 'customer.create' || op === 'method.create';
  if (fault === 'dispute-debit') return ends !== 'open' && (kind === 'inquiry') !== (ends === 'escalated');
  return fault === 'return' && (when !== 'before-paid' || amountMinor !== undefined);
}

/** The payer answers the bank's question, without any call of ours. */
function payer(simulation: Simulation, id: string, action: PayerDeed['action']): PayerAnswer {
  const { store, clock } = simulation;
  const intent = store.get(paymentIntents, id);
  if (!intent) return { status: 'unknown' };
  if (intent.status !== 'requires_action')
    return { status: 'refused', reason: `the intent is ${intent.status}` };
  if (action !== 'confirm' && action !== 'fail')
    return { status: 'refused', reason: `the payer of a card does not ${action}` };
  const answered = store.transact((tx) =>
    completeAction(ownStep(simulation, tx, clock.nowMs(), 'payer'), intent, action),
  );
  return { status: 'done', id, intentStatus: answered.status };
}
