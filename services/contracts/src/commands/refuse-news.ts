import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ContactTable, loadContact } from '../tables/contact.table.ts';
import { NoticeTable } from '../tables/notice.table.ts';

export class RefuseNews extends Command<void> {
  constructor(readonly input: { message: MessageRef; noticeId: string }) {
    super();
  }
}

/** The person who got this mail wants no news by mail any more; money, deadlines and the account still come (C-4). */
@CommandHandler(RefuseNews)
export class RefuseNewsHandler implements ICommandHandler<RefuseNews> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RefuseNews): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const notice = await tx.peek(NoticeTable, { id: command.input.noticeId });
      const contact = notice && (await loadContact(tx, notice.accountId));
      if (!contact || contact.newsRefusedAt) return;
      tx.save(ContactTable, { ...contact, newsRefusedAt: tx.now });
    });
  }
}
