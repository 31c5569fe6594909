import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { PersonTexts } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { endCooling } from '../domain/withdrawal-method.ts';
import { loadPerson } from '../tables/person.table.ts';
import { loadMethod } from '../tables/withdrawal-method.table.ts';
import { saveSettled } from './settle-methods.ts';

export class EndCooling extends Command<void> {
  constructor(readonly input: { message: MessageRef; methodId: string }) {
    super();
  }
}

/** The timer of W-1: the method is active now, unless it still waits for something else (M-21). */
@CommandHandler(EndCooling)
export class EndCoolingHandler implements ICommandHandler<EndCooling> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly texts: PersonTexts,
  ) {}

  execute(command: EndCooling): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const method = await loadMethod(tx, command.input.methodId);
      const cooled = endCooling(method, tx.now);
      if (!cooled) return;
      const person = await loadPerson(tx, method.accountId);
      await saveSettled(tx, this.texts, { person, method: cooled });
    });
  }
}
