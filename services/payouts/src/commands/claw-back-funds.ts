import { type Money, usd } from '@holdfast/domain';
import { payoutsEvents } from '@holdfast/events';
import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { pendingMinorOf, takeFromBalance } from '../domain/balance.ts';
import { clawBackJournal } from '../domain/balance-journals.ts';
import { type FundHold, takeFromHold } from '../domain/fund-hold.ts';
import { loadBalance, onBalance, saveTaken } from '../tables/balance.table.ts';
import { ClearingTransferTable } from '../tables/clearing-transfer.table.ts';
import { endFundHold, loadFundHold } from '../tables/fund-hold.table.ts';
import { unhold } from './hold-funds.ts';
import { oweDebt } from './owe-debt.ts';

export class ClawBackFunds extends Command<void> {
  constructor(
    readonly input: {
      message: MessageRef;
      agreementId: string;
      chargebackId: string;
      accountId: string;
      /** To recover; nothing where all of it was protected, or never released. */
      net: Money;
      transferId?: string;
    },
  ) {
    super();
  }
}

/**
 * A chargeback is lost: unprotected pay is taken back, from what was held, then pending, then available, and what is not
 * there is a debt. Never refused (B-6, P-11). What was held beyond it is free again.
 */
@CommandHandler(ClawBackFunds)
export class ClawBackFundsHandler implements ICommandHandler<ClawBackFunds> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: ClawBackFunds): Promise<void> {
    const { chargebackId: causeId, net, transferId } = command.input;
    return onBalance(() =>
      this.unitOfWork.once(command, async (tx) => {
        const hold = await loadFundHold(tx, { cause: 'chargeback', causeId });
        if (hold) await endFundHold(tx, hold);
        if (transferId && net.amountMinor > 0n) {
          await take(tx, { ...command.input, transferId }, hold);
        } else if (hold) await unhold(tx, hold);
      }),
    );
  }
}

async function take(
  tx: Tx,
  lost: { agreementId: string; chargebackId: string; accountId: string; net: Money; transferId: string },
  hold: FundHold | undefined,
): Promise<void> {
  const { agreementId, chargebackId, accountId, net, transferId } = lost;
  const held = hold && takeFromHold(hold, net.amountMinor);
  if (held) await unhold(tx, held.rest);
  const heldMinor = held?.takenMinor ?? 0n;
  // What is free again by this very decision is not in the balance yet, nor needed: the hold covered all.
  const rest = takeFromBalance(await loadBalance(tx, accountId), net.amountMinor - heldMinor);
  await saveTaken(tx, rest);
  const { fromAvailableMinor: availableMinor, missingMinor: debtMinor } = rest;
  const pendingMinor = pendingMinorOf(rest);
  tx.post(clawBackJournal(lost, { heldMinor, pendingMinor, availableMinor, debtMinor }));
  tx.insert(ClearingTransferTable, {
    id: transferId,
    accountId,
    withdrawalId: null,
    causeId: chargebackId,
    kind: 'clawed_back',
    amountMinor: net.amountMinor,
    postedAt: tx.now,
    status: 'sent',
  });
  tx.publish(payoutsEvents, [
    {
      type: 'payouts.funds.clawed_back',
      agreementId,
      chargebackId,
      transferId,
      accountId,
      taken: usd(net.amountMinor - debtMinor),
      debt: usd(debtMinor),
    },
  ]);
  if (debtMinor > 0n) await oweDebt(tx, { agreementId, causeId: chargebackId }, accountId, usd(debtMinor));
}
