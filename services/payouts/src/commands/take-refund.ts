import { type Money, usd } from '@holdfast/domain';
import { payoutsEvents } from '@holdfast/events';
import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { pendingMinorOf, takeFromBalance } from '../domain/balance.ts';
import { refundTakenJournal } from '../domain/balance-journals.ts';
import { loadBalance, onBalance, saveTaken } from '../tables/balance.table.ts';
import { ClearingTransferTable } from '../tables/clearing-transfer.table.ts';
import { loadHolds } from '../tables/person.table.ts';
import { oweDebt } from './owe-debt.ts';

type Draw = Readonly<{
  agreementId: string;
  refundId: string;
  accountId: string;
  net: Money;
  transferId: string;
  /** Only what a case awards may leave a debt (D-16). */
  debtAllowed: boolean;
}>;

export class TakeRefund extends Command<void> {
  constructor(readonly input: { message: MessageRef } & Draw) {
    super();
  }
}

/**
 * Paid money goes back to the client: its net is taken from pending first, then from available, all or nothing (E-25).
 * Under a safety hold, and once the account is closed, nothing moves (S-5).
 */
@CommandHandler(TakeRefund)
export class TakeRefundHandler implements ICommandHandler<TakeRefund> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: TakeRefund): Promise<void> {
    const { message, ...draw } = command.input;
    return onBalance(() =>
      this.unitOfWork.once(command, async (tx) => {
        const holds = await loadHolds(tx, draw.accountId);
        if (holds.some(({ kind }) => kind === 'safety' || kind === 'closed')) {
          return refuse(tx, draw, 'account_held');
        }
        await take(tx, draw);
      }),
    );
  }
}

async function take(tx: Tx, draw: Draw): Promise<void> {
  const { agreementId, refundId, accountId, net, transferId, debtAllowed } = draw;
  const taken = takeFromBalance(await loadBalance(tx, accountId), net.amountMinor);
  const { fromAvailableMinor: availableMinor, missingMinor: debtMinor } = taken;
  if (debtMinor > 0n && !debtAllowed) return refuse(tx, draw, 'balance_too_low');
  const pendingMinor = pendingMinorOf(taken);
  await saveTaken(tx, taken);
  tx.post(refundTakenJournal(draw, { pendingMinor, availableMinor, debtMinor }));
  tx.insert(ClearingTransferTable, {
    id: transferId,
    accountId,
    withdrawalId: null,
    causeId: refundId,
    kind: 'refund_taken',
    amountMinor: net.amountMinor,
    postedAt: tx.now,
    status: 'sent',
  });
  tx.publish(payoutsEvents, [
    {
      type: 'payouts.refund.taken',
      agreementId,
      refundId,
      transferId,
      accountId,
      fromPending: usd(pendingMinor),
      fromAvailable: usd(availableMinor),
      debt: usd(debtMinor),
    },
  ]);
  if (debtMinor > 0n) await oweDebt(tx, { agreementId, causeId: refundId }, accountId, usd(debtMinor));
}

function refuse(
  tx: Tx,
  { agreementId, refundId, accountId }: Draw,
  reason: 'balance_too_low' | 'account_held',
): void {
  tx.publish(payoutsEvents, [{ type: 'payouts.refund.refused', agreementId, refundId, accountId, reason }]);
}
