import { NotYet, Rejection } from '@holdfast/domain';
import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ChargebackTable } from '../tables/chargeback.table.ts';
import { RefundDecisionTable } from '../tables/refund-decision.table.ts';

type Restored = {
  message: MessageRef;
  cause: 'chargeback' | 'refund';
  causeId: string;
  transferId: string;
};

export class NoteRestored extends Command<void> {
  constructor(readonly input: Restored) {
    super();
  }
}

/** Payouts has given back what a reversed refund drew (E-25), or what a chargeback won later brought (P-11): matched (M-22). */
@CommandHandler(NoteRestored)
export class NoteRestoredHandler implements ICommandHandler<NoteRestored> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: NoteRestored): Promise<void> {
    return this.unitOfWork.once(command, (tx) =>
      command.input.cause === 'refund' ? ofRefund(tx, command.input) : ofChargeback(tx, command.input),
    );
  }
}

async function ofRefund(tx: Tx, { causeId: refundId, transferId }: Restored): Promise<void> {
  const decision = await tx.one(RefundDecisionTable, { refundId, transferId });
  if (!decision) throw new NotYet('transfer.unknown');
  tx.save(RefundDecisionTable, { ...decision, answeredAt: tx.now });
}

async function ofChargeback(tx: Tx, { causeId: id, transferId }: Restored): Promise<void> {
  const chargeback = await tx.one(ChargebackTable, { id });
  if (!chargeback) throw new NotYet('chargeback.unknown');
  if (chargeback.restoreTransferId !== transferId) throw new Rejection('transfer.mismatch', { transferId });
  tx.save(ChargebackTable, { ...chargeback, restored: true });
}
