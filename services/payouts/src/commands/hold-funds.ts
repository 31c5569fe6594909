import { type Money, usd } from '@holdfast/domain';
import { payoutsEvents } from '@holdfast/events';
import { type MessageRef, newId, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { heldJournal, unheldJournal } from '../domain/balance-journals.ts';
import { type FundHold, heldFact, heldMinorOf, holdFunds, unheldFact } from '../domain/fund-hold.ts';
import { loadBalance, onBalance, saveTaken } from '../tables/balance.table.ts';
import { CreditTable } from '../tables/credit.table.ts';
import { insertFundHold } from '../tables/fund-hold.table.ts';

type Part = Readonly<{ state: 'held' | 'released'; net: Money; protected: boolean }>;

export class HoldFunds extends Command<void> {
  constructor(
    readonly input: {
      message: MessageRef;
      agreementId: string;
      chargebackId: string;
      freelancerId: string;
      parts: readonly Part[];
    },
  ) {
    super();
  }
}

/**
 * The client's bank took back what paid a release: what the freelancer may have to give back waits until it is decided,
 * at most what is there (B-5). Protected pay stays (P-10).
 */
@CommandHandler(HoldFunds)
export class HoldFundsHandler implements ICommandHandler<HoldFunds> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: HoldFunds): Promise<void> {
    const { agreementId, chargebackId: causeId, freelancerId: accountId, parts } = command.input;
    const atStake = parts.filter((part) => part.state === 'released' && !part.protected);
    const amount = usd(atStake.reduce((sum, { net }) => sum + net.amountMinor, 0n));
    return onBalance(() =>
      this.unitOfWork.once(command, async (tx) => {
        if (amount.amountMinor === 0n) return;
        const order = {
          holdId: newId(),
          agreementId,
          accountId,
          cause: 'chargeback',
          causeId,
          amount,
        } as const;
        const hold = holdFunds(order, await loadBalance(tx, accountId));
        await saveTaken(tx, hold);
        insertFundHold(tx, hold);
        const journal = heldJournal(hold);
        if (journal) tx.post(journal);
        tx.publish(payoutsEvents, [heldFact(hold)]);
      }),
    );
  }
}

/**
 * Held money is free again: back where it came from, and what would have matured meanwhile is available (B-3, B-5). The
 * row of the hold is the caller's.
 */
export async function unhold(tx: Tx, hold: FundHold): Promise<void> {
  const heldMinor = heldMinorOf(hold);
  if (heldMinor === 0n) return;
  let pendingMinor = 0n;
  for (const { creditId: id, amountMinor } of hold.fromPending) {
    const row = (await tx.one(CreditTable, { id }))!;
    if (row.status !== 'pending') continue;
    pendingMinor += amountMinor;
    tx.save(CreditTable, { ...row, pendingMinor: row.pendingMinor + amountMinor });
  }
  tx.post(unheldJournal(hold, { pendingMinor, availableMinor: heldMinor - pendingMinor }));
  tx.publish(payoutsEvents, [unheldFact(hold)]);
}
