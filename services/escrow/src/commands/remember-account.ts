import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Region } from '../domain/tax.ts';
import { AccountTable } from '../tables/account.table.ts';

export class RememberAccount extends Command<void> {
  constructor(readonly input: { message: MessageRef; accountId: string; region: Region }) {
    super();
  }
}

/** The region decides the tax on a client's fees (P-12). */
@CommandHandler(RememberAccount)
export class RememberAccountHandler implements ICommandHandler<RememberAccount> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RememberAccount): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { accountId, region } = command.input;
      tx.insert(AccountTable, { id: accountId, region });
    });
  }
}
