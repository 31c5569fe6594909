import type { Step } from '../step.ts';
import { isInquiry, isOpen } from './disputed-charges.ts';
import { balanceTransactions, type Dispute } from './model.ts';
import { seconds, transactionObject } from './render.ts';

/** The dispute of section 4.4; its balance transactions stand in it whole. */
export function disputeObject({ tx, atMs }: Step, dispute: Dispute) {
  const { id, createdAtMs, status, reason, evidence, transactions, isFinal } = dispute;
  const lines = transactions.flatMap((line) => tx.get(balanceTransactions, line) ?? []);
  return {
    id,
    object: 'dispute',
    amount: Number(dispute.amountMinor),
    balance_transactions: lines.map(transactionObject),
    charge: dispute.charge,
    created: seconds(createdAtMs),
    currency: dispute.currency,
    evidence,
    evidence_details: {
      due_by: isFinal ? null : seconds(dispute.dueAtMs),
      has_evidence: Object.keys(evidence).length > 0,
      past_due: !isFinal && isOpen(dispute) && dispute.submissions === 0 && atMs > dispute.dueAtMs,
      submission_count: dispute.submissions,
    },
    is_charge_refundable: isInquiry(dispute) || status === 'won',
    livemode: false,
    metadata: dispute.metadata,
    payment_intent: dispute.intent,
    reason,
    status,
  };
}
