import type { FastifyInstance } from 'fastify';
import { isOfCertificates, isWebhookFault } from '../fault-catalogue.ts';
import type { FaultRule } from '../faults.ts';
import { speak } from '../serving.ts';
import type { Dialect, Simulation } from '../simulation.ts';
import { ownStep } from '../step.ts';
import { addBankControl } from './control.ts';
import { errorAnswer } from './errors.ts';
import { paymentOrders } from './model.ts';
import { advanceOrder, course } from './order-course.ts';
import { operations } from './routes.ts';
import { signHeaders } from './signature.ts';
import { bankProtocol } from './wire.ts';

export type BankOptions = Readonly<{
  organizationId: string;
  apiKey: string;
  webhookUrl: string | undefined;
  /** The first signs; the others are those it signed with before. */
  webhookSecrets: readonly string[];
  openingMinor: bigint;
}>;

/** A bank behind the payment-order API of Modern Treasury (section 3.6), with one account in US dollars. */
export function bankDialect(app: FastifyInstance, simulation: Simulation, options: BankOptions): Dialect {
  const { faults, webhooks, clock } = simulation;
  const { organizationId, apiKey, webhookUrl, webhookSecrets } = options;
  faults.know('bank', { operations, cannot });
  webhooks.connect('bank', {
    url: webhookUrl,
    answersWithinMs: 5000,
    sign: (body, signing) => signHeaders(webhookSecrets[0] ?? '', body, signing),
  });
  clock.onDue(course, (tx, id, atMs) => {
    const order = tx.get(paymentOrders, id);
    if (order) advanceOrder(ownStep(simulation, tx, atMs, 'payout.ach'), order);
  });
  openAccount(simulation, options.openingMinor);
  speak(app, simulation, bankProtocol(simulation, organizationId, apiKey));
  return {
    provider: 'bank',
    owns: (path) => path.startsWith('/api/'),
    failure: (status, message) => errorAnswer(status, failureCode(status), message),
    control: (controlApp) => addBankControl(controlApp, simulation),
  };
}

function failureCode(status: number): string {
  if (status === 404) return 'resource_not_found';
  return status >= 500 ? 'internal_error' : 'invalid_request';
}

/** Once in the life of a data directory. */
function openAccount({ store, book, clock }: Simulation, openingMinor: bigint): void {
  if (book.entries('bank').some(({ kind }) => kind === 'opening')) return;
  store.transact((tx) =>
    book.enter(tx, {
      kind: 'opening',
      provider: 'bank',
      id: 'opening',
      parentId: 'opening',
      amountMinor: openingMinor,
      currency: 'USD',
      metadata: {},
      idempotencyKey: null,
      atMs: clock.nowMs(),
    }),
  );
}

/** No notice follows a counterparty, and no time is signed that could be old or skewed. */
function cannot(fault: string, op: string, { kind }: FaultRule['params']): boolean {
  if (isOfCertificates(fault, kind)) return true;
  if (fault === 'clock-skew' || (fault === 'bad-signature' && kind === 'timestamp')) return true;
  return isWebhookFault(fault) && ['counterparty.create', 'cost.read'].includes(op);
}
