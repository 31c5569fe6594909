import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { bounce } from '../domain/notice.ts';
import { NoticeTable } from '../tables/notice.table.ts';
import { record } from './send-notice.ts';

export class RecordBounce extends Command<void> {
  constructor(readonly input: { message: MessageRef; noticeId: string }) {
    super();
  }
}

/** A delivery-status report: the mail came back after the server had taken it (C-7). One of no notice of ours is nothing. */
@CommandHandler(RecordBounce)
export class RecordBounceHandler implements ICommandHandler<RecordBounce> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RecordBounce): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const row = await tx.one(NoticeTable, { id: command.input.noticeId });
      if (row) record(tx, row, (notice) => bounce(notice, tx.now));
    });
  }
}
