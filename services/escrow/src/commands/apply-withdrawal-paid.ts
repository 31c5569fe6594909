import { escrowEvents } from '@holdfast/events';
import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { withdrawalPaidJournal } from '../domain/journals.ts';
import { clearingApplied, type WithdrawalPaid } from '../domain/withdrawal.ts';

export class ApplyWithdrawalPaid extends Command<void> {
  constructor(readonly input: { message: MessageRef } & WithdrawalPaid) {
    super();
  }
}

/**
 * Books what payouts sent and the provider confirmed, and answers its transfer (M-22). It is known to payouts
 * alone, so it is answered at once; the same withdrawal told anew is refused by the ledger (M-8).
 */
@CommandHandler(ApplyWithdrawalPaid)
export class ApplyWithdrawalPaidHandler implements ICommandHandler<ApplyWithdrawalPaid> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: ApplyWithdrawalPaid): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const journal = withdrawalPaidJournal(command.input);
      tx.post(journal);
      tx.publish(escrowEvents, [clearingApplied('withdrawal_paid', journal)!]);
    });
  }
}
