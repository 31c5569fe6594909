import { Rejection } from '@holdfast/domain';
import { contractsEvents } from '@holdfast/events';
import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { type Hidden, PersonTexts } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type Account, type AccountRole, evolve, openAccount } from '../domain/account.ts';
import { insertAccount, loadAccount } from '../tables/account.table.ts';
import type { Email } from '../tables/contact.table.ts';
import { insertEmail } from './change-email.ts';

export type OpenedAccount = { accountId: string; roles: AccountRole[]; region: Account['region'] };

export class OpenAccount extends Command<OpenedAccount> {
  constructor(
    readonly input: {
      message: MessageRef;
      accountId: string;
      roles: AccountRole[];
      region: Account['region'];
      email?: Hidden<Email>;
    },
  ) {
    super();
  }
}

/**
 * Opens the one account of a person, with the key for what that person writes, and the address if it is given
 * (S-1, S-12, C-7).
 * @throws Rejection account.exists
 */
@CommandHandler(OpenAccount)
export class OpenAccountHandler implements ICommandHandler<OpenAccount> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly texts: PersonTexts,
  ) {}

  execute(command: OpenAccount): Promise<OpenedAccount> {
    return this.unitOfWork.once(command, async (tx) => {
      const { accountId, roles, region, email } = command.input;
      if (await loadAccount(tx, accountId)) throw new Rejection('account.exists');
      const opened = openAccount({ id: accountId, roles, region });
      insertAccount(tx, evolve(opened));
      const key = await this.texts.keyOf(tx, accountId);
      if (email) insertEmail(tx, this.texts, key, email.reveal());
      tx.publish(contractsEvents, [opened]);
      return { accountId, roles, region };
    });
  }
}
