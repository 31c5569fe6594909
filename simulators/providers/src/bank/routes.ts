import { get, list, operationsOf, post, type Route } from '../routes.ts';
import { CreateCounterparty, createCounterparty } from './counterparties.ts';
import { CreateOrder, createOrder, ListOrders, listOrders, readOrder } from './payment-orders.ts';
import { ListTransactions, listTransactions } from './transactions.ts';

export const routes: readonly Route[] = [
  post('/api/counterparties', 'counterparty.create', CreateCounterparty, createCounterparty),
  post('/api/payment_orders', 'payout.ach', CreateOrder, createOrder),
  list('/api/payment_orders', 'payout.read', ListOrders, listOrders),
  get('/api/payment_orders/:id', 'payout.read', readOrder),
  list('/api/transactions', 'cost.read', ListTransactions, listTransactions),
];

export const operations = operationsOf(routes);
