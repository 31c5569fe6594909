import { escrowEvents } from '@holdfast/events';
import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { suspendReview } from '../domain/freezes.ts';
import { evolve, type Milestone } from '../domain/milestone.ts';
import { startReview } from '../domain/review.ts';
import { AgreementTable } from '../tables/agreement.table.ts';
import { loadMilestone, saveMilestone } from '../tables/milestone.table.ts';

export class StartReview extends Command<void> {
  constructor(
    readonly input: { message: MessageRef; milestoneId: string; submissionId: string; submittedAt: Date },
  ) {
    super();
  }
}

/** Answers every submission: its review has started, or why not (E-4, E-5). */
@CommandHandler(StartReview)
export class StartReviewHandler implements ICommandHandler<StartReview> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: StartReview): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { milestoneId, submissionId, submittedAt } = command.input;
      const milestone = await loadMilestone(tx, milestoneId, {});
      const agreement = (await tx.one(AgreementTable, { id: milestone.agreementId }))!;
      const submission = { submissionId, submittedAt, receivedAt: tx.now };
      const isClosing = agreement.status === 'closing' || agreement.status === 'ended';
      const answer = startReview(milestone, submission, agreement.settings, isClosing);
      tx.publish(escrowEvents, [answer]);
      if (answer.type === 'escrow.review.started') save(tx, evolve(milestone, answer));
    });
  }
}

/** The review of frozen money begins standing still (E-16). */
function save(tx: Tx, milestone: Milestone): void {
  const [frozen] = 'freezes' in milestone ? milestone.freezes : [];
  const suspended = frozen && suspendReview(milestone, { cause: frozen.cause, at: tx.now });
  if (suspended) tx.publish(escrowEvents, [suspended]);
  saveMilestone(tx, suspended ? evolve(milestone, suspended) : milestone);
}
