import { type Money, NotYet } from '@holdfast/domain';
import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { FreelancerDebtTable } from '../tables/treasury.table.ts';

export class NoteDebt extends Command<void> {
  constructor(
    readonly input: {
      message: MessageRef;
      isNew: boolean;
      debtId: string;
      accountId: string;
      amount: Money;
      left: Money;
    },
  ) {
    super();
  }
}

/** What a freelancer owes: the platform keeps the customers' cash whole until it is paid (B-6, M-14). */
@CommandHandler(NoteDebt)
export class NoteDebtHandler implements ICommandHandler<NoteDebt> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: NoteDebt): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { isNew, debtId: id, accountId, amount, left } = command.input;
      const { amountMinor: leftMinor } = left;
      if (isNew) {
        tx.insert(FreelancerDebtTable, { id, accountId, amountMinor: amount.amountMinor, leftMinor });
        return;
      }
      const row = await tx.one(FreelancerDebtTable, { id });
      if (!row) throw new NotYet('debt.unknown');
      tx.save(FreelancerDebtTable, { ...row, leftMinor });
    });
  }
}
