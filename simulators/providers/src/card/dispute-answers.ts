import { z } from 'zod';
import type { Answer } from '../answering.ts';
import type { Step } from '../step.ts';
import { disputeObject } from './dispute-object.ts';
import { acceptDispute, submitEvidence, update } from './disputes.ts';
import { invalid, missing } from './errors.ts';
import { type Dispute, disputes } from './model.ts';
import { newestFirst, pageFields } from './pages.ts';
import { flag, metadata } from './params.ts';
import { listObject } from './render.ts';

/** What may be said for us; files are not taken. */
const evidenceFields = z.enum([
  'access_activity_log',
  'billing_address',
  'cancellation_policy_disclosure',
  'cancellation_rebuttal',
  'customer_email_address',
  'customer_name',
  'customer_purchase_ip',
  'duplicate_charge_explanation',
  'duplicate_charge_id',
  'product_description',
  'refund_policy_disclosure',
  'refund_refusal_explanation',
  'service_date',
  'uncategorized_text',
]);

export const AnswerDispute = z.strictObject({
  evidence: z.partialRecord(evidenceFields, z.string().max(20_000)).optional(),
  submit: flag.optional(),
  metadata: metadata.optional(),
});

export const CloseDispute = z.strictObject({});

export const ListDisputes = z.strictObject({
  payment_intent: z.string().optional(),
  charge: z.string().optional(),
  ...pageFields,
});

export function readDispute(step: Step, id: string): Answer {
  return { status: 200, body: disputeObject(step, loadDispute(step, id)) };
}

/** How a caller finds a dispute of which it was never told. */
export function listDisputes(step: Step, given: z.output<typeof ListDisputes>): Answer {
  const fits = ({ intent, charge }: Dispute) =>
    (!given.payment_intent || intent === given.payment_intent) && (!given.charge || charge === given.charge);
  const { rows, hasMore } = newestFirst(step.tx.all(disputes), given, fits, 'dispute');
  const objects = rows.map((dispute) => disputeObject(step, dispute));
  return { status: 200, body: listObject('/v1/disputes', objects, hasMore) };
}

/** Evidence is submitted with the call that gives it, unless it says otherwise; once, and before the bank decides. */
export function answerDispute(step: Step, given: z.output<typeof AnswerDispute>, id: string): Answer {
  const dispute = loadDispute(step, id);
  const isSubmitting = given.submit ?? given.evidence !== undefined;
  if ((isSubmitting || given.evidence) && !awaitsAnswer(dispute)) throw unanswerable(dispute);
  const evidence = { ...dispute.evidence, ...given.evidence };
  if (isSubmitting && Object.keys(evidence).length === 0) {
    throw invalid('There is no evidence to submit.', { param: 'evidence' });
  }
  const answered: Dispute = { ...dispute, evidence, metadata: { ...dispute.metadata, ...given.metadata } };
  const ended = isSubmitting ? submitEvidence(step, answered) : update(step, answered);
  return { status: 200, body: disputeObject(step, ended) };
}

/** Accepts the dispute, for good. */
export function closeDispute(step: Step, _given: z.output<typeof CloseDispute>, id: string): Answer {
  const dispute = loadDispute(step, id);
  if (!awaitsAnswer(dispute)) throw unanswerable(dispute);
  return { status: 200, body: disputeObject(step, acceptDispute(step, dispute)) };
}

export function loadDispute({ tx }: Step, id: string): Dispute {
  const dispute = tx.get(disputes, id);
  if (!dispute) throw missing('dispute', id);
  return dispute;
}

function awaitsAnswer({ status }: Dispute): boolean {
  return status === 'needs_response' || status === 'warning_needs_response';
}

function unanswerable({ status }: Dispute) {
  return invalid(`This dispute cannot be answered because it has a status of ${status}.`);
}
