import { NotYet } from '@holdfast/domain';
import { contractsEvents } from '@holdfast/events';
import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import {
  closedByRequest,
  type EndFact,
  end,
  ended,
  refusedClearing,
  requestEnd,
} from '../domain/agreement-end.ts';
import { type Milestone, reviewedSubmission } from '../domain/milestone.ts';
import { loadAgreement, loadAsParty, saveAgreement } from '../tables/agreement.table.ts';
import { loadMilestonesOf } from '../tables/milestone.table.ts';
import { loadSubmission } from '../tables/submission.table.ts';
import { tell } from './plan-notices.ts';

export type RequestedEnd = { agreementId: string; status: 'closing' };

export class EndAgreement extends Command<RequestedEnd> {
  constructor(
    readonly input: {
      message: MessageRef;
      accountId: string;
      agreementId: string;
      waivedMilestoneIds: string[];
    },
  ) {
    super();
  }
}

/**
 * Either party ends the contract; it closes until escrow says that nothing is left (A-16, A-19, E-17). No hold stands
 * in the way of an end.
 * @throws Rejection agreement.closing | agreement.ended | agreement.escrow_held | waiver.not_yours |
 *   milestone.unknown | waiver.not_under_review | waiver.review_over
 * @throws NotYet agreement.unknown
 */
@CommandHandler(EndAgreement)
export class EndAgreementHandler implements ICommandHandler<EndAgreement> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: EndAgreement): Promise<RequestedEnd> {
    return this.unitOfWork.once(command, async (tx) => {
      const { accountId, agreementId, waivedMilestoneIds } = command.input;
      const party = await loadAsParty(tx, agreementId, accountId);
      if (!party) throw new NotYet('agreement.unknown');
      const { agreement, by } = party;
      const milestones = await loadMilestonesOf(tx, agreementId);
      const reviewsDue = await reviewsDueOf(tx, milestones, waivedMilestoneIds);
      const ending = { by, waivedMilestoneIds, milestones, reviewsDue, now: tx.now };
      const requested = requestEnd(agreement, ending);
      saveAgreement(tx, closedByRequest(agreement, requested));
      tx.publish(contractsEvents, [requested]);
      await tell(tx, requested, { causeId: agreementId, parties: agreement });
      return { agreementId, status: 'closing' };
    });
  }
}

async function reviewsDueOf(tx: Tx, milestones: readonly Milestone[], waivedIds: readonly string[]) {
  const due = new Map<string, Date>();
  for (const milestone of milestones.filter(({ id }) => waivedIds.includes(id))) {
    const submissionId = reviewedSubmission(milestone);
    const submission =
      submissionId && (await loadSubmission(tx, { id: submissionId, milestoneId: milestone.id }));
    if (submission && 'dueAt' in submission && submission.dueAt) due.set(milestone.id, submission.dueAt);
  }
  return due;
}

export class FollowClearing extends Command<void> {
  constructor(readonly input: { message: MessageRef; event: EndFact }) {
    super();
  }
}

/** Escrow's answer to the end of a contract: it has ended, or this is what is left (A-19, M-15). */
@CommandHandler(FollowClearing)
export class FollowClearingHandler implements ICommandHandler<FollowClearing> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: FollowClearing): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { event } = command.input;
      const agreement = await loadAgreement(tx, { id: event.agreementId });
      if (!agreement) throw new NotYet('agreement.unknown');
      if (event.type === 'escrow.contract.clearing_refused') {
        saveAgreement(tx, refusedClearing(agreement, event));
        return;
      }
      const fact = end(agreement, tx.now);
      if (!fact) return;
      saveAgreement(tx, ended(agreement, fact));
      tx.publish(contractsEvents, [fact]);
      await tell(tx, fact, { causeId: agreement.id, parties: agreement });
    });
  }
}
