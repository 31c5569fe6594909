import { type Money, NotYet, usd } from '@holdfast/domain';
import { payoutsEvents } from '@holdfast/events';
import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { creditRelease, evolve } from '../domain/credit.ts';
import { creditJournal } from '../domain/journals.ts';
import { AgreementTable } from '../tables/agreement.table.ts';
import { insertCredit } from '../tables/credit.table.ts';
import { payDebts } from './pay-debts.ts';

export class CreditRelease extends Command<void> {
  constructor(
    readonly input: {
      message: MessageRef;
      agreementId: string;
      transferId: string;
      freelancerId: string;
      net: Money;
      releasedAt: Date;
      availableNotBefore?: Date;
    },
  ) {
    super();
  }
}

/** Credits a release to the freelancer's pending balance, debts first, and starts its hold (B-2, B-3, B-6). */
@CommandHandler(CreditRelease)
export class CreditReleaseHandler implements ICommandHandler<CreditRelease> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: CreditRelease): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { agreementId, freelancerId, net } = command.input;
      const agreement = await tx.one(AgreementTable, { id: agreementId, freelancerId });
      if (!agreement) throw new NotYet('agreement.unknown');
      const { clientId, settings } = agreement;
      const { paidMinor } = await payDebts(tx, freelancerId, net.amountMinor);
      const credited = creditRelease({
        ...command.input,
        clientId,
        toDebt: usd(paidMinor),
        holdDays: settings['hold.days'],
      });
      insertCredit(tx, evolve({ clientId }, credited));
      tx.post(creditJournal(credited, command.input.releasedAt));
      tx.publish(payoutsEvents, [credited]);
    });
  }
}
