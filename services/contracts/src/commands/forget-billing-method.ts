import { NotYet } from '@holdfast/domain';
import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { BillingMethodTable } from '../tables/account.table.ts';

export class ForgetBillingMethod extends Command<void> {
  constructor(readonly input: { message: MessageRef; methodId: string }) {
    super();
  }
}

/** With the last one that goes, the client can send no offer any more. */
@CommandHandler(ForgetBillingMethod)
export class ForgetBillingMethodHandler implements ICommandHandler<ForgetBillingMethod> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: ForgetBillingMethod): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const method = await tx.one(BillingMethodTable, { id: command.input.methodId });
      if (!method) throw new NotYet('billing_method.missing');
      tx.save(BillingMethodTable, { ...method, removed: true });
    });
  }
}
