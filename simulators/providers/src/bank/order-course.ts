import type { BookKind } from '../book.ts';
import type { Step } from '../step.ts';
import { tell } from './events.ts';
import { type Change, type PaymentOrder, paymentOrders, traces } from './model.ts';

/** The due work that moves an order on, one change at a time. */
export const course = 'bank.order';

/** Events by their names in section 3.6. */
const eventNames: Readonly<Record<Change['to'], string>> = {
  needs_approval: 'updated',
  approved: 'approved',
  processing: 'begin_processing',
  sent: 'finish_processing',
  completed: 'completed',
  returned: 'returned',
  failed: 'failed',
  denied: 'denied',
  cancelled: 'cancelled',
};

/** Our bank's routing number without its check digit begins each trace number (section 3.1). */
const originator = '12104288';

export function scheduleNext({ tx, simulation }: Step, { id, coming }: PaymentOrder): void {
  const [next] = coming;
  if (next) simulation.clock.schedule(tx, course, id, next.atMs);
}

/** What comes next happens, with its movement of money and its event. */
export function advanceOrder(step: Step, order: PaymentOrder): void {
  const [change, ...coming] = order.coming;
  if (!change) return;
  const moved: PaymentOrder = { ...changed(step, order, change), coming };
  step.tx.put(paymentOrders, order.id, moved);
  if (moved.currentReturn) {
    enter(step, 'payout_returned', moved, moved.currentReturn.id, moved.currentReturn.amountMinor);
  } else if (['failed', 'denied', 'cancelled'].includes(moved.status)) {
    enter(step, 'payout_failed', moved, moved.id, moved.amountMinor);
  }
  scheduleNext(step, moved);
  const isLate = moved.status === 'completed' || moved.status === 'returned';
  tell(step, eventNames[change.to], moved, isLate ? { event: eventNames[order.status], order } : undefined);
}

function changed({ tx, atMs }: Step, order: PaymentOrder, { to, returns }: Change): PaymentOrder {
  const moved: PaymentOrder = { ...order, status: to, updatedAtMs: atMs };
  switch (to) {
    case 'sent': {
      const sequence = (tx.get(traces, 'last') ?? 0) + 1;
      tx.put(traces, 'last', sequence);
      return { ...moved, traceNumber: originator + String(sequence).padStart(7, '0') };
    }
    case 'completed':
      return { ...moved, transactions: [tx.newId('txn')] };
    case 'returned':
      return { ...moved, currentReturn: returns && { id: tx.newId('ret'), ...returns, atMs } };
    case 'failed':
      return { ...moved, failureReason: 'The bank could not process this payment order.' };
    default:
      return moved;
  }
}

export function enter(
  { tx, simulation, key, atMs }: Step,
  kind: BookKind,
  order: PaymentOrder,
  id: string,
  amountMinor: bigint,
): void {
  const { externalId, metadata } = order;
  simulation.book.enter(tx, {
    kind,
    provider: 'bank',
    id,
    parentId: order.id,
    amountMinor,
    currency: order.currency,
    metadata: externalId === null ? metadata : { ...metadata, external_id: externalId },
    idempotencyKey: key,
    atMs,
  });
}
