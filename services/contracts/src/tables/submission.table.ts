import type { SubmissionRefusal } from '@holdfast/events';
import type { Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type { Submission } from '../domain/submission.ts';

export const SubmissionTable = defineEntity({
  name: 'Submission',
  tableName: 'submissions',
  properties: {
    id: p.uuid().primary(),
    agreementId: p.uuid(),
    milestoneId: p.uuid(),
    contentHash: p.text(),
    submittedAt: p.datetime(),
    status: p.text().$type<Submission['status']>(),
    /** Why escrow started no review (E-4). */
    reason: p.text().$type<SubmissionRefusal>().nullable(),
    /** When silence releases the milestone (E-5); escrow owns this deadline. */
    reviewDueAt: p.datetime().nullable(),
    /** The time that is left while the review stands still (E-16). */
    reviewLeftMs: p.bigint().nullable(),
    version: p.integer(),
  },
});

/** Message and files, encrypted under the freelancer's key; written once. */
export const SubmissionContentTable = defineEntity({
  name: 'SubmissionContent',
  tableName: 'submission_contents',
  properties: {
    id: p.uuid().primary(),
    content: p.blob().$type<Buffer>(),
    version: p.integer(),
  },
});

type Row = Omit<InferEntity<typeof SubmissionTable>, 'version'>;

export const toRow = (submission: Submission): Row => ({
  id: submission.id,
  agreementId: submission.agreementId,
  milestoneId: submission.milestoneId,
  contentHash: submission.contentHash,
  submittedAt: submission.submittedAt,
  status: submission.status,
  reason: submission.status === 'refused' ? submission.reason : null,
  reviewDueAt: (submission.status === 'under_review' ? submission.dueAt : undefined) ?? null,
  reviewLeftMs:
    submission.status === 'under_review' && submission.leftMs !== undefined
      ? BigInt(submission.leftMs)
      : null,
});

export function fromRow(row: Row): Submission {
  const {
    id,
    agreementId,
    milestoneId,
    contentHash,
    submittedAt,
    status,
    reason,
    reviewDueAt,
    reviewLeftMs,
  } = row;
  const content = { id, agreementId, milestoneId, contentHash, submittedAt };
  switch (status) {
    case 'under_review':
      return reviewDueAt
        ? { ...content, status, dueAt: reviewDueAt }
        : { ...content, status, leftMs: Number(reviewLeftMs!) };
    case 'refused':
      return { ...content, status, reason: reason! };
    default:
      return { ...content, status };
  }
}

export async function loadSubmission(
  tx: Tx,
  where: { id: string; milestoneId: string },
): Promise<Submission | undefined> {
  const row = await tx.one(SubmissionTable, where);
  return row && fromRow(row);
}

export function insertSubmission(tx: Tx, submission: Submission, content: Buffer): void {
  tx.insert(SubmissionTable, toRow(submission));
  tx.insert(SubmissionContentTable, { id: submission.id, content });
}

export const saveSubmission = (tx: Tx, submission: Submission): void =>
  tx.save(SubmissionTable, toRow(submission));
