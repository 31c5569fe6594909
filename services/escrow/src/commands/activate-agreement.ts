import { type Money, NotYet, usd } from '@holdfast/domain';
import type { PinnedSettings } from '@holdfast/events';
import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { planFunding } from '../domain/charging.ts';
import { watch } from '../domain/dormancy.ts';
import { evolve, type Milestone } from '../domain/milestone.ts';
import { AccountTable } from '../tables/account.table.ts';
import { type Agreement, AgreementTable } from '../tables/agreement.table.ts';
import { insertDormancy } from '../tables/dormancy.table.ts';
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
      milestones: readonly {
        milestoneId: string;
        version: number;
        order: number;
        price: Money;
        dueDate: string;
      }[];
    },
  ) {
    super();
  }
}

/**
 * Keeps the agreement and charges its first milestone at once, or all of them, with nobody present (E-2, E-3, A-9).
 */
@CommandHandler(ActivateAgreement)
export class ActivateAgreementHandler implements ICommandHandler<ActivateAgreement> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: ActivateAgreement): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { agreementId, clientId, freelancerId, settings, milestones } = command.input;
      const client = await tx.peek(AccountTable, { id: clientId });
      // Topics are not ordered among keys (M-8): the account opened first, though this came first.
      if (!client) throw new NotYet('account.unknown');
      const agreement: Agreement = {
        id: agreementId,
        clientId,
        freelancerId,
        settings,
        status: 'active',
        endedAt: null,
        clientRegion: client.region,
        clearedAt: null,
        initiationFee: 'due',
        initiationFeeMinor: 0n,
      };
      tx.insert(AgreementTable, agreement);
      const dueDates = Object.fromEntries(
        milestones.map(({ milestoneId, dueDate }) => [milestoneId, dueDate]),
      );
      const begun = { id: agreementId, clientId, freelancerId, activityAt: tx.now, dueDates };
      insertDormancy(tx, watch(begun, settings));
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
      const [first] = agreed.sort((a, b) => a.order - b.order);
      const plan = planFunding(first!, agreed, settings['funding.mode']);
      const { event } = await beginFunding(tx, { agreement, milestone: first!, plan });
      for (const milestone of agreed) insertMilestone(tx, evolve(milestone, event));
    });
  }
}
