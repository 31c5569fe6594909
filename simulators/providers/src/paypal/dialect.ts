import type { FastifyInstance } from 'fastify';
import { isWebhookFault } from '../fault-catalogue.ts';
import type { FaultRule } from '../faults.ts';
import { speak } from '../serving.ts';
import type { Dialect, PayerAnswer, PayerDeed, Simulation } from '../simulation.ts';
import { ownStep } from '../step.ts';
import { decide, decision, lapse } from './charging.ts';
import { errorAnswer, notFound } from './errors.ts';
import { captures, orders, refunds, setupTokens } from './model.ts';
import { lapseOrder, payerActs } from './orders.ts';
import { comeback, failRefund } from './refunds.ts';
import { operations } from './routes.ts';
import { Signer } from './signing.ts';
import { payerAnswers } from './vault.ts';
import { paypalProtocol } from './wire.ts';

export type PaypalOptions = Readonly<{
  clientId: string;
  clientSecret: string;
  webhookUrl: string | undefined;
  /** The id of the subscription, which is signed and never sent. */
  webhookId: string;
  /** Where callers reach this simulator, for the addresses of certificates. */
  publicUrl: string | undefined;
  dataDirectory: string;
}>;

const prefixes = ['/v1/oauth2/', '/v1/notifications/', '/v2/', '/v3/vault/'];

/** PayPal: orders, captures, refunds and the vault (sections 1 and 4.2). */
export function paypalDialect(app: FastifyInstance, simulation: Simulation, options: PaypalOptions): Dialect {
  const { faults, webhooks, clock, store, wire } = simulation;
  faults.know('paypal', { operations, cannot });
  const { webhookId, publicUrl } = options;
  const baseUrl = () => publicUrl ?? `http://127.0.0.1:${wire.port}`;
  const signer = new Signer(store, options.dataDirectory, { webhookId, baseUrl });
  webhooks.connect('paypal', {
    url: options.webhookUrl,
    answersWithinMs: 10_000,
    sign: (body, signing) => signer.headers(body, signing),
    rotate: (tx) => signer.rotate(tx),
  });
  clock.onDue(lapse, (tx, id, atMs) => {
    const order = tx.get(orders, id);
    if (order) lapseOrder(ownStep(simulation, tx, atMs, 'order.create'), order);
  });
  clock.onDue(decision, (tx, id, atMs) => {
    const capture = tx.get(captures, id);
    if (capture?.status === 'PENDING') decide(ownStep(simulation, tx, atMs, 'order.capture'), capture);
  });
  clock.onDue(comeback, (tx, id, atMs) => {
    const refund = tx.get(refunds, id);
    if (refund) failRefund(ownStep(simulation, tx, atMs, 'capture.refund'), refund);
  });
  speak(app, simulation, paypalProtocol(simulation, options.clientId, options.clientSecret));
  // Open to everybody: a certificate is no secret.
  app.get('/v1/notifications/certs/:id', (request, reply) => {
    const certificate = signer.certificate((request.params as { id: string }).id);
    if (!certificate) return reply.code(404).send(notFound().answer.body);
    return reply.type('application/x-pem-file').send(certificate);
  });
  return {
    provider: 'paypal',
    owns: (path) => prefixes.some((prefix) => path.startsWith(prefix)),
    failure: (status, message) =>
      errorAnswer(status, status === 404 ? 'RESOURCE_NOT_FOUND' : 'INVALID_REQUEST', message),
    payer: (id, deed) => payer(simulation, id, deed),
  };
}

/** No notice follows a token or what only prepares a payment; no refund asks the payer where to go. */
function cannot(fault: string, op: string, { when }: FaultRule['params']): boolean {
  if (when === 'requires-action') return true;
  return isWebhookFault(fault) && ['token.create', 'vault.setup'].includes(op);
}

function payer(simulation: Simulation, id: string, deed: PayerDeed): PayerAnswer {
  const { store, clock } = simulation;
  return store.transact((tx) => {
    const step = ownStep(simulation, tx, clock.nowMs(), 'payer');
    const order = tx.get(orders, id);
    if (order) return payerActs(step, order, deed);
    const token = tx.get(setupTokens, id);
    return token ? payerAnswers(step, token, deed) : { status: 'unknown' };
  });
}
