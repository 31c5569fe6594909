import { NotYet } from '@holdfast/domain';
import { payoutsEvents } from '@holdfast/events';
import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { evolve, mature } from '../domain/credit.ts';
import { maturityJournal } from '../domain/journals.ts';
import { loadCredit, saveCredit } from '../tables/credit.table.ts';

export class MatureFunds extends Command<void> {
  constructor(readonly input: { message: MessageRef; transferId: string }) {
    super();
  }
}

/** The timer of B-3: dated at the end of the hold, however late it runs (M-21). */
@CommandHandler(MatureFunds)
export class MatureFundsHandler implements ICommandHandler<MatureFunds> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: MatureFunds): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const credit = await loadCredit(tx, command.input.transferId);
      if (!credit) throw new NotYet('credit.unknown');
      const matured = mature(credit, tx.now);
      if (!matured) return;
      saveCredit(tx, evolve(credit, matured));
      if (matured.amount.amountMinor > 0n) tx.post(maturityJournal(matured));
      tx.publish(payoutsEvents, [matured]);
    });
  }
}
