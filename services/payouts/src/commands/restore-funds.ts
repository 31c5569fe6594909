import { type Money, usd } from '@holdfast/domain';
import { payoutsEvents } from '@holdfast/events';
import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { restoredJournal } from '../domain/balance-journals.ts';
import { endFundHold, loadFundHold } from '../tables/fund-hold.table.ts';
import { unhold } from './hold-funds.ts';
import { payDebts } from './pay-debts.ts';

export class RestoreFunds extends Command<void> {
  constructor(
    readonly input: {
      message: MessageRef;
      agreementId: string;
      chargebackId: string;
      accountId: string;
      /** To restore, where it had been lost before. */
      net: Money;
      transferId?: string;
    },
  ) {
    super();
  }
}

/** A chargeback is won: what was held is free again (B-5), or what was taken comes back (B-6, P-11). */
@CommandHandler(RestoreFunds)
export class RestoreFundsHandler implements ICommandHandler<RestoreFunds> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RestoreFunds): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { chargebackId: causeId, net, transferId } = command.input;
      const hold = await loadFundHold(tx, { cause: 'chargeback', causeId });
      if (hold) {
        await endFundHold(tx, hold);
        await unhold(tx, hold);
      }
      if (!transferId || net.amountMinor === 0n) return;
      await restore(tx, { ...command.input, transferId, cause: 'chargeback', causeId });
    });
  }
}

export class RestoreRefund extends Command<void> {
  constructor(
    readonly input: {
      message: MessageRef;
      agreementId: string;
      refundId: string;
      accountId: string;
      net: Money;
      transferId: string;
    },
  ) {
    super();
  }
}

/** A refund after release that could not be paid was given up: its net comes back (E-25). */
@CommandHandler(RestoreRefund)
export class RestoreRefundHandler implements ICommandHandler<RestoreRefund> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RestoreRefund): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { refundId: causeId, ...reversed } = command.input;
      await restore(tx, { ...reversed, cause: 'refund', causeId });
    });
  }
}

/** G-35.2, E-25: debts first, then available at once; the answer to escrow's transfer (M-22). */
export async function restore(
  tx: Tx,
  restored: {
    agreementId: string;
    accountId: string;
    cause: 'chargeback' | 'refund';
    causeId: string;
    net: Money;
    transferId: string;
  },
): Promise<void> {
  const { agreementId, accountId, cause, causeId, net, transferId } = restored;
  const { paidMinor: debtMinor, restMinor: availableMinor } = await payDebts(tx, accountId, net.amountMinor);
  tx.post(restoredJournal(restored, { debtMinor, availableMinor }));
  const [toDebt, toAvailable] = [usd(debtMinor), usd(availableMinor)];
  const ids = { agreementId, cause, causeId, transferId, accountId };
  tx.publish(payoutsEvents, [{ type: 'payouts.funds.restored', ...ids, toDebt, toAvailable }]);
}
