import { NotYet } from '@holdfast/domain';
import { escrowEvents } from '@holdfast/events';
import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Freeze, Milestone } from '../domain/milestone.ts';
import { approve, fallSilent, movedEvent, suspendRequest } from '../domain/refund-request.ts';
import { AgreementTable } from '../tables/agreement.table.ts';
import { loadRefundRequest, proofsOf, saveRefundRequest } from '../tables/refund-request.table.ts';
import { loadStanding } from './clear-agreement.ts';
import { isRequestFrozen, tellSuspended } from './follow-refund-request.ts';
import { refundMilestones, type Standing } from './refund-milestones.ts';

export type ApproveAnswer = { refundRequestId: string; status: 'approved' };

export class ApproveRefundRequest extends Command<ApproveAnswer> {
  constructor(readonly input: { message: MessageRef; freelancerId: string; refundRequestId: string }) {
    super();
  }
}

/**
 * The freelancer agrees that the money goes back (E-12, E-14).
 * @throws Rejection refund_request.over | refund_request.closed | milestone.frozen
 */
@CommandHandler(ApproveRefundRequest)
export class ApproveRefundRequestHandler implements ICommandHandler<ApproveRefundRequest> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: ApproveRefundRequest): Promise<ApproveAnswer> {
    return this.unitOfWork.once(command, async (tx) => {
      const { refundRequestId, freelancerId } = command.input;
      const known = await loadRefundRequest(tx, refundRequestId, { freelancerId });
      if (!known) throw new NotYet('refund_request.unknown');
      saveRefundRequest(tx, approve(known.request, tx.now), known.frame);
      const standing = await loadStanding(tx, known.request.agreementId);
      await grant(tx, standing, refundRequestId, 'consent');
      return { refundRequestId, status: 'approved' };
    });
  }
}

export class GrantBySilence extends Command<void> {
  constructor(readonly input: { message: MessageRef; refundRequestId: string }) {
    super();
  }
}

/** The timer of E-14, dated at its due instant (M-21); without two proven notices nothing is taken (C-8). */
@CommandHandler(GrantBySilence)
export class GrantBySilenceHandler implements ICommandHandler<GrantBySilence> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: GrantBySilence): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { refundRequestId } = command.input;
      const known = await loadRefundRequest(tx, refundRequestId);
      if (!known) throw new NotYet('refund_request.unknown');
      const { request, frame } = known;
      const { settings } = (await tx.one(AgreementTable, { id: request.agreementId }))!;
      const after = fallSilent(request, await proofsOf(tx, request), settings, tx.now);
      if (!after) return;
      if (after.status === 'running') {
        // What froze it came too late for the deadline that was, and stops the one that it gets (E-16).
        const isFrozen = await isRequestFrozen(tx, after);
        const going = isFrozen ? suspendRequest(after, tx.now) : after;
        saveRefundRequest(tx, going, frame);
        if (!isFrozen) tx.publish(escrowEvents, [movedEvent(after, after.dueAt, 'notice_not_proven')]);
        tellSuspended(tx, request, going);
        return;
      }
      saveRefundRequest(tx, after, frame);
      tellSuspended(tx, request, after);
      if (after.status !== 'silent') return;
      const standing = await loadStanding(tx, request.agreementId);
      await grant(tx, inTime(standing, after.endedAt), refundRequestId, 'silence');
    });
  }
}

/** What the client had not paid until then goes back, by the lots newest first (E-21). */
async function grant(
  tx: Tx,
  standing: Standing,
  refundRequestId: string,
  cause: 'consent' | 'silence',
): Promise<void> {
  const asked = standing.milestones.filter(
    (milestone) => milestone.status === 'refund_pending' && milestone.refundRequestId === refundRequestId,
  );
  const refundings = asked.map(({ id: milestoneId }) => ({ milestoneId, cause, refundRequestId }));
  await refundMilestones(tx, standing, refundings);
}

/**
 * What froze the money only at the due instant or later is too late to stop the silence (M-16). A refund of a charge that is
 * disputed by then is decided, and sent when that has ended (E-23).
 */
export const inTime = (
  { agreement, milestones }: Standing,
  dueAt: Date,
  stopsAnyway: (freeze: Freeze) => boolean = () => false,
): Standing => ({
  agreement,
  milestones: milestones.map((milestone): Milestone => {
    if (!('held' in milestone)) return milestone;
    const freezes = milestone.freezes.filter((freeze) => freeze.since < dueAt || stopsAnyway(freeze));
    return { ...milestone, freezes };
  }),
});
