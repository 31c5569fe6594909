import { NotYet } from '@holdfast/domain';
import { contractsEvents } from '@holdfast/events';
import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { begin, type Delivery, deliver, eventsOf, type Notice } from '../domain/notice.ts';
import { loadContact } from '../tables/contact.table.ts';
import { fromRow, type NoticeRow, NoticeTable, saveNotice } from '../tables/notice.table.ts';

export class BeginNotice extends Command<void> {
  constructor(readonly input: { message: MessageRef; noticeId: string }) {
    super();
  }
}

/** The intent: from here on the mail may have gone. A person without an address gets it only in the feed (C-7). */
@CommandHandler(BeginNotice)
export class BeginNoticeHandler implements ICommandHandler<BeginNotice> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: BeginNotice): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const row = await loadNotice(tx, command.input.noticeId);
      const contact = await loadContact(tx, row.accountId);
      const hasAddress = Boolean(row.address ?? contact);
      record(tx, row, (notice) => begin(notice, { hasAddress, takesNews: !contact?.newsRefusedAt }));
    });
  }
}

export class RecordDelivery extends Command<void> {
  constructor(readonly input: { message: MessageRef; noticeId: string; delivery: Delivery }) {
    super();
  }
}

/** Books the receiving server's word: the proof of C-7, or that there is none. */
@CommandHandler(RecordDelivery)
export class RecordDeliveryHandler implements ICommandHandler<RecordDelivery> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RecordDelivery): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { noticeId, delivery } = command.input;
      record(tx, await loadNotice(tx, noticeId), (notice) => deliver(notice, delivery, tx.now));
    });
  }
}

async function loadNotice(tx: Tx, id: string): Promise<NoticeRow> {
  const row = await tx.one(NoticeTable, { id });
  if (!row) throw new NotYet('notice.unknown');
  return row;
}

/** Saves what a notice becomes, and tells others of a first proof or of its lack. */
export function record(tx: Tx, row: NoticeRow, change: (notice: Notice) => Notice): void {
  const before = fromRow(row);
  const after = change(before);
  if (after === before) return;
  saveNotice(tx, row, after);
  tx.publish(contractsEvents, eventsOf(before, after));
}
