import { Money } from '@holdfast/domain';
import { currentCausality, currentTraceparent, type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { decideAsStaff, PersonTexts, type Proposed } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { settleable, startSettlement } from '../domain/settlement.ts';
import { payoutBodyOf } from '../providers/card-payout.ts';
import { CardCashView, CashAccountTable, insertSettlement } from '../tables/settlement.table.ts';

export type SettleAnswer =
  | { settlementId: string; amount: { amountMinor: string; currency: string }; status: 'requested' }
  | Proposed;

export class SettleCard extends Command<SettleAnswer> {
  constructor(
    readonly input: {
      message: MessageRef;
      /** The operator, recorded with the reason (AD-21). */
      by: string;
      reason: string;
      /** Without it: all that the card provider holds. */
      amount?: Money;
    },
  ) {
    super();
  }
}

/**
 * Has the card provider pay out what it holds to the bank, from where withdrawals are paid (M-23). The answer
 * says that it has begun. Above `staff.dual_control` two persons decide: it changes its place, and may be lost on the
 * way (S-11).
 * @throws Rejection treasury.nothing_to_settle | treasury.insufficient | decision.second_person_needed
 */
@CommandHandler(SettleCard)
export class SettleCardHandler implements ICommandHandler<SettleCard> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly texts: PersonTexts,
  ) {}

  execute(command: SettleCard): Promise<SettleAnswer> {
    return this.unitOfWork.once(command, async (tx) => {
      const { by, reason, amount: asked } = command.input;
      // Loaded before the cash is read and saved at the end: nobody else has promised of it in between.
      const account = (await tx.one(CashAccountTable, { name: 'trust_card' }))!;
      const cash = (await tx.peek(CardCashView, { id: 'trust_card' }))!;
      const amount = settleable(cash, asked);
      const word = { kind: 'settle_card', subject: 'trust_card', amount, by, reason };
      const { decisionId: settlementId, proposed } = await decideAsStaff(tx, this.texts, word);
      if (proposed) return proposed;
      tx.save(CashAccountTable, account);
      const settlement = startSettlement({ id: settlementId, amount, now: tx.now });
      insertSettlement(tx, settlement, {
        createBody: payoutBodyOf(settlementId, amount),
        requestedBy: by,
        reason,
        requestedAt: tx.now,
        correlationId: currentCausality()?.correlationId ?? settlementId,
        traceparent: currentTraceparent() ?? null,
      });
      return { settlementId, amount: Money.encode(amount), status: 'requested' };
    });
  }
}
