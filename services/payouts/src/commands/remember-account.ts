import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Region } from '../domain/person.ts';
import { insertPerson } from '../tables/person.table.ts';

export class RememberAccount extends Command<void> {
  constructor(readonly input: { message: MessageRef; accountId: string; region: Region }) {
    super();
  }
}

/** Every account begins without identity, tax form and holds (S-3, P-13, S-12). */
@CommandHandler(RememberAccount)
export class RememberAccountHandler implements ICommandHandler<RememberAccount> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RememberAccount): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { accountId: id, region } = command.input;
      insertPerson(tx, { id, region, identity: 'unverified', holds: [] });
    });
  }
}
