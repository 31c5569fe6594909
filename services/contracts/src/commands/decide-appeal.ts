import { NotYet } from '@holdfast/domain';
import { type AppealRefusal, contractsEvents } from '@holdfast/events';
import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { currentSettings, PersonTexts } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { assertDecides, refuseAppeal } from '../domain/appeal.ts';
import { contractsSettings } from '../settings.ts';
import { type AppealRow, fromRow, HoldAppealTable } from '../tables/appeal.table.ts';
import { AccountHoldTable } from '../tables/hold.table.ts';
import { lift } from './lift-hold.ts';
import { tell } from './plan-notices.ts';

export type DecidedAppeal = { appealId: string; holdId: string; status: 'upheld' | 'refused' };

export class DecideAppeal extends Command<DecidedAppeal> {
  constructor(
    readonly input: {
      message: MessageRef;
      appealId: string;
      by: string;
      note: string;
      /** Without one it is upheld. */
      refusal?: AppealRefusal;
    },
  ) {
    super();
  }
}

/**
 * Another operator than the one who placed the hold decides: upheld, the hold is lifted at once; refused, the person is
 * told a class of reason (S-11). Author and words stay here (AD-21).
 * @throws Rejection appeal.decided | appeal.own_hold
 * @throws NotYet appeal.unknown
 */
@CommandHandler(DecideAppeal)
export class DecideAppealHandler implements ICommandHandler<DecideAppeal> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly texts: PersonTexts,
  ) {}

  execute(command: DecideAppeal): Promise<DecidedAppeal> {
    return this.unitOfWork.once(command, async (tx) => {
      const { appealId, by, note, refusal } = command.input;
      const row = await tx.one(HoldAppealTable, { id: appealId });
      if (!row) throw new NotYet('appeal.unknown');
      const { holdId, accountId } = row;
      const hold = (await tx.one(AccountHoldTable, { id: holdId }))!;
      assertDecides(by, fromRow(row), hold.placedBy ?? undefined);
      const key = await this.texts.keyOf(tx, accountId);
      const seal = (place: string): Buffer => this.texts.seal(key, place, { note });
      const decisionNote = seal(`hold_appeals/decision_note/${appealId}`);
      const decided = { ...row, decidedBy: by, decisionNote, endedAt: tx.now };
      if (refusal) {
        await refuse(tx, decided, refusal);
        return { appealId, holdId, status: 'refused' };
      }
      tx.save(HoldAppealTable, { ...decided, status: 'upheld' });
      await lift(tx, hold, 'appeal', { by, note: seal(`account_holds/lift_note/${holdId}`) });
      return { appealId, holdId, status: 'upheld' };
    });
  }
}

async function refuse(tx: Tx, row: AppealRow, refusal: AppealRefusal): Promise<void> {
  const settings = await currentSettings(tx, contractsSettings);
  const againDays = settings['appeal.again_days'];
  const refused = refuseAppeal(fromRow(row), { reason: refusal, now: tx.now, againDays });
  tx.save(HoldAppealTable, { ...row, status: 'refused', refusal, againAt: refused.againAt });
  tx.publish(contractsEvents, [refused]);
  await tell(tx, refused, { causeId: row.id });
}
