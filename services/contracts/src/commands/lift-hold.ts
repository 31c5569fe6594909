import { NotYet } from '@holdfast/domain';
import { contractsEvents, type HoldReason } from '@holdfast/events';
import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { PersonTexts } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { causeOf, evolve, type LiftingFact, liftHold } from '../domain/hold.ts';
import { HoldAppealTable } from '../tables/appeal.table.ts';
import {
  AccountHoldTable,
  type Author,
  fromRow,
  type HoldRow,
  loadStandingHolds,
  saveLifted,
} from '../tables/hold.table.ts';
import { resumeContracts } from './pause-contracts.ts';
import { tell } from './plan-notices.ts';

export type LiftedHold = { holdId: string; status: 'lifted' };

export class LiftHold extends Command<LiftedHold> {
  constructor(
    readonly input: {
      message: MessageRef;
      accountId: string;
      holdId: string;
      reason: HoldReason;
      by: string;
      note: string;
    },
  ) {
    super();
  }
}

/**
 * An operator lifts one hold, whatever placed it; author and words stay here (S-12, AD-21).
 * @throws Rejection hold.lifted
 * @throws NotYet hold.unknown
 */
@CommandHandler(LiftHold)
export class LiftHoldHandler implements ICommandHandler<LiftHold> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly texts: PersonTexts,
  ) {}

  execute(command: LiftHold): Promise<LiftedHold> {
    return this.unitOfWork.once(command, async (tx) => {
      const { accountId, holdId, reason, by, note } = command.input;
      const row = await tx.one(AccountHoldTable, { id: holdId, accountId });
      if (!row) throw new NotYet('hold.unknown');
      const key = await this.texts.keyOf(tx, accountId);
      const sealed = this.texts.seal(key, `account_holds/lift_note/${holdId}`, { note });
      await liftUnasked(tx, row, reason, { by, note: sealed });
      return { holdId, status: 'lifted' };
    });
  }
}

export class LiftHoldByFact extends Command<void> {
  constructor(readonly input: { message: MessageRef; event: LiftingFact }) {
    super();
  }
}

/** The fact that ends a cause lifts the hold of that cause alone; an operator may have been earlier (S-12). */
@CommandHandler(LiftHoldByFact)
export class LiftHoldByFactHandler implements ICommandHandler<LiftHoldByFact> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: LiftHoldByFact): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { kind, reason, causeId } = causeOf(command.input.event);
      const [standing] = await loadStandingHolds(tx, { kind, causeId });
      if (standing) await liftUnasked(tx, standing, reason);
    });
  }
}

/** What the person has said against it need not be decided any more (S-11). */
async function liftUnasked(tx: Tx, row: HoldRow, reason: HoldReason, author?: Author): Promise<void> {
  const [appeal] = await tx.many(HoldAppealTable, { holdId: row.id, status: 'open' });
  if (appeal) tx.save(HoldAppealTable, { ...appeal, status: 'moot', endedAt: tx.now });
  await lift(tx, row, reason, author);
}

/** The one way in which a hold ends: told, and contracts that it paused go on (S-12, A-17). */
export async function lift(tx: Tx, row: HoldRow, reason: HoldReason, author?: Author): Promise<void> {
  const hold = fromRow(row);
  const lifted = liftHold(hold, reason);
  saveLifted(tx, row, evolve(hold, lifted, tx.now), author);
  tx.publish(contractsEvents, [lifted]);
  await tell(tx, lifted, { causeId: hold.id });
  await resumeContracts(tx, lifted);
}
