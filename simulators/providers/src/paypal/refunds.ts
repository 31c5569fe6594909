import { z } from 'zod';
import type { Answer } from '../answering.ts';
import type { BookKind } from '../book.ts';
import type { Step } from '../step.ts';
import { ownNames } from './charging.ts';
import { notFound, refuse } from './errors.ts';
import { tellRefund } from './events.ts';
import { newId } from './ids.ts';
import { type Capture, captures, type Refund, refunds } from './model.ts';
import { Money } from './money.ts';
import { id, prefer, preferName, text } from './params.ts';
import { captureObject, refundObject } from './render.ts';

export const RefundCapture = z.strictObject({
  ...prefer,
  amount: Money.optional(),
  custom_id: id.optional(),
  invoice_id: text.optional(),
  note_to_payer: z.string().min(1).max(255).optional(),
});

/** Due work: a refund that was on its way, or had arrived, fails. */
export const comeback = 'paypal.refund';

/** 180 days from the capture (section 4.5). */
const windowMs = 180 * 86_400_000;

export function readCapture(step: Step, captureId: string): Answer {
  return { status: 200, body: captureObject(loadCapture(step, captureId)) };
}

/** Never above what is left of the capture. Completes at once unless `refund-failed` is played. */
export function refundCapture(step: Step, given: z.output<typeof RefundCapture>, captureId: string): Answer {
  const { tx, atMs, fault, simulation } = step;
  const capture = loadCapture(step, captureId);
  const amountMinor = refundable(capture, given.amount, atMs);
  const { when, seconds } = fault?.fault === 'refund-failed' ? fault.params : { when: 'not', seconds: 0 };
  const isPending = when === 'later' || when === 'never';
  const refund: Refund = {
    id: newId(step, 'refund'),
    createdAtMs: atMs,
    updatedAtMs: atMs,
    status: isPending ? 'PENDING' : 'COMPLETED',
    capture: capture.id,
    amountMinor,
    currency: capture.currency,
    customId: given.custom_id ?? capture.customId,
    invoiceId: given.invoice_id ?? null,
    noteToPayer: given.note_to_payer ?? null,
  };
  tx.put(refunds, refund.id, refund);
  putRefunded(step, capture, capture.refundedMinor + amountMinor);
  enter(step, 'refund', refund);
  if (!isPending) tellRefund(step, refund);
  if (when === 'later' || when === 'after-succeeded')
    simulation.clock.schedule(tx, comeback, refund.id, atMs + Number(seconds) * 1000);
  const now = when === 'at-once' ? failRefund(step, refund) : refund;
  const { id: refundId, status, links } = refundObject(now);
  const isWhole = given[preferName] === 'representation';
  return { status: 201, body: isWhole ? refundObject(now) : { id: refundId, status, links } };
}

export function readRefund({ tx }: Step, refundId: string): Answer {
  const refund = tx.get(refunds, refundId);
  if (!refund) throw notFound();
  return { status: 200, body: refundObject(refund) };
}

/** The payer's account did not take it: the money is ours again, and the capture may be refunded anew. */
export function failRefund(step: Step, refund: Refund): Refund {
  const failed: Refund = { ...refund, status: 'FAILED', updatedAtMs: step.atMs };
  const capture = step.tx.get(captures, refund.capture);
  if (capture) putRefunded(step, capture, capture.refundedMinor - refund.amountMinor);
  step.tx.put(refunds, refund.id, failed);
  enter(step, 'refund_failed', failed);
  return failed;
}

/** @throws Refusal */
function refundable(capture: Capture, asked: z.output<typeof Money> | undefined, atMs: number): bigint {
  const leftMinor = capture.amountMinor - capture.refundedMinor;
  if (capture.status === 'REFUNDED')
    throw refuse('CAPTURE_FULLY_REFUNDED', 'The capture has already been fully refunded.');
  if (capture.status !== 'COMPLETED' && capture.status !== 'PARTIALLY_REFUNDED')
    throw refuse('CAPTURE_NOT_COMPLETED', 'The capture is not completed.');
  if (atMs > capture.createdAtMs + windowMs)
    throw refuse('REFUND_TIME_LIMIT_EXCEEDED', 'You are over the time limit to perform a refund.');
  if (asked && asked.currency !== capture.currency)
    throw refuse('REFUND_CURRENCY_MISMATCH', 'Refund must be in the same currency as the capture.');
  const amountMinor = asked?.amountMinor ?? leftMinor;
  if (amountMinor > leftMinor)
    throw refuse('REFUND_AMOUNT_EXCEEDED', 'The refund amount is more than is left of the capture.');
  return amountMinor;
}

function putRefunded({ tx, atMs }: Step, capture: Capture, refundedMinor: bigint): void {
  const partly = refundedMinor === 0n ? 'COMPLETED' : 'PARTIALLY_REFUNDED';
  const status = refundedMinor === capture.amountMinor ? 'REFUNDED' : partly;
  tx.put(captures, capture.id, { ...capture, status, refundedMinor, updatedAtMs: atMs });
}

function loadCapture({ tx }: Step, captureId: string): Capture {
  const capture = tx.get(captures, captureId);
  if (!capture) throw notFound();
  return capture;
}

function enter({ tx, simulation, atMs, key }: Step, kind: BookKind, refund: Refund): void {
  const capture = tx.get(captures, refund.capture);
  simulation.book.enter(tx, {
    kind,
    provider: 'paypal',
    id: refund.id,
    parentId: capture?.order ?? refund.capture,
    amountMinor: refund.amountMinor,
    currency: refund.currency,
    metadata: { ...ownNames(refund.customId, refund.invoiceId), capture_id: refund.capture },
    idempotencyKey: key,
    atMs,
  });
}
