import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { insertPerson } from '../tables/person.table.ts';

export class RememberAccount extends Command<void> {
  constructor(readonly input: { message: MessageRef; accountId: string }) {
    super();
  }
}

/** Every account begins without identity, tax form and holds (S-3, P-13, S-12). */
@CommandHandler(RememberAccount)
export class RememberAccountHandler implements ICommandHandler<RememberAccount> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RememberAccount): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      insertPerson(tx, { id: command.input.accountId, identity: 'unverified', holds: [] });
    });
  }
}
