import type { PinnedSettings } from '@holdfast/events';
import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { AgreementTable } from '../tables/agreement.table.ts';

export class RememberAgreement extends Command<void> {
  constructor(
    readonly input: {
      message: MessageRef;
      agreementId: string;
      clientId: string;
      freelancerId: string;
      settings: PinnedSettings;
    },
  ) {
    super();
  }
}

/**
 * Keeps the parties and pinned settings of an agreement, so that nothing is looked up elsewhere (AD-1,
 * AD-15).
 */
@CommandHandler(RememberAgreement)
export class RememberAgreementHandler implements ICommandHandler<RememberAgreement> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RememberAgreement): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { agreementId: id, clientId, freelancerId, settings } = command.input;
      tx.insert(AgreementTable, { id, clientId, freelancerId, settings });
    });
  }
}
