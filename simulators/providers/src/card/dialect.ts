import type { FastifyInstance } from 'fastify';
import type { Dialect, PayerAnswer, Simulation } from '../simulation.ts';
import type { Tx } from '../store.ts';
import { completeAction } from './confirmation.ts';
import { paymentIntents, refunds, type Step } from './model.ts';
import { comeback, failRefund } from './refunds.ts';
import { operations } from './routes.ts';
import { close, expiry } from './settlement.ts';
import { signHeaders } from './signature.ts';
import { speakCard } from './wire.ts';

export type CardOptions = Readonly<{
  apiKey: string;
  webhookUrl: string | undefined;
  webhookSecrets: readonly string[];
}>;

/** A card provider in the manner of Stripe (section 4.1). */
export function cardDialect(app: FastifyInstance, simulation: Simulation, options: CardOptions): Dialect {
  const { faults, webhooks, clock } = simulation;
  faults.know('card', operations);
  webhooks.connect('card', {
    url: options.webhookUrl,
    sign: (body, atSeconds, forgery) => signHeaders(options.webhookSecrets, body, atSeconds, forgery),
  });
  clock.onDue(expiry, (tx, id, atMs) => {
    const intent = tx.get(paymentIntents, id);
    if (intent?.status === 'requires_capture')
      close(ownStep(simulation, tx, atMs, 'clock'), intent, 'automatic');
  });
  clock.onDue(comeback, (tx, id, atMs) => {
    const refund = tx.get(refunds, id);
    if (refund && refund.status !== 'failed') failRefund(ownStep(simulation, tx, atMs, 'clock'), refund);
  });
  speakCard(app, simulation, options.apiKey);
  return { provider: 'card', payer: (id, action) => payer(simulation, id, action) };
}

/** The payer answers the bank's question, without any call of ours. */
function payer(simulation: Simulation, id: string, action: 'confirm' | 'fail'): PayerAnswer {
  const { store, clock } = simulation;
  const intent = store.get(paymentIntents, id);
  if (!intent) return { status: 'unknown' };
  if (intent.status !== 'requires_action')
    return { status: 'refused', reason: `the intent is ${intent.status}` };
  const answered = store.transact((tx) =>
    completeAction(ownStep(simulation, tx, clock.nowMs(), 'payer'), intent, action),
  );
  return { status: 'done', id, intentStatus: answered.status };
}

function ownStep(simulation: Simulation, tx: Tx, atMs: number, op: string): Step {
  return { simulation, tx, atMs, op, key: null, requestId: null, fault: undefined };
}
