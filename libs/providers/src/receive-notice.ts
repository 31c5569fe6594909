import { Rejection } from '@holdfast/domain';
import { type MessageRef, newId, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type NoticeOutcome, ProviderNoticeTable } from './provider-notice.table.ts';

export class ReceiveNotice extends Command<void> {
  constructor(
    readonly input: {
      /** Its id is the provider's event id: a notice that comes twice is stored once. */
      message: MessageRef;
      provider: string;
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
        outcome: null,
        acknowledgedBy: null,
        acknowledgement: null,
      });
    });
  }
}

export class PostponeNotice extends Command<void> {
  constructor(readonly input: { message: MessageRef; noticeId: string; until: Date }) {
    super();
  }
}

/** What it is about cannot be read yet: it is looked at again at that business instant. */
@CommandHandler(PostponeNotice)
export class PostponeNoticeHandler implements ICommandHandler<PostponeNotice> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: PostponeNotice): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { noticeId, until } = command.input;
      const notice = await tx.one(ProviderNoticeTable, { id: noticeId });
      if (!notice || notice.outcome) return;
      tx.save(ProviderNoticeTable, { ...notice, nextCallAt: until });
    });
  }
}

export class FinishNotice extends Command<void> {
  constructor(readonly input: { message: MessageRef; noticeId: string; outcome: NoticeOutcome }) {
    super();
  }
}

/** What the notice is about has been read and applied, or is not ours. */
@CommandHandler(FinishNotice)
export class FinishNoticeHandler implements ICommandHandler<FinishNotice> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: FinishNotice): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { noticeId, outcome } = command.input;
      const notice = await tx.one(ProviderNoticeTable, { id: noticeId });
      if (!notice || notice.outcome) return;
      tx.save(ProviderNoticeTable, { ...notice, nextCallAt: null, outcome });
    });
  }
}

export class AcknowledgeNotice extends Command<void> {
  constructor(readonly input: { message: MessageRef; noticeId: string; by: string; reason: string }) {
    super();
  }
}

/**
 * An operator has looked at a notice about nothing we know; who and why is kept (AD-21).
 * @throws Rejection notice.unknown
 */
@CommandHandler(AcknowledgeNotice)
export class AcknowledgeNoticeHandler implements ICommandHandler<AcknowledgeNotice> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: AcknowledgeNotice): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { noticeId, by, reason } = command.input;
      const notice = await tx.one(ProviderNoticeTable, { id: noticeId });
      if (notice?.outcome !== 'unmatched') throw new Rejection('notice.unknown');
      tx.save(ProviderNoticeTable, {
        ...notice,
        outcome: 'acknowledged',
        acknowledgedBy: by,
        acknowledgement: reason,
      });
    });
  }
}
