import { isLate, Rejection, usd } from '@holdfast/domain';
import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { decideAsStaff, dropProposal, PersonTexts, type Proposed } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { evidenceBodyOf } from '../domain/evidence.ts';
import { type ChargebackRow, ChargebackTable, fromRow, toRow } from '../tables/chargeback.table.ts';
import { LotTable } from '../tables/lot.table.ts';
import { MilestoneTable } from '../tables/milestone.table.ts';
import { TransferTable } from '../tables/transfer.table.ts';
import { acceptedBy } from './record-chargeback.ts';

export type AnsweredChargeback = { chargebackId: string; answer: 'contest' | 'accept' } & (
  | { status?: undefined }
  | Proposed
);

export class AnswerChargeback extends Command<AnsweredChargeback> {
  constructor(
    readonly input: {
      message: MessageRef;
      chargebackId: string;
      answer: 'contest' | 'accept';
      /** The operator, recorded with the reason (AD-21). */
      by: string;
      reason: string;
    },
  ) {
    super();
  }
}

/**
 * The platform contests a chargeback with the contract's records, or accepts it (P-9, P-11). The bytes are stored before
 * the call; the answer says that it is on its way. To accept gives amount and fee away: above `staff.dual_control` two
 * persons do (S-11).
 * @throws Rejection chargeback.unknown | chargeback.not_open | chargeback.answered | chargeback.over |
 *   decision.second_person_needed
 */
@CommandHandler(AnswerChargeback)
export class AnswerChargebackHandler implements ICommandHandler<AnswerChargeback> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly texts: PersonTexts,
  ) {}

  execute(command: AnswerChargeback): Promise<AnsweredChargeback> {
    return this.unitOfWork.once(command, async (tx) => {
      const { chargebackId, answer, by, reason } = command.input;
      const row = await tx.one(ChargebackTable, { id: chargebackId });
      if (!row) throw new Rejection('chargeback.unknown');
      assertAnswerable(row, tx.now);
      const isContesting = answer === 'contest';
      const proposed = await this.#decide(tx, row, command.input);
      if (proposed) return { chargebackId, answer, ...proposed };
      const chargeback = isContesting ? fromRow(row) : acceptedBy(tx, fromRow(row), 'accepted');
      tx.save(
        ChargebackTable,
        toRow(chargeback, {
          ...row,
          answer,
          answerBody: isContesting ? await evidenceOf(tx, row) : '',
          answeredBy: by,
          answerReason: reason,
          evidenceDueAt: null,
          nextCallAt: tx.now,
        }),
      );
      return { chargebackId, answer };
    });
  }

  /** @returns what waits for a second person; nothing where the answer is given */
  async #decide(
    tx: Tx,
    { id, amountMinor, feeMinor, dueAt }: ChargebackRow,
    { answer, by, reason }: AnswerChargeback['input'],
  ): Promise<Proposed | undefined> {
    const about = { kind: 'accept_chargeback', subject: id };
    if (answer === 'contest') return void (await dropProposal(tx, about));
    const amount = usd(amountMinor + feeMinor);
    return (await decideAsStaff(tx, this.texts, { ...about, amount, by, reason, endsAt: dueAt })).proposed;
  }
}

function assertAnswerable({ status, answer, dueAt }: ChargebackRow, now: Date): void {
  if (answer) throw new Rejection('chargeback.answered');
  if (status !== 'received') throw new Rejection('chargeback.not_open');
  if (isLate(now, dueAt)) throw new Rejection('chargeback.over');
}

async function evidenceOf(tx: Tx, { agreementId, fundingId }: ChargebackRow): Promise<string> {
  const lots = await tx.many(LotTable, { fundingId });
  const paidFor = new Set(lots.map(({ milestoneId }) => milestoneId));
  const milestones = (await tx.many(MilestoneTable, { agreementId })).filter(({ id }) => paidFor.has(id));
  const releases = (await tx.many(TransferTable, { agreementId })).filter(
    ({ milestoneId }) => milestoneId && paidFor.has(milestoneId),
  );
  return evidenceBodyOf({
    agreementId,
    chargedAt: lots[0]?.chargedAt ?? tx.now,
    milestones: milestones.map(({ id, status, submissionId }) => {
      return { id, status, ...(submissionId ? { submissionId } : {}) };
    }),
    releases: releases.map(({ id, milestoneId, releasedAt, grossMinor, netMinor }) => ({
      id,
      ...(milestoneId ? { milestoneId } : {}),
      releasedAt,
      grossMinor: grossMinor ?? netMinor,
    })),
  });
}

export class ExpireEvidence extends Command<void> {
  constructor(readonly input: { message: MessageRef; chargebackId: string }) {
    super();
  }
}

/** Unanswered by the due date it is accepted (P-11): the timer, dated then. */
@CommandHandler(ExpireEvidence)
export class ExpireEvidenceHandler implements ICommandHandler<ExpireEvidence> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: ExpireEvidence): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const row = await tx.one(ChargebackTable, { id: command.input.chargebackId });
      if (!row?.evidenceDueAt || !isLate(tx.now, row.evidenceDueAt)) return;
      const accepted = acceptedBy(tx, fromRow(row), 'unanswered');
      tx.save(ChargebackTable, toRow(accepted, { ...row, evidenceDueAt: null, nextCallAt: tx.now }));
    });
  }
}
