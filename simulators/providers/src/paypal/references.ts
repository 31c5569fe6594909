import { distinct, type Named } from '../serving.ts';
import type { Store } from '../store.ts';
import { captures, type Order, orders, paymentTokens, refunds, setupTokens } from './model.ts';
import type { Params } from './params.ts';

/**
 * What a call is about, for faults and the request log: its key, the ids it names, what its caller calls it and
 * the order that it concerns.
 */
export function referencesOf(store: Store, { id, key, params }: Named<Params>): string[] {
  const order = orderOf(store, id);
  const units = Array.isArray(params.purchase_units) ? params.purchase_units : [];
  const carried = units.flatMap((unit) => [unit?.custom_id, unit?.invoice_id, unit?.reference_id]);
  const { payment_source: source } = params as { payment_source?: SourceShape };
  const named = [source?.paypal?.vault_id, source?.token?.id];
  const token = store.get(setupTokens, id) ?? store.get(paymentTokens, id);
  const known = [order?.id, order?.customId, order?.invoiceId, token?.merchantCustomerId];
  const customer = (params.customer as { merchant_customer_id?: unknown } | undefined)?.merchant_customer_id;
  return distinct([key, id, ...carried, params.custom_id, params.invoice_id, customer, ...named, ...known]);
}

export function bornAtMs(store: Store, { id }: Named<Params>): number | undefined {
  for (const rows of [orders, captures, refunds, setupTokens, paymentTokens]) {
    const row = store.get<{ createdAtMs: number }>(rows, id);
    if (row) return row.createdAtMs;
  }
  return undefined;
}

type SourceShape = Readonly<{ paypal?: { vault_id?: unknown }; token?: { id?: unknown } }>;

function orderOf(store: Store, id: string): Order | undefined {
  const captureId = store.get(refunds, id)?.capture ?? id;
  return store.get(orders, store.get(captures, captureId)?.order ?? id);
}
