import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { BillingMethodTable } from '../tables/account.table.ts';

export class RememberBillingMethod extends Command<void> {
  constructor(readonly input: { message: MessageRef; accountId: string; methodId: string; kind: string }) {
    super();
  }
}

/** Keeps that a client has a verified billing method, which sending an offer needs. */
@CommandHandler(RememberBillingMethod)
export class RememberBillingMethodHandler implements ICommandHandler<RememberBillingMethod> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RememberBillingMethod): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { accountId, methodId: id, kind } = command.input;
      if (await tx.one(BillingMethodTable, { id })) return; // Verified once more.
      tx.insert(BillingMethodTable, { id, accountId, kind, removed: false });
    });
  }
}
