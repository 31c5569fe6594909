import { type Money, usd } from '@holdfast/domain';
import type { PinnedSettings } from '@holdfast/events';
import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Milestone } from '../domain/milestone.ts';
import { type Agreement, AgreementTable } from '../tables/agreement.table.ts';
import { insertMilestone } from '../tables/milestone.table.ts';
import { beginFunding } from './fund-milestone.ts';

export class ActivateAgreement extends Command<void> {
  constructor(
    readonly input: {
      message: MessageRef;
      agreementId: string;
      clientId: string;
      freelancerId: string;
      settings: PinnedSettings;
      milestones: readonly { milestoneId: string; version: number; order: number; price: Money }[];
    },
  ) {
    super();
  }
}

/** Keeps the agreement and charges its first milestone at once, with nobody present (E-3, A-9). */
@CommandHandler(ActivateAgreement)
export class ActivateAgreementHandler implements ICommandHandler<ActivateAgreement> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: ActivateAgreement): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { agreementId, clientId, freelancerId, settings, milestones } = command.input;
      const agreement: Agreement = {
        id: agreementId,
        clientId,
        freelancerId,
        settings,
        status: 'active',
        endedAt: null,
        clientRegion: 'other',
        initiationFee: 'due',
        initiationFeeMinor: 0n,
      };
      tx.insert(AgreementTable, agreement);
      const agreed = milestones.map(
        ({ milestoneId: id, version: termsVersion, order, price }): Milestone => ({
          id,
          agreementId,
          clientId,
          freelancerId,
          order,
          termsVersion,
          price: usd(price.amountMinor),
          status: 'agreed',
        }),
      );
      const [first, ...later] = agreed.sort((a, b) => a.order - b.order);
      const charged = await beginFunding(tx, { agreement, milestone: first! });
      for (const milestone of [charged, ...later]) insertMilestone(tx, milestone);
    });
  }
}
