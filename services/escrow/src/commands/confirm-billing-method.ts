import { type Money, NotYet, Rejection, usd } from '@holdfast/domain';
import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { assertConfirmable, judge } from '../domain/small-charge.ts';
import { type BillingMethod, BillingMethodTable } from '../tables/billing-method.table.ts';
import { SmallChargeTable } from '../tables/small-charge.table.ts';
import { loadMethod } from './order-billing-methods.ts';
import { giveBackSmallCharges } from './small-charges.ts';
import { endConfirmation, refuseMethod, verifyMethod } from './verify-method.ts';

export type ConfirmAnswer = { methodId: string; status: 'verified' };

export class ConfirmBillingMethod extends Command<ConfirmAnswer> {
  constructor(
    readonly input: {
      message: MessageRef;
      accountId: string;
      methodId: string;
      /** As they stand in the statement, in either order. */
      amounts: readonly [Money, Money];
    },
  ) {
    super();
  }
}

/**
 * The client tells what the two small charges took, and the method is verified (P-2). A wrong answer is refused, and
 * costs a try all the same.
 * @throws Rejection billing_method.amounts_wrong | billing_method.not_confirming | billing_method.confirmation_over
 */
@CommandHandler(ConfirmBillingMethod)
export class ConfirmBillingMethodHandler implements ICommandHandler<ConfirmBillingMethod> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: ConfirmBillingMethod): Promise<ConfirmAnswer> {
    return this.unitOfWork.once(command, async (tx) => {
      const { amounts, ...of } = command.input;
      const method = await loadMethod(tx, of);
      assertConfirmable(method, tx.now);
      const { id: methodId } = method;
      const charges = await tx.many(SmallChargeTable, { methodId });
      const charged = charges.map(({ amountMinor }) => usd(amountMinor));
      const { status, triesLeft } = judge(charged, amounts, method.triesLeft!);
      const judged: BillingMethod = { ...method, triesLeft };
      if (status === 'confirming') tx.save(BillingMethodTable, judged);
      if (status === 'verified') await verifyMethod(tx, judged);
      if (status === 'refused') {
        refuseMethod(tx, judged, 'amounts_wrong');
        endConfirmation(tx, judged, 'amounts_wrong');
      }
      if (status !== 'confirming') await giveBackSmallCharges(tx, methodId);
      // Returned, not thrown: the try is gone, although it is refused.
      return status === 'verified'
        ? { methodId, status }
        : new Rejection('billing_method.amounts_wrong', { triesLeft });
    });
  }
}

export class ExpireConfirmation extends Command<void> {
  constructor(readonly input: { message: MessageRef; methodId: string }) {
    super();
  }
}

/** Nobody has said what the charges took: the card is not used, and the money goes back (P-2). */
@CommandHandler(ExpireConfirmation)
export class ExpireConfirmationHandler implements ICommandHandler<ExpireConfirmation> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: ExpireConfirmation): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const method = await tx.one(BillingMethodTable, { id: command.input.methodId });
      if (!method) throw new NotYet('billing_method.unknown');
      if (method.status !== 'confirming' || method.confirmBy! > tx.now) return;
      refuseMethod(tx, method, 'not_confirmed');
      endConfirmation(tx, method, 'not_confirmed');
      await giveBackSmallCharges(tx, method.id);
    });
  }
}
