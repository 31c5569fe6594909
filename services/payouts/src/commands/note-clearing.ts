import { type Money, NotYet, Rejection } from '@holdfast/domain';
import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type ClearingKind, ClearingTransferTable } from '../tables/clearing-transfer.table.ts';

export class NoteClearing extends Command<void> {
  constructor(
    readonly input: {
      message: MessageRef;
      accountId: string;
      transferId: string;
      amount: Money;
      kind: ClearingKind;
    },
  ) {
    super();
  }
}

/**
 * Escrow has posted its side of a transfer (M-22). Another amount than ours is no answer to it: the message is
 * parked, and the transfer stays unanswered (M-2).
 * @throws Rejection transfer.mismatch
 */
@CommandHandler(NoteClearing)
export class NoteClearingHandler implements ICommandHandler<NoteClearing> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: NoteClearing): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { accountId, transferId, amount, kind } = command.input;
      const transfer = await tx.one(ClearingTransferTable, { id: transferId });
      if (!transfer) throw new NotYet('transfer.unknown');
      const isOurs =
        transfer.accountId === accountId &&
        transfer.kind === kind &&
        transfer.amountMinor === amount.amountMinor;
      if (!isOurs) throw new Rejection('transfer.mismatch', { transferId });
      tx.save(ClearingTransferTable, { ...transfer, status: 'applied' });
    });
  }
}
