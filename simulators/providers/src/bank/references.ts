import { distinct, type Named } from '../serving.ts';
import type { Store } from '../store.ts';
import { externalIds, type PaymentOrder, paymentOrders } from './model.ts';
import type { Params } from './params.ts';

/**
 * What a call is about, for faults and the request log: its key, the ids it names, the metadata values it
 * carries and those of the order it asks for.
 */
export function referencesOf(store: Store, named: Named<Params>): string[] {
  const { id, key, params } = named;
  const order = orderAskedFor(store, named);
  const carried = [params.metadata, order?.metadata].flatMap((metadata) => Object.values(metadata ?? {}));
  const { external_id, idempotency_key, receiving_account_id } = params;
  const known = [order?.id, order?.externalId, order?.key, order?.receivingAccount];
  return distinct([key, id, external_id, idempotency_key, receiving_account_id, ...known, ...carried]);
}

export function bornAtMs(store: Store, named: Named<Params>): number | undefined {
  return orderAskedFor(store, named)?.createdAtMs;
}

/** By its id, or by what a list is narrowed to. */
function orderAskedFor(store: Store, { id, params }: Named<Params>): PaymentOrder | undefined {
  const { external_id, idempotency_key } = params;
  if (typeof idempotency_key === 'string') {
    return [...store.all(paymentOrders)].find(({ key }) => key === idempotency_key);
  }
  const found = id || (typeof external_id === 'string' && store.get(externalIds, external_id));
  return found ? store.get(paymentOrders, found) : undefined;
}
