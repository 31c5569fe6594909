import { type Money, NotYet, Rejection, usd } from '@holdfast/domain';
import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { assertConfirmable, type Judgement, judge } from '../domain/small-charge.ts';
import { type BillingMethod, BillingMethodTable } from '../tables/billing-method.table.ts';
import { SmallChargeTable } from '../tables/small-charge.table.ts';
import { loadMethod } from './order-billing-methods.ts';
import { giveBackSmallCharges } from './small-charges.ts';
import { refuseMethod, verifyMethod } from './verify-method.ts';

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
 * costs a try all the same: it is counted by a commit of its own, which a repeat finds.
 * @throws Rejection billing_method.amounts_wrong | billing_method.not_confirming | billing_method.confirmation_over
 */
@CommandHandler(ConfirmBillingMethod)
export class ConfirmBillingMethodHandler implements ICommandHandler<ConfirmBillingMethod> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async execute(command: ConfirmBillingMethod): Promise<ConfirmAnswer> {
    const { methodId } = command.input;
    const { status, triesLeft } = await this.unitOfWork.once(command, (tx) => confirm(tx, command.input));
    if (status !== 'verified') throw new Rejection('billing_method.amounts_wrong', { triesLeft });
    return { methodId, status };
  }
}

async function confirm(tx: Tx, { amounts, ...of }: ConfirmBillingMethod['input']): Promise<Judgement> {
  const method = await loadMethod(tx, of);
  assertConfirmable(method, tx.now);
  const charges = await tx.many(SmallChargeTable, { methodId: method.id });
  const charged = charges.map(({ amountMinor }) => usd(amountMinor));
  const judgement = judge(charged, amounts, method.triesLeft!);
  const judged: BillingMethod = { ...method, triesLeft: judgement.triesLeft };
  if (judgement.status === 'confirming') {
    tx.save(BillingMethodTable, judged);
    return judgement;
  }
  if (judgement.status === 'verified') await verifyMethod(tx, judged);
  else refuseMethod(tx, judged, 'amounts_wrong');
  await giveBackSmallCharges(tx, method.id);
  return judgement;
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
      await giveBackSmallCharges(tx, method.id);
    });
  }
}
