import { distinct } from '../serving.ts';
import type { Step } from '../step.ts';
import { events } from '../webhooks.ts';
import { type Capture, captures, type Order, type PaymentToken, type Refund } from './model.ts';
import { captureObject, orderObject, paymentTokenObject, refundObject, time } from './render.ts';

type Resource = Readonly<{ id: string }>;
type Told = Readonly<{ type: string; resourceType: string; resource: Resource }>;

export function tellApproved(step: Step, order: Order): void {
  const told = resource('CHECKOUT.ORDER.APPROVED', 'checkout-order', orderObject(order, undefined));
  tell(step, told, [order.customId, order.invoiceId]);
}

/** `earlier` is the state before, whose event may arrive late (fault `out-of-order-webhook`). */
export function tellCapture(step: Step, capture: Capture, earlier?: Capture): void {
  const { order, customId, invoiceId, key } = capture;
  tell(step, captureEvent(capture), [order, customId, invoiceId, key], earlier && captureEvent(earlier));
}

export function tellRefund(step: Step, refund: Refund): void {
  const capture = step.tx.get(captures, refund.capture);
  const about = [refund.capture, refund.customId, capture?.order, capture?.customId];
  tell(step, resource('PAYMENT.CAPTURE.REFUNDED', 'refund', refundObject(refund)), about);
}

export function tellVaulted(step: Step, token: PaymentToken): void {
  const told = resource('VAULT.PAYMENT-TOKEN.CREATED', 'payment_token', paymentTokenObject(token));
  tell(step, told, [token.merchantCustomerId]);
}

function captureEvent(capture: Capture): Told {
  return resource(`PAYMENT.CAPTURE.${capture.status}`, 'capture', captureObject(capture));
}

const resource = (type: string, resourceType: string, object: Resource): Told => ({
  type,
  resourceType,
  resource: object,
});

function tell(step: Step, told: Told, about: readonly (string | null | undefined)[], earlier?: Told): void {
  const { simulation, tx, op, key, requestId } = step;
  simulation.webhooks.announce(tx, {
    provider: 'paypal',
    eventId: record(step, told),
    ops: ['webhook', op],
    references: distinct([told.resource.id, told.type, key, ...about]),
    requestId,
    renew: () => record(step, told),
    earlier: earlier && (() => record(step, earlier)),
  });
}

/** The envelope of section 1.7. */
function record({ tx, atMs }: Step, { type, resourceType, resource: object }: Told): string {
  const id = tx.newId('WH').replace('_', '-');
  const body = {
    id,
    event_version: '1.0',
    create_time: time(atMs),
    resource_type: resourceType,
    resource_version: '2.0',
    event_type: type,
    summary: type.toLowerCase().replaceAll('.', ' '),
    resource: object,
    links: [],
  };
  tx.put(events, id, { provider: 'paypal', body });
  return id;
}
