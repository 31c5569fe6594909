import { distinct } from '../serving.ts';
import type { Store } from '../store.ts';
import type { Params } from './form.ts';
import { charges, customers, disputes, paymentIntents, payouts, refunds, setupIntents } from './model.ts';

const tables = [paymentIntents, setupIntents, charges, refunds, disputes, customers, payouts];
const linking = ['payment_intent', 'charge', 'customer'];

/**
 * What a call is about, for faults and the request log: its key, the ids it names, the metadata values it
 * carries
 * and those of what it names.
 */
export function referencesOf(store: Store, id: string, key: string | null, params: Params): string[] {
  const ids = [id, ...linking.map((name) => params[name])].filter(
    (named) => typeof named === 'string' && named !== '',
  );
  const carried = typeof params.metadata === 'object' ? Object.values(params.metadata) : [];
  const known = (ids as string[]).flatMap((named) => Object.values(find(store, named)?.metadata ?? {}));
  return distinct([key, ...ids, ...carried, ...known]);
}

/** Business time; undefined for an id that nobody was given. */
export function bornAtMs(store: Store, id: string): number | undefined {
  return find(store, id)?.createdAtMs;
}

function find(store: Store, id: string) {
  for (const rows of tables) {
    const row = store.get<{ createdAtMs: number; metadata: Readonly<Record<string, string>> }>(rows, id);
    if (row) return row;
  }
  return undefined;
}
