import { NotYet } from '@holdfast/domain';
import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { answered, closed } from '../domain/agreement-end.ts';
import type { MatterFact } from '../domain/matter.ts';
import {
  answeredSubmission,
  concernedMilestones,
  type EscrowFact,
  evolve,
} from '../domain/milestone-facts.ts';
import { evolve as evolveSubmission } from '../domain/submission.ts';
import { AgreementTable, loadAgreement, saveAgreement } from '../tables/agreement.table.ts';
import { moveDormancy, noteMatter } from '../tables/matter.table.ts';
import { loadMilestone, MilestoneTable, saveMilestone } from '../tables/milestone.table.ts';
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
      for (const milestoneId of await milestonesOf(tx, event)) await mirror(tx, milestoneId, event);
      if (event.type === 'escrow.refund.decided' || event.type === 'escrow.refund.failed')
        await noteMatter(tx, event);
      if (isOfDeadline(event)) await moveDormancy(tx, event);
      if (answersActivation(event)) await noteFundingAnswer(tx, event.agreementId);
      if (endsInEscrow(event)) await close(tx, event.agreementId);
    });
  }
}

/** With one of these escrow begins what an activated agreement asks for (E-3, M-15). */
const answersActivation = ({ type }: EscrowFact): boolean =>
  type === 'escrow.funding.started' || type === 'escrow.funding.failed';

/** Only the first funding is asked for by the agreement; of all later ones the row is not touched. */
async function noteFundingAnswer(tx: Tx, agreementId: string): Promise<void> {
  const row = await tx.peek(AgreementTable, { id: agreementId });
  if (!row?.fundingUnanswered) return;
  saveAgreement(tx, answered((await loadAgreement(tx, { id: agreementId }))!, 'funding'));
}

/** The client ended the contract in escrow: by asking for money back, or by paying all that was held (A-16, E-13). */
const endsInEscrow = (event: EscrowFact): boolean =>
  event.type === 'escrow.refund.requested' ||
  (event.type === 'escrow.milestone.released' && event.cause === 'end_paid');

async function close(tx: Tx, agreementId: string): Promise<void> {
  const agreement = await loadAgreement(tx, { id: agreementId });
  if (!agreement) throw new NotYet('agreement.unknown');
  saveAgreement(tx, closed(agreement, { by: 'client', now: tx.now }));
}

type DeadlineFact = Extract<EscrowFact, { type: 'escrow.deadline.moved' | 'escrow.deadline.suspended' }>;
const isOfDeadline = (event: EscrowFact): event is DeadlineFact =>
  event.type === 'escrow.deadline.moved' || event.type === 'escrow.deadline.suspended';

/** A deadline names its request alone (C-8). */
async function milestonesOf(tx: Tx, event: EscrowFact): Promise<readonly string[]> {
  if (!isOfDeadline(event)) return concernedMilestones(event);
  const { agreementId, deadlineId: refundRequestId } = event;
  const asked = await tx.many(MilestoneTable, { agreementId, refundRequestId });
  return asked.map(({ id }) => id);
}

async function mirror(tx: Tx, milestoneId: string, event: EscrowFact): Promise<void> {
  const milestone = await loadMilestone(tx, { id: milestoneId, agreementId: event.agreementId });
  if (!milestone) throw new NotYet('milestone.unknown');
  saveMilestone(tx, evolve(milestone, event));
  const submissionId = answeredSubmission(milestone, event);
  if (!submissionId) return;
  const submission = await loadSubmission(tx, { id: submissionId, milestoneId });
  if (!submission) throw new NotYet('submission.unknown');
  saveSubmission(tx, evolveSubmission(submission, event));
}

export class MirrorMatter extends Command<void> {
  constructor(readonly input: { message: MessageRef; event: MatterFact }) {
    super();
  }
}

/** Keeps how it stands with a refund, chargeback or bonus, or with the dormancy of an agreement, for both to read. */
@CommandHandler(MirrorMatter)
export class MirrorMatterHandler implements ICommandHandler<MirrorMatter> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: MirrorMatter): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { event } = command.input;
      if (!(await tx.peek(AgreementTable, { id: event.agreementId }))) throw new NotYet('agreement.unknown');
      await noteMatter(tx, event);
    });
  }
}
