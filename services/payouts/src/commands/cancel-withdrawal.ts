import { payoutsEvents } from '@holdfast/events';
import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { endUnsent } from '../domain/attempt.ts';
import { undoneJournal } from '../domain/journals.ts';
import { cancelWithdrawal, evolve } from '../domain/withdrawal.ts';
import { loadLiveAttempt, saveAttempt } from '../tables/attempt.table.ts';
import { loadWithdrawal, saveWithdrawal } from '../tables/withdrawal.table.ts';

export type CancelledWithdrawal = { withdrawalId: string; status: 'cancelled' };

export class CancelWithdrawal extends Command<CancelledWithdrawal> {
  constructor(readonly input: { message: MessageRef; accountId: string; withdrawalId: string }) {
    super();
  }
}

/** The freelancer takes a withdrawal back while nothing of it may have left (W-10). */
@CommandHandler(CancelWithdrawal)
export class CancelWithdrawalHandler implements ICommandHandler<CancelWithdrawal> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: CancelWithdrawal): Promise<CancelledWithdrawal> {
    return this.unitOfWork.once(command, async (tx) => {
      const { accountId, withdrawalId } = command.input;
      const { withdrawal, frame } = await loadWithdrawal(tx, withdrawalId, accountId);
      const live = await loadLiveAttempt(tx, withdrawalId);
      const cancelled = cancelWithdrawal(withdrawal, live?.attempt);
      if (live?.attempt.state === 'created')
        saveAttempt(tx, endUnsent(live.attempt, 'taken_back'), live.frame);
      saveWithdrawal(tx, evolve(withdrawal, cancelled), { ...frame, nextCallAt: null });
      tx.post(undoneJournal(cancelled));
      tx.publish(payoutsEvents, [cancelled]);
      return { withdrawalId, status: 'cancelled' };
    });
  }
}
