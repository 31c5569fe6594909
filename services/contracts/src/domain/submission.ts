import type { SubmissionRefusal } from '@holdfast/events';
import type { MilestoneSubmitted } from './milestone.ts';
import type { EscrowFact } from './milestone-facts.ts';

/** A named file of a submission; its bytes lie where the parties keep them. */
export type SubmittedFile = Readonly<{ name: string; sha256: string }>;

/** What the freelancer wrote and delivered; stored only encrypted, and never part of an event. */
export type Content = Readonly<{ message: string; files: readonly SubmittedFile[] }>;

/**
 * One delivery of work: `sent` until escrow answers it (E-4), under review until `dueAt` at most (E-5), or with the time
 * left while the review stands still (E-16). `superseded` where its money went another way before anybody judged it.
 */
export type Submission = Readonly<{
  id: string;
  agreementId: string;
  milestoneId: string;
  contentHash: string;
  submittedAt: Date;
}> &
  Readonly<
    | { status: 'sent' | 'changes_requested' | 'approved' | 'superseded' }
    | { status: 'under_review'; dueAt: Date; leftMs?: undefined }
    | { status: 'under_review'; leftMs: number; dueAt?: undefined }
    | { status: 'refused'; reason: SubmissionRefusal }
  >;

/** The text whose SHA-256 is the content hash: JSON with sorted keys and no spaces (RFC 8785). */
export function canonicalContent(submissionId: string, { message, files }: Content): string {
  return JSON.stringify({
    files: files.map(({ name, sha256 }) => ({ name, sha256 })),
    message,
    submissionId,
  });
}

/** A submission begins with `contracts.milestone.submitted`. */
export const sentSubmission = (event: MilestoneSubmitted): Submission => ({
  id: event.submissionId,
  agreementId: event.agreementId,
  milestoneId: event.milestoneId,
  contentHash: event.contentHash,
  submittedAt: event.submittedAt,
  status: 'sent',
});

/** The state after a fact that answers it, or ends its review by the way of the money (`answeredSubmission`). */
export function evolve(submission: Submission, event: EscrowFact): Submission {
  const { id, agreementId, milestoneId, contentHash, submittedAt } = submission;
  const content = { id, agreementId, milestoneId, contentHash, submittedAt };
  switch (event.type) {
    case 'escrow.review.started':
    case 'escrow.review.resumed':
      return { ...content, status: 'under_review', dueAt: event.dueAt };
    case 'escrow.review.suspended':
      return { ...content, status: 'under_review', leftMs: event.leftMs };
    case 'escrow.submission.refused':
      return { ...content, status: 'refused', reason: event.reason };
    case 'escrow.milestone.changes_requested':
      return { ...content, status: 'changes_requested' };
    case 'escrow.milestone.released':
      return { ...content, status: event.balance.amountMinor > 0n ? 'superseded' : 'approved' };
    default:
      return { ...content, status: 'superseded' };
  }
}
