import { NotYet } from '@holdfast/domain';
import { contractsEvents } from '@holdfast/events';
import { type MessageRef, newId, UnitOfWork } from '@holdfast/messaging';
import { PersonTexts } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { appealHold } from '../domain/appeal.ts';
import { fromRow, HoldAppealTable } from '../tables/appeal.table.ts';
import { AccountHoldTable, fromRow as holdOf } from '../tables/hold.table.ts';
import { tell } from './plan-notices.ts';

export type OpenedAppeal = { appealId: string; holdId: string; status: 'open' };

export class AppealHold extends Command<OpenedAppeal> {
  constructor(readonly input: { message: MessageRef; accountId: string; holdId: string; note: string }) {
    super();
  }
}

/**
 * The person says what speaks against a hold; it stands until another person has decided (S-11).
 * @throws Rejection hold.lifted | appeal.open | appeal.too_early
 * @throws NotYet hold.unknown
 */
@CommandHandler(AppealHold)
export class AppealHoldHandler implements ICommandHandler<AppealHold> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly texts: PersonTexts,
  ) {}

  execute(command: AppealHold): Promise<OpenedAppeal> {
    return this.unitOfWork.once(command, async (tx) => {
      const { accountId, holdId, note } = command.input;
      const hold = await tx.one(AccountHoldTable, { id: holdId, accountId });
      if (!hold) throw new NotYet('hold.unknown');
      const earlier = await tx.many(HoldAppealTable, { holdId });
      const appealId = newId();
      const appealed = appealHold(holdOf(hold), earlier.map(fromRow), { appealId, now: tx.now });
      const key = await this.texts.keyOf(tx, accountId);
      tx.insert(HoldAppealTable, {
        ...{ id: appealId, holdId, accountId, status: 'open' },
        note: this.texts.seal(key, `hold_appeals/note/${appealId}`, { note }),
        openedAt: tx.now,
        ...{ decidedBy: null, decisionNote: null, refusal: null, againAt: null, endedAt: null },
      });
      // Its new version: who lifts it at the same time decides again, and meets the appeal.
      tx.save(AccountHoldTable, hold);
      tx.publish(contractsEvents, [appealed]);
      await tell(tx, appealed, { causeId: appealId });
      return { appealId, holdId, status: 'open' };
    });
  }
}
