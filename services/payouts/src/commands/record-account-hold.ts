import type { HoldKind } from '@holdfast/events';
import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { PersonTexts } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { AccountHoldTable, kindsOf, loadHolds, loadPerson, savePerson } from '../tables/person.table.ts';
import { reviewHolds } from './review-holds.ts';
import { settleMethods } from './settle-methods.ts';

export class RecordAccountHold extends Command<void> {
  constructor(
    readonly input: {
      message: MessageRef;
      accountId: string;
      holdId: string;
      kind: HoldKind;
      isStanding: boolean;
    },
  ) {
    super();
  }
}

/**
 * A hold of contracts was placed or lifted (S-5): methods that waited only for it become active, withdrawals
 * are held or go on.
 */
@CommandHandler(RecordAccountHold)
export class RecordAccountHoldHandler implements ICommandHandler<RecordAccountHold> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly texts: PersonTexts,
  ) {}

  execute(command: RecordAccountHold): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { accountId, holdId: id, kind, isStanding: standing } = command.input;
      const before = await loadPerson(tx, accountId);
      const known = await tx.one(AccountHoldTable, { id });
      if (known) tx.save(AccountHoldTable, { ...known, standing });
      else tx.insert(AccountHoldTable, { id, accountId, kind, standing, placedAt: tx.now });
      const others = (await loadHolds(tx, accountId)).filter((hold) => hold.id !== id);
      const person = { ...before, holds: kindsOf(standing ? [...others, { kind }] : others) };
      savePerson(tx, person);
      await settleMethods(tx, this.texts, person);
      await reviewHolds(tx, accountId, { holds: person.holds });
    });
  }
}
