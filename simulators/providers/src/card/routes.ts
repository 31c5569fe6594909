import { z } from 'zod';
import type { Answer } from '../answering.ts';
import { CancelIntent, CaptureIntent, cancelById, captureById } from './capture-and-cancel.ts';
import { CreateCustomer, createCustomer, readCustomer } from './customers.ts';
import type { Step } from './model.ts';
import {
  ConfirmIntent,
  CreateIntent,
  confirmById,
  createIntent,
  ListIntents,
  listIntents,
  readIntent,
} from './payment-intents.ts';
import { CreateMethod, createMethod, readMethod } from './payment-methods.ts';
import { readBalance, readCharge, readEvent } from './reads.ts';
import { CreateRefund, createRefund, ListRefunds, listRefunds, readRefund } from './refunds.ts';
import { ConfirmSetup, CreateSetup, confirmSetup, createSetup, readSetup } from './setup-intents.ts';

/**
 * `op` is the name under which faults and the request log know the call. `id` is '' where the address has
 * none.
 */
export type Route = Readonly<{
  method: 'GET' | 'POST';
  url: string;
  op: string;
  params: z.ZodType;
  run: (step: Step, params: never, id: string) => Answer;
}>;

const nothing = z.strictObject({});

export const routes: readonly Route[] = [
  post('/v1/customers', 'customer.create', CreateCustomer, createCustomer),
  get('/v1/customers/:id', 'customer.read', readCustomer),
  post('/v1/payment_methods', 'method.create', CreateMethod, createMethod),
  get('/v1/payment_methods/:id', 'method.read', readMethod),
  post('/v1/setup_intents', 'setup.create', CreateSetup, createSetup),
  post('/v1/setup_intents/:id/confirm', 'setup.confirm', ConfirmSetup, confirmSetup),
  get('/v1/setup_intents/:id', 'setup.read', readSetup),
  post('/v1/payment_intents', 'charge.create', CreateIntent, createIntent),
  post('/v1/payment_intents/:id/confirm', 'charge.confirm', ConfirmIntent, confirmById),
  post('/v1/payment_intents/:id/capture', 'charge.capture', CaptureIntent, captureById),
  post('/v1/payment_intents/:id/cancel', 'charge.cancel', CancelIntent, cancelById),
  list('/v1/payment_intents', 'charge.read', ListIntents, listIntents),
  get('/v1/payment_intents/:id', 'charge.read', readIntent),
  get('/v1/charges/:id', 'charge.read', readCharge),
  post('/v1/refunds', 'refund.create', CreateRefund, createRefund),
  list('/v1/refunds', 'refund.read', ListRefunds, listRefunds),
  get('/v1/refunds/:id', 'refund.read', readRefund),
  get('/v1/events/:id', 'event.read', readEvent),
  get('/v1/balance', 'balance.read', readBalance),
];

/** What a fault may be set on. */
export const operations: readonly string[] = [...new Set(routes.map(({ op }) => op)), 'webhook'];

type Run<Schema extends z.ZodType> = (step: Step, params: z.output<Schema>, id: string) => Answer;

function post<Schema extends z.ZodType>(url: string, op: string, params: Schema, run: Run<Schema>): Route {
  return { method: 'POST', url, op, params, run };
}

function list<Schema extends z.ZodType>(url: string, op: string, params: Schema, run: Run<Schema>): Route {
  return { method: 'GET', url, op, params, run };
}

function get(url: string, op: string, run: (step: Step, id: string) => Answer): Route {
  return {
    method: 'GET',
    url,
    op,
    params: nothing,
    run: (step: Step, _params: never, id: string) => run(step, id),
  };
}
