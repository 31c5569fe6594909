import { type MessageRef, newId, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ProviderNoticeTable } from '../tables/provider-notice.table.ts';

export class ReceiveNotice extends Command<void> {
  constructor(
    readonly input: {
      /** Its id is the provider's event id: a notice that comes twice is stored once. */
      message: MessageRef;
      provider: 'card';
      eventType: string;
      objectId: string;
    },
  ) {
    super();
  }
}

/**
 * Stores a provider's notice; it is answered then, and worked off afterwards (0.2 of the provider protocols).
 */
@CommandHandler(ReceiveNotice)
export class ReceiveNoticeHandler implements ICommandHandler<ReceiveNotice> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: ReceiveNotice): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { message, provider, eventType, objectId } = command.input;
      tx.insert(ProviderNoticeTable, {
        id: newId(),
        provider,
        eventId: message.id,
        eventType,
        objectId,
        receivedAt: tx.now,
        nextCallAt: tx.now,
      });
    });
  }
}

export class FinishNotice extends Command<void> {
  constructor(readonly input: { message: MessageRef; noticeId: string }) {
    super();
  }
}

/** The notice has been applied. */
@CommandHandler(FinishNotice)
export class FinishNoticeHandler implements ICommandHandler<FinishNotice> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: FinishNotice): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const notice = await tx.one(ProviderNoticeTable, { id: command.input.noticeId });
      if (notice) tx.save(ProviderNoticeTable, { ...notice, nextCallAt: null });
    });
  }
}
