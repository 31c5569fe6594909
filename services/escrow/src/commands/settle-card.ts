import { Money } from '@holdfast/domain';
import {
  currentCausality,
  currentTraceparent,
  type MessageRef,
  newId,
  UnitOfWork,
} from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { settleable, startSettlement } from '../domain/settlement.ts';
import { payoutBodyOf } from '../providers/card-payout.ts';
import { CardCashView, CashAccountTable, insertSettlement } from '../tables/settlement.table.ts';

export type SettleAnswer = {
  settlementId: string;
  amount: { amountMinor: string; currency: string };
  status: 'requested';
};

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
 * says that it has begun. One person is enough: S-11 asks for two where staff decides who gets money, and this
 * money only changes its place.
 * @throws Rejection treasury.nothing_to_settle | treasury.insufficient
 */
@CommandHandler(SettleCard)
export class SettleCardHandler implements ICommandHandler<SettleCard> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: SettleCard): Promise<SettleAnswer> {
    return this.unitOfWork.once(command, async (tx) => {
      const { by, reason, amount: asked } = command.input;
      // Loaded before the cash is read and saved at the end: nobody else has promised of it in between.
      const account = (await tx.one(CashAccountTable, { name: 'trust_card' }))!;
      const cash = (await tx.peek(CardCashView, { id: 'trust_card' }))!;
      const amount = settleable(cash, asked);
      tx.save(CashAccountTable, account);
      const settlementId = newId();
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
