import { NotYet } from '@holdfast/domain';
import { contractsEvents } from '@holdfast/events';
import { type MessageRef, newId, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { evolveTerms, reorder } from '../domain/milestone-terms.ts';
import { loadAgreement } from '../tables/agreement.table.ts';
import { loadMilestonesOf, saveMilestone } from '../tables/milestone.table.ts';
import { tell } from './plan-notices.ts';

export type OrderedMilestones = { agreementId: string; milestones: { milestoneId: string; order: number }[] };

export class OrderMilestones extends Command<OrderedMilestones> {
  constructor(
    readonly input: { message: MessageRef; clientId: string; agreementId: string; milestoneIds: string[] },
  ) {
    super();
  }
}

/**
 * The client puts the milestones that are not funded into another order, alone; the freelancer is told.
 * @throws Rejection agreement.closing | agreement.ended | milestones.order_incomplete
 * @throws NotYet agreement.unknown
 */
@CommandHandler(OrderMilestones)
export class OrderMilestonesHandler implements ICommandHandler<OrderMilestones> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: OrderMilestones): Promise<OrderedMilestones> {
    return this.unitOfWork.once(command, async (tx) => {
      const { clientId, agreementId, milestoneIds } = command.input;
      const agreement = await loadAgreement(tx, { id: agreementId, clientId });
      if (!agreement) throw new NotYet('agreement.unknown');
      const milestones = await loadMilestonesOf(tx, agreementId);
      const changed = reorder(agreement, milestones, milestoneIds);
      const after = milestones.map((milestone) => {
        const fact = changed.find(({ milestoneId }) => milestoneId === milestone.id);
        return fact ? evolveTerms(milestone, fact) : milestone;
      });
      for (const milestone of after.filter(({ id }) => changed.some((one) => one.milestoneId === id)))
        saveMilestone(tx, milestone);
      tx.publish(contractsEvents, changed);
      // One word about the whole order, however many places change.
      const [first] = changed;
      if (first) await tell(tx, first, { causeId: newId(), parties: agreement });
      const ordered = after.toSorted((one, other) => one.order - other.order);
      return { agreementId, milestones: ordered.map(({ id, order }) => ({ milestoneId: id, order })) };
    });
  }
}
