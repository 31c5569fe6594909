import { payoutsEvents } from '@holdfast/events';
import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { evolve, removeMethod } from '../domain/withdrawal-method.ts';
import { loadMethod, saveMethod } from '../tables/withdrawal-method.table.ts';

export type RemovedMethod = { methodId: string; status: 'removed' };

export class RemoveWithdrawalMethod extends Command<RemovedMethod> {
  constructor(readonly input: { message: MessageRef; accountId: string; methodId: string }) {
    super();
  }
}

/** A method cannot be edited: its owner removes it and adds another (W-3). */
@CommandHandler(RemoveWithdrawalMethod)
export class RemoveWithdrawalMethodHandler implements ICommandHandler<RemoveWithdrawalMethod> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RemoveWithdrawalMethod): Promise<RemovedMethod> {
    return this.unitOfWork.once(command, async (tx) => {
      const { methodId, accountId } = command.input;
      const method = await loadMethod(tx, methodId, accountId);
      const removed = removeMethod(method);
      saveMethod(tx, evolve(method, removed));
      tx.publish(payoutsEvents, [removed]);
      return { methodId, status: 'removed' };
    });
  }
}
