import { type MethodKind, payoutsEvents } from '@holdfast/events';
import {
  currentCausality,
  currentTraceparent,
  type MessageRef,
  newId,
  UnitOfWork,
} from '@holdfast/messaging';
import { currentSettings, type Hidden, PersonTexts } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { addMethod, startMethod } from '../domain/withdrawal-method.ts';
import { payoutsSettings } from '../settings.ts';
import { loadPerson } from '../tables/person.table.ts';
import { type BankDetails, detailsPlace, insertMethod } from '../tables/withdrawal-method.table.ts';
import { checkName } from './settle-methods.ts';

export type AddedMethod = { methodId: string; status: 'added'; usableAt: string; lastFour: string };

export class AddWithdrawalMethod extends Command<AddedMethod> {
  constructor(
    readonly input: {
      message: MessageRef;
      accountId: string;
      kind: MethodKind;
      details: Hidden<BankDetails>;
    },
  ) {
    super();
  }
}

/**
 * A freelancer adds a bank account: stored encrypted, to be screened, registered at the bank and cooled off
 * before it can be used (W-1 to W-3, W-17).
 */
@CommandHandler(AddWithdrawalMethod)
export class AddWithdrawalMethodHandler implements ICommandHandler<AddWithdrawalMethod> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly texts: PersonTexts,
  ) {}

  execute(command: AddWithdrawalMethod): Promise<AddedMethod> {
    return this.unitOfWork.once(command, async (tx) => {
      const { accountId, kind } = command.input;
      const details = command.input.details.reveal();
      const person = await loadPerson(tx, accountId);
      const key = await this.texts.keyOf(tx, accountId);
      const settings = await currentSettings(tx, payoutsSettings);
      const methodId = newId();
      const added = addMethod({
        methodId,
        accountId,
        kind,
        routingNumber: details.routingNumber,
        name: checkName(this.texts, key, person, details.holderName),
        now: tx.now,
        coolingDays: settings['method.cooling_days'],
      });
      const lastFour = details.accountNumber.slice(-4);
      const method = startMethod(added, {
        lastFour,
        detailsSealed: this.texts.seal(key, detailsPlace(methodId), details),
        screeningId: newId(),
        correlationId: currentCausality()?.correlationId ?? methodId,
        traceparent: currentTraceparent(),
        now: tx.now,
      });
      insertMethod(tx, method);
      tx.publish(payoutsEvents, [added]);
      return { methodId, status: 'added', usableAt: added.dueAt.toISOString(), lastFour };
    });
  }
}
