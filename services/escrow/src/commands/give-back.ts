import { Money, Rejection } from '@holdfast/domain';
import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { z } from 'zod';
import { assertHeld } from '../domain/milestone.ts';
import { loadMilestone } from '../tables/milestone.table.ts';
import { loadStanding } from './clear-agreement.ts';
import { refundMilestones } from './refund-milestones.ts';

export type GiveBackAnswer = { milestoneId: string; status: 'refunding'; principal: z.input<typeof Money> };

export class GiveBack extends Command<GiveBackAnswer> {
  constructor(readonly input: { message: MessageRef; freelancerId: string; milestoneId: string }) {
    super();
  }
}

/**
 * The freelancer gives all that is held of a milestone back to the client, who need not ask for it (E-12).
 * @throws Rejection milestone.not_funded | milestone.released | milestone.settled | milestone.refund_pending |
 *   milestone.frozen | milestone.reserved
 */
@CommandHandler(GiveBack)
export class GiveBackHandler implements ICommandHandler<GiveBack> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: GiveBack): Promise<GiveBackAnswer> {
    return this.unitOfWork.once(command, async (tx) => {
      const { milestoneId, freelancerId } = command.input;
      const milestone = await loadMilestone(tx, milestoneId, { freelancerId });
      assertHeld(milestone);
      if (milestone.status === 'refund_pending') throw new Rejection('milestone.refund_pending');
      const standing = await loadStanding(tx, milestone.agreementId);
      await refundMilestones(tx, standing, [{ milestoneId, cause: 'consent' }]);
      return { milestoneId, status: 'refunding', principal: Money.encode(milestone.held) };
    });
  }
}
