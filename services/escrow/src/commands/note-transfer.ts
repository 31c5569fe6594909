import { NotYet } from '@holdfast/domain';
import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { TransferTable } from '../tables/transfer.table.ts';

export class NoteTransfer extends Command<void> {
  constructor(
    readonly input: {
      message: MessageRef;
      transferId: string;
      status: 'credited' | 'matured';
      availableAt: Date;
    },
  ) {
    super();
  }
}

/** What payouts did with a transfer: matched (M-22), and for the answer to "where is this money" (C-10). */
@CommandHandler(NoteTransfer)
export class NoteTransferHandler implements ICommandHandler<NoteTransfer> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: NoteTransfer): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { transferId, status, availableAt } = command.input;
      const transfer = await tx.one(TransferTable, { id: transferId });
      if (!transfer) throw new NotYet('transfer.unknown');
      tx.save(TransferTable, { ...transfer, status, availableAt });
    });
  }
}
