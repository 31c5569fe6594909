import { escrowEvents } from '@holdfast/events';
import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { withdrawalReturnedJournal } from '../domain/journals.ts';
import { clearingApplied, type WithdrawalReturned } from '../domain/withdrawal.ts';

export class ApplyWithdrawalReturned extends Command<void> {
  constructor(readonly input: { message: MessageRef } & WithdrawalReturned) {
    super();
  }
}

/** Books what came back, or what the bank charged for it, and answers the transfer where there is one (M-22). */
@CommandHandler(ApplyWithdrawalReturned)
export class ApplyWithdrawalReturnedHandler implements ICommandHandler<ApplyWithdrawalReturned> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: ApplyWithdrawalReturned): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const journal = withdrawalReturnedJournal(command.input);
      // Never paid and free of charge: it went in transit and came back in payouts' books alone (W-12).
      if (!journal) return;
      tx.post(journal);
      const applied = clearingApplied('withdrawal_returned', journal);
      if (applied) tx.publish(escrowEvents, [applied]);
    });
  }
}
