import { escrowEvents } from '@holdfast/events';
import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Milestone } from '../domain/milestone.ts';
import {
  isOpenRequest,
  movedEvent,
  proveNotice,
  type RefundRequest,
  resumeRequest,
  settleRequest,
  stopRequest,
  suspendedEvent,
  suspendRequest,
} from '../domain/refund-request.ts';
import { AgreementTable } from '../tables/agreement.table.ts';
import { loadMilestonesOf } from '../tables/milestone.table.ts';
import {
  type KnownRequest,
  loadRefundRequest,
  NoticeProofTable,
  proofsOf,
  saveRefundRequest,
} from '../tables/refund-request.table.ts';
import { noteDormancyNotice } from './follow-dormancy.ts';

export class RecordNotice extends Command<void> {
  constructor(
    readonly input: {
      message: MessageRef;
      noticeId: string;
      accountId: string;
      type: 'contracts.notice.sent' | 'contracts.notice.bounced';
      deadline?: Readonly<{ service: string; kind: string; id: string }>;
      provenAt: Date;
    },
  ) {
    super();
  }
}

/** Contracts tells whether a person was told of a deadline that takes money by silence (C-7, C-8). */
@CommandHandler(RecordNotice)
export class RecordNoticeHandler implements ICommandHandler<RecordNotice> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RecordNotice): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { noticeId, accountId, type, deadline, provenAt } = command.input;
      if (deadline?.service !== 'escrow') return;
      if (deadline.kind === 'dormancy.step') {
        const hasBounced = type === 'contracts.notice.bounced';
        return noteDormancyNotice(tx, {
          noticeId,
          accountId,
          agreementId: deadline.id,
          hasBounced,
          provenAt,
        });
      }
      if (deadline.kind !== 'refund.silence') return;
      const refundRequestId = deadline.id;
      const known = await loadRefundRequest(tx, refundRequestId);
      // Only the person who would lose by silence matters; the client is told of the deadline as well.
      if (!known || known.request.freelancerId !== accountId) return;
      if (type === 'contracts.notice.bounced') return save(tx, known, stopRequest(known.request));
      const proofs = await proofsOf(tx, known.request);
      if (proofs.some((proof) => proof.noticeId === noticeId)) return;
      tx.insert(NoticeProofTable, {
        id: noticeId,
        deadlineKind: 'refund.silence',
        deadlineId: refundRequestId,
        accountId,
        provenAt,
      });
      const { settings } = (await tx.one(AgreementTable, { id: known.request.agreementId }))!;
      const isFrozen = await isRequestFrozen(tx, known.request);
      const after = proveNotice(known.request, [...proofs, { noticeId, provenAt }], settings, isFrozen);
      // The row is saved in any case: a timer that has read the proofs before decides again.
      saveRefundRequest(tx, after, known.frame);
      const isMoved = after.status === 'running' && after !== known.request;
      if (isMoved) tx.publish(escrowEvents, [movedEvent(after, after.dueAt, 'notice_not_proven')]);
      tellSuspended(tx, known.request, after);
    });
  }
}

/** Whether anything that it asks for is frozen (E-16). */
export async function isRequestFrozen(tx: Tx, { id, agreementId }: RefundRequest): Promise<boolean> {
  const milestones = await loadMilestonesOf(tx, agreementId);
  return milestones.some((milestone) => isFrozenOf(milestone, id));
}

/** Money of the request was frozen: its deadline stands still (E-16). */
export async function suspendRefundRequest(tx: Tx, milestone: Milestone, at: Date): Promise<void> {
  const known = await requestOf(tx, milestone);
  if (known) save(tx, known, suspendRequest(known.request, at));
}

/** A freeze ended; when it was the last one on any of the request's milestones the deadline goes on (E-16). */
export async function resumeRefundRequest(tx: Tx, milestone: Milestone, endedCauseId: string): Promise<void> {
  const known = await requestOf(tx, milestone);
  if (!known) return;
  const milestones = await loadMilestonesOf(tx, milestone.agreementId);
  const others = milestones.filter(({ id }) => id !== milestone.id);
  const own = 'held' in milestone && milestone.freezes.length > 0;
  if (own || others.some((other) => isFrozenOf(other, known.request.id, endedCauseId))) return;
  const after = resumeRequest(known.request, tx.now);
  save(tx, known, after);
  if (after.status === 'running' && after !== known.request) {
    tx.publish(escrowEvents, [movedEvent(after, after.dueAt, 'unfrozen')]);
  }
}

/** The client has paid a milestone that was asked back; with the last one the request is settled (E-7). */
export async function settleRefundRequest(tx: Tx, before: Milestone): Promise<void> {
  const known = await requestOf(tx, before);
  if (known && !(await asksForMore(tx, before, known))) save(tx, known, settleRequest(known.request, tx.now));
}

/**
 * A chargeback has taken all that was asked back of a milestone (E-24): the request ends with it, or goes on without it.
 * @param goneIds the milestones of which it has taken all
 */
export async function leaveRefundRequest(
  tx: Tx,
  before: Milestone,
  { endedCauseId, goneIds }: Readonly<{ endedCauseId: string; goneIds: ReadonlySet<string> }>,
): Promise<void> {
  const known = await requestOf(tx, before);
  if (!known) return;
  if (!(await asksForMore(tx, before, known, goneIds)))
    return save(tx, known, settleRequest(known.request, tx.now));
  await resumeRefundRequest(tx, { ...before, freezes: [] } as Milestone, endedCauseId);
}

async function asksForMore(
  tx: Tx,
  { id, agreementId }: Milestone,
  { request }: KnownRequest,
  goneIds: ReadonlySet<string> = new Set([id]),
): Promise<boolean> {
  const milestones = await loadMilestonesOf(tx, agreementId);
  return milestones.some(
    (other) =>
      !goneIds.has(other.id) && other.status === 'refund_pending' && other.refundRequestId === request.id,
  );
}

async function requestOf(tx: Tx, milestone: Milestone): Promise<KnownRequest | undefined> {
  if (milestone.status !== 'refund_pending') return undefined;
  const known = await loadRefundRequest(tx, milestone.refundRequestId);
  return known && isOpenRequest(known.request) ? known : undefined;
}

const isFrozenOf = (milestone: Milestone, refundRequestId: string, endedCauseId?: string): boolean =>
  milestone.status === 'refund_pending' &&
  milestone.refundRequestId === refundRequestId &&
  milestone.freezes.some(({ causeId }) => causeId !== endedCauseId);

function save(tx: Tx, { request, frame }: KnownRequest, after: RefundRequest): void {
  if (after === request) return;
  saveRefundRequest(tx, after, frame);
  tellSuspended(tx, request, after);
}

export function tellSuspended(tx: Tx, before: RefundRequest, after: RefundRequest): void {
  const suspended = suspendedEvent(before, after, tx.now);
  if (suspended) tx.publish(escrowEvents, [suspended]);
}
