import { payoutsEvents } from '@holdfast/events';
import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { PersonTexts } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { disable, evolve, registered } from '../domain/withdrawal-method.ts';
import { loadPerson } from '../tables/person.table.ts';
import { loadMethod, saveMethod } from '../tables/withdrawal-method.table.ts';
import { saveSettled } from './settle-methods.ts';

/** What the bank said to an account that was to be registered with it. */
export type Registration = { receivingAccountId: string } | { refused: true };

export class RecordRegistration extends Command<void> {
  constructor(readonly input: { message: MessageRef; methodId: string; registration: Registration }) {
    super();
  }
}

/** The bank knows the receiving account, or does not take it: then the method has ended (section 6). */
@CommandHandler(RecordRegistration)
export class RecordRegistrationHandler implements ICommandHandler<RecordRegistration> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly texts: PersonTexts,
  ) {}

  execute(command: RecordRegistration): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { methodId, registration } = command.input;
      const method = await loadMethod(tx, methodId);
      if (method.status !== 'added') return;
      if ('refused' in registration) {
        const disabled = disable(method, 'refused_by_bank')!;
        saveMethod(tx, evolve(method, disabled));
        tx.publish(payoutsEvents, [disabled]);
        return;
      }
      const person = await loadPerson(tx, method.accountId);
      const known = registered(method, registration.receivingAccountId);
      await saveSettled(tx, this.texts, { person, method: known });
    });
  }
}
