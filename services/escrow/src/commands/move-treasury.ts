import { Money } from '@holdfast/domain';
import { escrowEvents } from '@holdfast/events';
import { type MessageRef, newId, UnitOfWork } from '@holdfast/messaging';
import { currentSettings } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { sweepOf, type TreasuryMovement, topUpOf, treasuryJournal } from '../domain/treasury.ts';
import { escrowSettings } from '../settings.ts';
import { CashAccountTable } from '../tables/settlement.table.ts';
import { TreasuryCoverView, TreasuryMovementTable } from '../tables/treasury.table.ts';

export type TreasuryAnswer = {
  movementId: string;
  kind: TreasuryMovement['kind'];
  amount: { amountMinor: string; currency: string };
};

export class MoveTreasury extends Command<TreasuryAnswer> {
  constructor(
    readonly input: {
      message: MessageRef;
      kind: TreasuryMovement['kind'];
      /** The operator, recorded with the reason (AD-21). */
      by: string;
      reason: string;
    },
  ) {
    super();
  }
}

/**
 * Brings the customers' cash to what it must be: all that is short comes from the platform's own money, or all that is
 * over goes there (M-14, M-23). The bank is told under the id of the answer. One person is enough: it is nobody's but
 * the platform's (S-11).
 * @throws Rejection treasury.nothing_short | treasury.capital_short | treasury.no_surplus | treasury.bank_short
 */
@CommandHandler(MoveTreasury)
export class MoveTreasuryHandler implements ICommandHandler<MoveTreasury> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: MoveTreasury): Promise<TreasuryAnswer> {
    return this.unitOfWork.once(command, async (tx) => {
      const { kind, by, reason } = command.input;
      // Loaded before the cover is read and saved at the end: two at once move it one after the other.
      const account = (await tx.one(CashAccountTable, { name: 'trust_bank' }))!;
      const cover = (await tx.peek(TreasuryCoverView, { id: 'trust' }))!;
      const settings = await currentSettings(tx, escrowSettings);
      const floatMinor = BigInt(settings['treasury.bank_float']);
      const amount = kind === 'top_up' ? topUpOf(cover, floatMinor) : sweepOf(cover, floatMinor);
      tx.save(CashAccountTable, account);
      const id = newId();
      tx.insert(TreasuryMovementTable, {
        id,
        kind,
        amountMinor: amount.amountMinor,
        movedBy: by,
        reason,
        movedAt: tx.now,
      });
      tx.post(treasuryJournal({ id, kind, amount }));
      const isTopUp = kind === 'top_up';
      tx.publish(escrowEvents, [
        {
          type: 'escrow.treasury.moved',
          movementId: id,
          kind,
          from: isTopUp ? 'operating' : 'trust_bank',
          to: isTopUp ? 'trust_bank' : 'operating',
          amount,
          movedAt: tx.now,
        },
      ]);
      return { movementId: id, kind, amount: Money.encode(amount) };
    });
  }
}
