import { NotYet } from '@holdfast/domain';
import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { answeredSubmission, type EscrowFact, evolve } from '../domain/milestone.ts';
import { evolve as evolveSubmission } from '../domain/submission.ts';
import { loadMilestone, saveMilestone } from '../tables/milestone.table.ts';
import { loadSubmission, saveSubmission } from '../tables/submission.table.ts';

export class MirrorMilestone extends Command<void> {
  constructor(readonly input: { message: MessageRef; event: EscrowFact }) {
    super();
  }
}

/** Keeps what escrow, which is right about both, decided about a milestone's money and submission (M-15). */
@CommandHandler(MirrorMilestone)
export class MirrorMilestoneHandler implements ICommandHandler<MirrorMilestone> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: MirrorMilestone): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { event } = command.input;
      const milestoneIds = 'milestoneIds' in event ? event.milestoneIds : [event.milestoneId];
      for (const milestoneId of milestoneIds) {
        const milestone = await loadMilestone(tx, { id: milestoneId, agreementId: event.agreementId });
        if (!milestone) throw new NotYet('milestone.unknown');
        saveMilestone(tx, evolve(milestone, event));
        const submissionId = answeredSubmission(milestone, event);
        if (!submissionId) continue;
        const submission = await loadSubmission(tx, { id: submissionId, milestoneId });
        if (!submission) throw new NotYet('submission.unknown');
        saveSubmission(tx, evolveSubmission(submission, event));
      }
    });
  }
}
