import { escrowEvents } from '@holdfast/events';
import { type MessageRef, newId, UnitOfWork } from '@holdfast/messaging';
import { PersonTexts, sha256 } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { evolve } from '../domain/milestone.ts';
import { requestChanges } from '../domain/review.ts';
import { ChangeRequestTable } from '../tables/change-request.table.ts';
import { loadMilestone, saveMilestone } from '../tables/milestone.table.ts';

export class RequestChanges extends Command<{ milestoneId: string; status: 'changes_requested' }> {
  constructor(
    readonly input: {
      message: MessageRef;
      clientId: string;
      milestoneId: string;
      submissionId: string;
      reason: string;
    },
  ) {
    super();
  }
}

/**
 * The client asks for changes with a written reason, which stays here, encrypted; the event carries its hash
 * (E-6).
 */
@CommandHandler(RequestChanges)
export class RequestChangesHandler implements ICommandHandler<RequestChanges> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly texts: PersonTexts,
  ) {}

  execute(command: RequestChanges): Promise<{ milestoneId: string; status: 'changes_requested' }> {
    return this.unitOfWork.once(command, async (tx) => {
      const { milestoneId, clientId, submissionId, reason } = command.input;
      const milestone = await loadMilestone(tx, milestoneId, { clientId });
      const requested = requestChanges(milestone, { submissionId, reasonHash: sha256(reason), now: tx.now });
      const id = newId();
      const key = await this.texts.keyOf(tx, clientId);
      tx.insert(ChangeRequestTable, {
        id,
        milestoneId,
        submissionId,
        clientId,
        reasonSealed: this.texts.seal(key, `change_requests/reason/${id}`, { reason }),
        requestedAt: tx.now,
      });
      saveMilestone(tx, evolve(milestone, requested));
      tx.publish(escrowEvents, [requested]);
      return { milestoneId, status: 'changes_requested' };
    });
  }
}
