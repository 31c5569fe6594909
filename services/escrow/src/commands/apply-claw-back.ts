import { type Money, NotYet, Rejection } from '@holdfast/domain';
import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { lossOf } from '../domain/charged-parts.ts';
import { ChargebackTable, fromRow, toRow } from '../tables/chargeback.table.ts';
import { applyClawBack } from './book-chargeback.ts';

export class ApplyClawBack extends Command<void> {
  constructor(
    readonly input: {
      message: MessageRef;
      chargebackId: string;
      transferId: string;
      taken: Money;
      debt: Money;
    },
  ) {
    super();
  }
}

/**
 * Payouts says what it took and what became a debt: only now the loss of unprotected pay is booked (P-11). The provider
 * is looked at once more, since it may have changed its mind meanwhile.
 * @throws Rejection transfer.mismatch
 */
@CommandHandler(ApplyClawBack)
export class ApplyClawBackHandler implements ICommandHandler<ApplyClawBack> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: ApplyClawBack): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { chargebackId, transferId, taken, debt } = command.input;
      const row = await tx.one(ChargebackTable, { id: chargebackId });
      if (!row) throw new NotYet('chargeback.unknown');
      const before = fromRow(row);
      const { netMinor } = lossOf(before.amount.amountMinor, before.parts).recoverable;
      const isOurs = before.status === 'recovering' && before.transferId === transferId;
      if (!isOurs || netMinor !== taken.amountMinor + debt.amountMinor) {
        throw new Rejection('transfer.mismatch', { transferId });
      }
      const lost = await applyClawBack(tx, before, transferId);
      tx.save(ChargebackTable, toRow(lost, { ...row, endedAt: tx.now, nextCallAt: tx.now }));
    });
  }
}
