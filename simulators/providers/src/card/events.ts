import type { Metadata } from '../book.ts';
import type { Step } from '../step.ts';
import { events } from '../webhooks.ts';
import { seconds } from './render.ts';

/** The API version that the wire objects follow. */
export const apiVersion = '2026-10-28.endive';

type Subject = Readonly<{ id: string; metadata?: Metadata; payment_intent?: unknown; charge?: unknown }>;
type Earlier = Readonly<{ type: string; object: unknown }>;

/**
 * Records an event and announces it. `earlier` is the event this one may overtake; it goes out only when
 * the fault
 * `out-of-order-webhook` asks for it.
 */
export function tell(step: Step, type: string, object: Subject, earlier?: Earlier): void {
  const { simulation, tx, op, key, requestId } = step;
  const related = [object.payment_intent, object.charge].filter((id) => typeof id === 'string');
  simulation.webhooks.announce(tx, {
    provider: 'card',
    eventId: record(step, type, object),
    ops: ['webhook', op],
    references: [object.id, type, ...related, ...Object.values(object.metadata ?? {}), ...(key ? [key] : [])],
    requestId,
    renew: () => record(step, type, object),
    earlier: earlier && (() => record(step, earlier.type, earlier.object)),
  });
}

function record({ tx, atMs, key, requestId }: Step, type: string, object: unknown): string {
  const id = tx.newId('evt');
  const body = {
    id,
    object: 'event',
    api_version: apiVersion,
    created: seconds(atMs),
    data: { object },
    livemode: false,
    pending_webhooks: 1,
    request: { id: requestId, idempotency_key: key },
    type,
  };
  tx.put(events, id, { provider: 'card', body });
  return id;
}
