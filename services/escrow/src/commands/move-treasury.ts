import { Money } from '@holdfast/domain';
import { escrowEvents } from '@holdfast/events';
import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { currentSettings, decideAsStaff, PersonTexts, type Proposed } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { sweepOf, type TreasuryMovement, topUpOf, treasuryJournal } from '../domain/treasury.ts';
import { escrowSettings } from '../settings.ts';
import { CashAccountTable } from '../tables/settlement.table.ts';
import { TreasuryCoverView, TreasuryMovementTable } from '../tables/treasury.table.ts';

export type TreasuryAnswer = { kind: TreasuryMovement['kind'] } & (
  | { status?: undefined; movementId: string; amount: { amountMinor: string; currency: string } }
  | Proposed
);

export class MoveTreasury extends Command<TreasuryAnswer> {
  constructor(
    readonly input: {
      message: MessageRef;
      kind: TreasuryMovement['kind'];
      /** The operator, recorded with the reason (AD-21). */
      by: string;
      reason: string;
      /** Without it: all that is short, or over. */
      amount?: Money;
    },
  ) {
    super();
  }
}

/**
 * Brings the customers' cash to what it must be: what is short comes from the platform's own money, or what is over goes
 * there (M-14, M-23); above `staff.dual_control` by two persons (S-11). The bank is told under the id of the answer.
 * @throws Rejection treasury.nothing_short | treasury.exceeds_short | treasury.capital_short | treasury.no_surplus |
 *   treasury.exceeds_surplus | treasury.bank_short | decision.second_person_needed
 */
@CommandHandler(MoveTreasury)
export class MoveTreasuryHandler implements ICommandHandler<MoveTreasury> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly texts: PersonTexts,
  ) {}

  execute(command: MoveTreasury): Promise<TreasuryAnswer> {
    return this.unitOfWork.once(command, async (tx) => {
      const { kind, by, reason, amount: asked } = command.input;
      // Loaded before the cover is read and saved at the end: two at once move it one after the other.
      const account = (await tx.one(CashAccountTable, { name: 'trust_bank' }))!;
      const cover = (await tx.peek(TreasuryCoverView, { id: 'trust' }))!;
      const settings = await currentSettings(tx, escrowSettings);
      const floatMinor = BigInt(settings['treasury.bank_float']);
      const amount =
        kind === 'top_up' ? topUpOf(cover, floatMinor, asked) : sweepOf(cover, floatMinor, asked);
      const { decisionId, proposed } = await decideAsStaff(tx, this.texts, {
        ...{ kind, subject: 'trust_bank', amount, by, reason },
      });
      if (proposed) return { kind, ...proposed };
      tx.save(CashAccountTable, account);
      move(tx, { id: decisionId, kind, amount }, { by, reason });
      return { movementId: decisionId, kind, amount: Money.encode(amount) };
    });
  }
}

function move(tx: Tx, movement: TreasuryMovement, { by, reason }: { by: string; reason: string }): void {
  const { id, kind, amount } = movement;
  const { amountMinor } = amount;
  tx.insert(TreasuryMovementTable, { id, kind, amountMinor, movedBy: by, reason, movedAt: tx.now });
  tx.post(treasuryJournal(movement));
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
}
