import {
  currentCausality,
  currentTraceparent,
  type MessageRef,
  newId,
  UnitOfWork,
} from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { BillingMethodTable } from '../tables/billing-method.table.ts';

export class AddBillingMethod extends Command<{ methodId: string; status: 'verifying' }> {
  constructor(readonly input: { message: MessageRef; accountId: string; token: string }) {
    super();
  }
}

/** Stores a card by its provider's token and starts the set-up with its holder present (P-1, P-2, P-15). */
@CommandHandler(AddBillingMethod)
export class AddBillingMethodHandler implements ICommandHandler<AddBillingMethod> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: AddBillingMethod): Promise<{ methodId: string; status: 'verifying' }> {
    return this.unitOfWork.once(command, async (tx) => {
      const { accountId, token } = command.input;
      const methodId = newId();
      tx.insert(BillingMethodTable, {
        id: methodId,
        accountId,
        kind: 'card',
        status: 'verifying',
        token,
        customerId: null,
        setupId: null,
        providerMethod: null,
        payerUrl: null,
        refusal: null,
        mandateAt: null,
        nextCallAt: tx.now,
        correlationId: currentCausality()?.correlationId ?? methodId,
        traceparent: currentTraceparent() ?? null,
      });
      return { methodId, status: 'verifying' };
    });
  }
}
