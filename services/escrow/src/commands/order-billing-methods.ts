import { NotYet, Rejection } from '@holdfast/domain';
import { escrowEvents } from '@holdfast/events';
import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { rankOfPrimary } from '../domain/billing-method.ts';
import { type BillingMethod, BillingMethodTable } from '../tables/billing-method.table.ts';
import { giveBackSmallCharges } from './small-charges.ts';
import { endConfirmation } from './verify-method.ts';

type Input = { message: MessageRef; accountId: string; methodId: string };
type Named = Omit<Input, 'message'>;

export class MakeMethodPrimary extends Command<{ methodId: string; primary: true }> {
  constructor(readonly input: Input) {
    super();
  }
}

/** The client's first choice; the others stay in their order behind it (P-1). */
@CommandHandler(MakeMethodPrimary)
export class MakeMethodPrimaryHandler implements ICommandHandler<MakeMethodPrimary> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: MakeMethodPrimary): Promise<{ methodId: string; primary: true }> {
    return this.unitOfWork.once(command, async (tx) => {
      const method = await loadMethod(tx, command.input);
      if (method.status !== 'verified') throw new Rejection('billing_method.not_verified');
      const { accountId } = method;
      const methods = await tx.many(BillingMethodTable, { accountId, status: 'verified' });
      tx.save(BillingMethodTable, { ...method, rank: rankOfPrimary(methods) });
      return { methodId: method.id, primary: true };
    });
  }
}

export class RemoveBillingMethod extends Command<{ methodId: string; status: 'removed' }> {
  constructor(readonly input: Input) {
    super();
  }
}

/**
 * Nothing is charged by it any more, and its mandate is over (P-16); a charge that is under way comes to its end, and
 * small charges go back (P-2). Who has no other cannot send an offer.
 */
@CommandHandler(RemoveBillingMethod)
export class RemoveBillingMethodHandler implements ICommandHandler<RemoveBillingMethod> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RemoveBillingMethod): Promise<{ methodId: string; status: 'removed' }> {
    return this.unitOfWork.once(command, async (tx) => {
      const method = await loadMethod(tx, command.input);
      const { id: methodId, accountId, kind, status } = method;
      tx.save(BillingMethodTable, {
        ...method,
        status: 'removed',
        removedAt: tx.now,
        nextCallAt: null,
        payerUrl: null,
        confirmBy: null,
      });
      await giveBackSmallCharges(tx, methodId);
      endConfirmation(tx, method, 'removed');
      if (status === 'verified') {
        tx.publish(escrowEvents, [{ type: 'escrow.billing_method.removed', accountId, methodId, kind }]);
      }
      return { methodId, status: 'removed' };
    });
  }
}

/** @throws NotYet billing_method.unknown, also for a removed one or somebody else's (AD-16) */
export async function loadMethod(tx: Tx, { accountId, methodId: id }: Named): Promise<BillingMethod> {
  const method = await tx.one(BillingMethodTable, { id, accountId });
  if (!method || method.status === 'removed') throw new NotYet('billing_method.unknown');
  return method;
}
