import { Money, usd } from '@holdfast/domain';
import { Instant } from '@holdfast/events';
import type { InferEntity } from '@mikro-orm/postgresql';
import type { Matter } from '../domain/matter.ts';
import type { MatterTable } from '../tables/matter.table.ts';
import { holdingOf, type MilestoneTable } from '../tables/milestone.table.ts';
import type { SubmissionTable } from '../tables/submission.table.ts';

/** A milestone with what escrow holds for it; what is frozen, and why, is told beside the state (E-22). */
export function shownMilestone(milestone: InferEntity<typeof MilestoneTable>): object {
  const { id, position, termsVersion, priceMinor, dueDate, status, fundingFailure } = milestone;
  const { refundRequestId, refundDueAt } = milestone;
  return {
    milestoneId: id,
    order: position,
    version: termsVersion,
    price: Money.encode(usd(priceMinor)),
    dueDate,
    status,
    ...(typeof milestone.heldMinor === 'bigint' ? shownHolding(milestone) : {}),
    ...(fundingFailure ? { fundingFailure } : {}),
    ...(refundRequestId ? { refundRequestId } : {}),
    ...(refundDueAt ? { refundDueAt: Instant.encode(refundDueAt) } : {}),
  };
}

function shownHolding(milestone: InferEntity<typeof MilestoneTable>): object {
  const { held, freezes } = holdingOf(milestone);
  return {
    held: Money.encode(held),
    freezes: freezes.map(({ amount, ...freeze }) => ({ ...freeze, amount: Money.encode(amount) })),
  };
}

/** `dueAt` while the review runs, `leftMs` while it stands still (E-5, E-16). */
export function shownSubmission(submission: InferEntity<typeof SubmissionTable>): object {
  const { id, status, reason, reviewDueAt, reviewLeftMs, submittedAt, contentHash } = submission;
  return {
    submissionId: id,
    status,
    ...(reason ? { reason } : {}),
    ...(reviewDueAt ? { dueAt: Instant.encode(reviewDueAt) } : {}),
    ...(typeof reviewLeftMs === 'bigint' ? { leftMs: Number(reviewLeftMs) } : {}),
    submittedAt: Instant.encode(submittedAt),
    contentHash,
  };
}

/** What escrow decides beside the milestones, by kind; how it comes about is told by escrow. */
export function shownMatters(rows: InferEntity<typeof MatterTable>[]): object {
  const ofKind = (wanted: Matter['kind']) => rows.filter(({ kind }) => kind === wanted);
  const shown = ({ id, status, milestoneId, amountMinor, dueAt }: InferEntity<typeof MatterTable>) => ({
    id,
    status,
    ...(milestoneId ? { milestoneId } : {}),
    ...(typeof amountMinor === 'bigint' ? { amount: Money.encode(usd(amountMinor)) } : {}),
    ...(dueAt ? { dueAt: Instant.encode(dueAt) } : {}),
  });
  const dormant = ofKind('dormancy').find(({ status }) => status !== 'cancelled');
  return {
    refunds: ofKind('refund').map(shown),
    chargebacks: ofKind('chargeback').map(shown),
    bonuses: ofKind('bonus').map(shown),
    ...(dormant ? { dormancy: shown(dormant) } : {}),
  };
}
