import { NotYet } from '@holdfast/domain';
import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { isReadable, show } from '../domain/notice.ts';
import { fromRow, NoticeTable } from '../tables/notice.table.ts';
import { record } from './send-notice.ts';

export type ShownNotice = { noticeId: string; shownAt: string };

export class ShowNotice extends Command<ShownNotice> {
  constructor(readonly input: { message: MessageRef; accountId: string; noticeId: string }) {
    super();
  }
}

/**
 * The marketplace has shown it to the logged-in person, which proves it as well as a mail does (C-7).
 * @throws NotYet notice.unknown
 */
@CommandHandler(ShowNotice)
export class ShowNoticeHandler implements ICommandHandler<ShowNotice> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: ShowNotice): Promise<ShownNotice> {
    return this.unitOfWork.once(command, async (tx) => {
      const { noticeId, accountId } = command.input;
      const row = await tx.one(NoticeTable, { id: noticeId, accountId });
      if (!row || !isReadable(fromRow(row), tx.now)) throw new NotYet('notice.unknown');
      record(tx, row, (notice) => show(notice, tx.now));
      return { noticeId, shownAt: (row.shownAt ?? tx.now).toISOString() };
    });
  }
}
