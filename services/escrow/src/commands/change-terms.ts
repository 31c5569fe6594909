import { type Money, NotYet } from '@holdfast/domain';
import { escrowEvents } from '@holdfast/events';
import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { evolve } from '../domain/milestone.ts';
import { applyTerms } from '../domain/terms.ts';
import { AgreementTable } from '../tables/agreement.table.ts';
import { insertMilestone, loadMilestone, saveMilestone } from '../tables/milestone.table.ts';

export class ChangeTerms extends Command<void> {
  constructor(
    readonly input: {
      message: MessageRef;
      milestoneId: string;
      version: number;
      price: Money;
      delete: boolean;
    },
  ) {
    super();
  }
}

/** Answers every change of an agreed milestone: it holds, or why not (A-13, M-15). */
@CommandHandler(ChangeTerms)
export class ChangeTermsHandler implements ICommandHandler<ChangeTerms> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: ChangeTerms): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const milestone = await loadMilestone(tx, command.input.milestoneId, {});
      const { status } = (await tx.one(AgreementTable, { id: milestone.agreementId }))!;
      const answer = applyTerms(milestone, command.input, status);
      if (answer.type === 'escrow.milestone.terms_applied') saveMilestone(tx, evolve(milestone, answer));
      tx.publish(escrowEvents, [answer]);
    });
  }
}

export class AddMilestone extends Command<void> {
  constructor(
    readonly input: {
      message: MessageRef;
      agreementId: string;
      milestoneId: string;
      version: number;
      order: number;
      price: Money;
    },
  ) {
    super();
  }
}

/** A milestone that was agreed later than the offer; whether it may be charged is asked when it is. */
@CommandHandler(AddMilestone)
export class AddMilestoneHandler implements ICommandHandler<AddMilestone> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: AddMilestone): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { agreementId, milestoneId: id, version: termsVersion, order, price } = command.input;
      const agreement = await tx.one(AgreementTable, { id: agreementId });
      if (!agreement) throw new NotYet('agreement.unknown');
      const { clientId, freelancerId } = agreement;
      const terms = { id, agreementId, clientId, freelancerId, order, termsVersion, price };
      insertMilestone(tx, { ...terms, status: 'agreed' });
    });
  }
}

export class OrderMilestone extends Command<void> {
  constructor(readonly input: { message: MessageRef; milestoneId: string; order: number }) {
    super();
  }
}

/** The client reordered the milestones: the order tells which rest a milestone takes over (E-9). */
@CommandHandler(OrderMilestone)
export class OrderMilestoneHandler implements ICommandHandler<OrderMilestone> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: OrderMilestone): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { milestoneId, order } = command.input;
      const milestone = await loadMilestone(tx, milestoneId, {});
      if (milestone.order !== order) saveMilestone(tx, { ...milestone, order });
    });
  }
}
