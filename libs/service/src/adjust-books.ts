import { Rejection } from '@holdfast/domain';
import type { AdjustmentReason } from '@holdfast/events';
import { type MessageRef, newId, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import {
  AdjustmentTable,
  AdjustmentTurnTable,
  adjustmentOf,
  adjustmentTurnId,
  insertProposal,
  loadCorrected,
  sumOf,
} from './adjustment.table.ts';
import {
  type Adjustment,
  type AdjustmentLine,
  adjustmentJournal,
  assertAdjusts,
  type Corrected,
  type Decision,
  decide,
  lessened,
} from './adjustment.ts';
import { PersonTexts } from './person-texts.ts';
import type { ServiceDefinition } from './service-definition.ts';
import { DEFINITION } from './tokens.ts';

export type AdjustmentAnswer = { adjustmentId: string; status: Adjustment['status'] };

export class ProposeAdjustment extends Command<AdjustmentAnswer> {
  constructor(
    readonly input: {
      message: MessageRef;
      by: string;
      corrects: string;
      reason: AdjustmentReason;
      note: string;
      lines: readonly AdjustmentLine[];
    },
  ) {
    super();
  }
}

/**
 * The first of two persons: nothing is posted yet (M-24, S-11).
 * @throws Rejection journal.unknown | adjustment.account_unknown | adjustment.account_kept |
 *   adjustment.account_twice | adjustment.reference_misplaced | adjustment.unbalanced
 */
@CommandHandler(ProposeAdjustment)
export class ProposeAdjustmentHandler implements ICommandHandler<ProposeAdjustment> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly texts: PersonTexts,
    @Inject(DEFINITION) private readonly definition: Pick<ServiceDefinition, 'adjustable'>,
  ) {}

  execute(command: ProposeAdjustment): Promise<AdjustmentAnswer> {
    return this.unitOfWork.once(command, async (tx) => {
      const { by, corrects, reason, note, lines } = command.input;
      const corrected = await loadCorrected(tx, corrects);
      if (!corrected) throw new Rejection('journal.unknown');
      assertAdjusts(lines, corrected, this.definition.adjustable!);
      const id = newId();
      const key = await this.texts.keyOf(tx, by);
      const sealed = this.texts.seal(key, `adjustments/note/${id}`, { note });
      const proposed = { id, corrects, reason, lines, proposedBy: by, proposedAt: tx.now };
      insertProposal(tx, { ...proposed, status: 'proposed' }, sealed);
      return { adjustmentId: id, status: 'proposed' };
    });
  }
}

export class DecideAdjustment extends Command<AdjustmentAnswer> {
  constructor(
    readonly input: {
      message: MessageRef;
      by: string;
      adjustmentId: string;
      decision: Decision;
      note: string;
    },
  ) {
    super();
  }
}

/**
 * The second person posts it or rejects it, or the first one takes it back (M-24, S-11).
 * @throws Rejection adjustment.unknown | adjustment.decided | adjustment.second_person_needed | adjustment.not_own |
 *   money.insufficient
 */
@CommandHandler(DecideAdjustment)
export class DecideAdjustmentHandler implements ICommandHandler<DecideAdjustment> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly texts: PersonTexts,
    @Inject(DEFINITION)
    private readonly definition: Pick<ServiceDefinition, 'name' | 'publishes' | 'adjustable'>,
  ) {}

  execute(command: DecideAdjustment): Promise<AdjustmentAnswer> {
    return this.unitOfWork.once(command, async (tx) => {
      const { by, adjustmentId, decision, note } = command.input;
      const row = await tx.one(AdjustmentTable, { id: adjustmentId });
      if (!row) throw new Rejection('adjustment.unknown');
      const decided = decide(adjustmentOf(row), decision, by, tx.now);
      const key = await this.texts.keyOf(tx, by);
      tx.save(AdjustmentTable, {
        ...row,
        status: decided.status,
        decidedBy: by,
        decisionNote: this.texts.seal(key, `adjustments/decision_note/${adjustmentId}`, { note }),
        decidedAt: tx.now,
      });
      if (decided.status === 'posted') await this.#post(tx, decided, by);
      return { adjustmentId, status: decided.status };
    });
  }

  async #post(tx: Tx, adjustment: Adjustment, approvedBy: string): Promise<void> {
    const { name, publishes, adjustable } = this.definition;
    tx.save(AdjustmentTurnTable, (await tx.one(AdjustmentTurnTable, { id: adjustmentTurnId }))!);
    for (const { account, amountMinor } of lessened(adjustment, adjustable!)) {
      if (amountMinor > (await sumOf(tx, account))) throw new Rejection('money.insufficient', { account });
    }
    const corrected = (await loadCorrected(tx, adjustment.corrects))!;
    tx.post(adjustmentJournal(adjustment, corrected));
    tx.publish(publishes, [postedEvent(name, adjustment, corrected, { approvedBy, postedAt: tx.now })]);
  }
}

/** Ids, the closed reason and amounts; what the two persons wrote stays here. */
const postedEvent = (
  service: string,
  { id, corrects, reason, lines, proposedBy }: Adjustment,
  { agreementId, accountId }: Corrected,
  approved: Readonly<{ approvedBy: string; postedAt: Date }>,
) => ({
  type: `${service}.adjustment.posted`,
  adjustmentId: id,
  corrects,
  agreementId,
  accountId,
  reason,
  lines: lines.map(({ account, side, amount }) => ({ account, side, amount })),
  proposedBy,
  ...approved,
});
