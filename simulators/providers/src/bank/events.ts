import { distinct } from '../serving.ts';
import type { Step } from '../step.ts';
import { events } from '../webhooks.ts';
import type { PaymentOrder } from './model.ts';
import { orderObject } from './render.ts';

type Earlier = Readonly<{ event: string; order: PaymentOrder }>;

/**
 * Records an event of an order and announces it. `earlier` is the event this one may overtake; it goes out
 * only when the fault `out-of-order-webhook` asks for it.
 */
export function tell(step: Step, event: string, order: PaymentOrder, earlier?: Earlier): void {
  const { externalId, key, receivingAccount, metadata } = order;
  step.simulation.webhooks.announce(step.tx, {
    provider: 'bank',
    eventId: record(step, event, order),
    ops: ['webhook', 'payout.ach'],
    references: distinct([order.id, event, externalId, key, receivingAccount, ...Object.values(metadata)]),
    requestId: step.requestId,
    renew: () => record(step, event, order),
    earlier: earlier && (() => record(step, earlier.event, earlier.order)),
  });
}

function record({ tx }: Step, event: string, order: PaymentOrder): string {
  const id = tx.newId('wh');
  tx.put(events, id, { provider: 'bank', body: { event, data: orderObject(order) } });
  return id;
}
