import type { Answer } from '../answering.ts';
import type { Step } from '../step.ts';
import { costOf } from '../tariffs.ts';
import type { Account } from './accounts.ts';
import { unprocessable } from './errors.ts';
import { tellCapture } from './events.ts';
import { newId } from './ids.ts';
import {
  type Capture,
  captures,
  type Order,
  orders,
  type PaymentToken,
  paidInvoices,
  paymentTokens,
} from './model.ts';
import { payerLink } from './render.ts';

/** Due work: a capture that was pending is decided. */
export const decision = 'paypal.capture';
/** Due work: an order that nobody paid is closed. */
export const lapse = 'paypal.order';

/** 24 h of business time: how long a review of a payment takes here. */
const reviewMs = 24 * 3_600_000;
/** After so many refused attempts an order takes no more. */
const declinesMax = 3;

type Charged = Readonly<{ order: Order; capture: Capture }>;
export type Charging = Readonly<{ charged: Charged } | { refused: Answer }>;

/** With the stored account and nobody present: the provider may still want the payer (section 4.2). */
export function chargeStored(step: Step, order: Order, vaultId: string): Charging {
  const { tx, fault } = step;
  const token = tx.get(paymentTokens, vaultId);
  if (!token) return refusal('TOKEN_ID_NOT_FOUND', 'Specified token was not found.');
  if (fault?.fault === 'payer-needed' && fault.params.mandate === 'withdrawn') withdraw(step, token);
  const { status } = tx.get(paymentTokens, vaultId) ?? token;
  if (status === 'withdrawn') return refusal('AGREEMENT_ALREADY_CANCELLED', 'The agreement was cancelled.');
  if (fault?.fault === 'payer-needed' || token.account === 'asks_payer') return sendForPayer(step, order);
  return charge(step, order, token.account);
}

/** The payer has approved, or the stored account needs no asking: the money moves, or is refused. */
export function charge(step: Step, order: Order, account: Account): Charging {
  const { tx, atMs, simulation, key } = step;
  if (order.invoiceId !== null && tx.get(paidInvoices, order.invoiceId))
    return refusal('DUPLICATE_INVOICE_ID', 'Duplicate Invoice ID detected.');
  if (account === 'declines') return decline(step, order);
  const isPending = account === 'pends' || account === 'pends_then_declined';
  const capture: Capture = {
    id: newId(step, 'capture'),
    createdAtMs: atMs,
    updatedAtMs: atMs,
    status: isPending ? 'PENDING' : 'COMPLETED',
    reason: isPending ? 'PENDING_REVIEW' : null,
    order: order.id,
    amountMinor: order.amountMinor,
    currency: order.currency,
    refundedMinor: 0n,
    feeMinor: isPending ? 0n : costOf(step, 'paypal', 'charge', order.amountMinor),
    customId: order.customId,
    invoiceId: order.invoiceId,
    key,
  };
  const completed: Order = { ...order, status: 'COMPLETED', account, capture: capture.id };
  tx.put(orders, order.id, completed);
  tx.put(captures, capture.id, capture);
  if (order.invoiceId !== null) tx.put(paidInvoices, order.invoiceId, capture.id);
  simulation.clock.unschedule(tx, lapse, order.id);
  if (isPending) {
    simulation.clock.schedule(tx, decision, capture.id, atMs + reviewMs);
    tellCapture(step, capture);
  } else {
    enter(step, capture);
    tellCapture(step, capture, { ...capture, status: 'PENDING', reason: 'PENDING_REVIEW' });
  }
  return { charged: { order: completed, capture } };
}

/** The review of a pending capture is over. */
export function decide(step: Step, capture: Capture): void {
  const { tx, atMs } = step;
  const account = tx.get(orders, capture.order)?.account;
  const status = account === 'pends_then_declined' ? 'DECLINED' : 'COMPLETED';
  const feeMinor = status === 'COMPLETED' ? costOf(step, 'paypal', 'charge', capture.amountMinor) : 0n;
  const decided: Capture = { ...capture, status, reason: null, feeMinor, updatedAtMs: atMs };
  tx.put(captures, capture.id, decided);
  if (status === 'COMPLETED') enter(step, decided);
  else if (decided.invoiceId !== null) tx.remove(paidInvoices, decided.invoiceId);
  tellCapture(step, decided, capture);
}

function decline(step: Step, order: Order): Charging {
  const declines = order.declines + 1;
  const isLast = declines >= declinesMax;
  const status = isLast ? 'VOIDED' : 'PAYER_ACTION_REQUIRED';
  step.tx.put(orders, order.id, { ...order, status, account: null, declines });
  if (isLast)
    return refusal('MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED', 'The maximum number of attempts was exceeded.');
  const links = [payerLink(order.id, 'redirect')];
  return { refused: unprocessable('INSTRUMENT_DECLINED', 'The instrument presented was declined.', links) };
}

function sendForPayer(step: Step, order: Order): Charging {
  step.tx.put(orders, order.id, { ...order, status: 'PAYER_ACTION_REQUIRED', account: null });
  const links = [payerLink(order.id, 'payer-action')];
  return { refused: unprocessable('PAYER_ACTION_REQUIRED', 'The payer must approve this payment.', links) };
}

/** The payer ended the agreement at the provider: it is never good again. */
function withdraw({ tx }: Step, token: PaymentToken): void {
  tx.put(paymentTokens, token.id, { ...token, status: 'withdrawn' });
}

const refusal = (issue: string, description: string): Charging => ({
  refused: unprocessable(issue, description),
});

function enter({ tx, simulation, atMs }: Step, capture: Capture): void {
  const { id, customId, invoiceId, currency, feeMinor } = capture;
  const known = {
    provider: 'paypal',
    id,
    parentId: capture.order,
    currency,
    metadata: ownNames(customId, invoiceId),
    atMs,
  };
  const { amountMinor, key: idempotencyKey } = capture;
  simulation.book.enter(tx, { ...known, kind: 'charge', amountMinor, idempotencyKey });
  if (feeMinor === 0n) return;
  // Nobody asked for it: it is known by the capture that tells it.
  const cost = { ...known, kind: 'processing_fee', amountMinor: feeMinor, idempotencyKey: null } as const;
  simulation.book.enter(tx, { ...cost, reference: id });
}

/** What the caller called it, as the book keeps it. */
export function ownNames(customId: string | null, invoiceId: string | null): Record<string, string> {
  return {
    ...(customId === null ? {} : { custom_id: customId }),
    ...(invoiceId === null ? {} : { invoice_id: invoiceId }),
  };
}
