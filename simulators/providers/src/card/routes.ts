import { get, list, operationsOf, post, type Route } from '../routes.ts';
import { ListTransactions, listTransactions, readTransaction } from './balance-transactions.ts';
import { CancelIntent, CaptureIntent, cancelById, captureById } from './capture-and-cancel.ts';
import { CreateCustomer, createCustomer, readCustomer } from './customers.ts';
import {
  AnswerDispute,
  answerDispute,
  CloseDispute,
  closeDispute,
  ListDisputes,
  listDisputes,
  readDispute,
} from './dispute-answers.ts';
import { readMandate } from './mandates.ts';
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
import { CreatePayout, createPayout, ListPayouts, listPayouts, readPayout } from './payouts.ts';
import { readBalance, readCharge, readEvent } from './reads.ts';
import {
  CancelRefund,
  CreateRefund,
  cancelRefund,
  createRefund,
  ListRefunds,
  listRefunds,
  readRefund,
} from './refunds.ts';
import { ConfirmSetup, CreateSetup, confirmSetup, createSetup, readSetup } from './setup-intents.ts';

export const routes: readonly Route[] = [
  post('/v1/customers', 'customer.create', CreateCustomer, createCustomer),
  get('/v1/customers/:id', 'customer.read', readCustomer),
  post('/v1/payment_methods', 'method.create', CreateMethod, createMethod),
  get('/v1/payment_methods/:id', 'method.read', readMethod),
  get('/v1/mandates/:id', 'mandate.read', readMandate),
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
  post('/v1/refunds/:id/cancel', 'refund.cancel', CancelRefund, cancelRefund),
  list('/v1/disputes', 'dispute.read', ListDisputes, listDisputes),
  get('/v1/disputes/:id', 'dispute.read', readDispute),
  post('/v1/disputes/:id', 'dispute.answer', AnswerDispute, answerDispute),
  post('/v1/disputes/:id/close', 'dispute.close', CloseDispute, closeDispute),
  post('/v1/payouts', 'settlement.create', CreatePayout, createPayout),
  list('/v1/payouts', 'settlement.read', ListPayouts, listPayouts),
  get('/v1/payouts/:id', 'settlement.read', readPayout),
  list('/v1/balance_transactions', 'cost.read', ListTransactions, listTransactions),
  get('/v1/balance_transactions/:id', 'cost.read', readTransaction),
  get('/v1/events/:id', 'event.read', readEvent),
  get('/v1/balance', 'balance.read', readBalance),
];

export const operations = operationsOf(routes);
