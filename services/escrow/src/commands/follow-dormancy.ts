import { escrowEvents } from '@holdfast/events';
import { type MessageRef, type PublishedEvent, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type Dormancy, isAsked, loserOf, prove, stop, type Turned, touch } from '../domain/dormancy.ts';
import { AgreementTable } from '../tables/agreement.table.ts';
import {
  DormancyTable,
  dormancyProofs,
  fromRow,
  loadDormancy,
  saveDormancy,
} from '../tables/dormancy.table.ts';
import { NoticeProofTable } from '../tables/refund-request.table.ts';

/** What a decision about dormancy leaves behind. */
export function saveTurned(tx: Tx, { dormancy, events }: Turned): void {
  saveDormancy(tx, dormancy);
  tx.publish(escrowEvents, [...events]);
}

export const settingsOf = async (tx: Tx, agreementId: string) =>
  (await tx.peek(AgreementTable, { id: agreementId }))!.settings;

/** Facts of escrow by which something happens under an agreement (E-20). */
const activities = new Set([
  'escrow.funding.started',
  'escrow.milestone.funded',
  'escrow.milestone.rolled',
  'escrow.milestone.changes_requested',
  'escrow.milestone.released',
  'escrow.refund.requested',
  'escrow.refund.decided',
  'escrow.refund.drawn_on_balance',
  'escrow.refund.asked',
  'escrow.bonus.charged',
]);

/** Each activity restarts the clock, in the transaction of the activity itself, whichever command it is (E-20). */
export async function restartDormancy(tx: Tx, published: readonly PublishedEvent[]): Promise<void> {
  const agreementsOf = (isMeant: (type: string) => boolean): Set<string> =>
    new Set(published.filter(({ type }) => isMeant(type)).map(({ agreementId }) => String(agreementId)));
  const decided = agreementsOf((type) => type.startsWith('escrow.dormancy.'));
  for (const id of agreementsOf((type) => activities.has(type))) {
    // What dormancy decides itself is no activity, nor is what follows from it.
    if (decided.has(id)) continue;
    const row = await tx.one(DormancyTable, { id });
    // The agreement begins with this very transaction.
    if (!row) continue;
    saveTurned(tx, touch(fromRow(row), { at: tx.now }, await settingsOf(tx, id)));
  }
}

export class NoteActivity extends Command<void> {
  constructor(
    readonly input: {
      message: MessageRef;
      agreementId: string;
      at: Date;
      /** The due date of a milestone as it is from here on; null where the milestone is gone. */
      due?: { milestoneId: string; date: string | null };
    },
  ) {
    super();
  }
}

/** What contracts tells of an agreement that is activity: terms, milestones, work and requests; messages are not (E-20). */
@CommandHandler(NoteActivity)
export class NoteActivityHandler implements ICommandHandler<NoteActivity> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: NoteActivity): Promise<void> {
    return this.unitOfWork.once(command, (tx) => noteActivity(tx, command.input));
  }
}

/** Somebody acts outside of escrow, or in a case about its money: the days start again (E-20). */
export async function noteActivity(
  tx: Tx,
  { agreementId, at, due }: Omit<NoteActivity['input'], 'message'>,
): Promise<void> {
  const dormancy = await loadDormancy(tx, agreementId);
  const dueDates = dueDatesAfter(dormancy, due);
  saveTurned(tx, touch(dormancy, { at, dueDates }, await settingsOf(tx, agreementId)));
}

function dueDatesAfter({ dueDates }: Dormancy, due: NoteActivity['input']['due']): Dormancy['dueDates'] {
  if (!due) return dueDates;
  const { [due.milestoneId]: _, ...others } = dueDates;
  return due.date === null ? others : { ...others, [due.milestoneId]: due.date };
}

/** Contracts tells whether the one who would lose by silence was told of the step (C-7, C-8). */
export async function noteDormancyNotice(
  tx: Tx,
  notice: Readonly<{
    noticeId: string;
    agreementId: string;
    accountId: string;
    hasBounced: boolean;
    provenAt: Date;
  }>,
): Promise<void> {
  const { noticeId, agreementId, accountId, hasBounced, provenAt } = notice;
  const dormancy = await loadDormancy(tx, agreementId);
  if (!isAsked(dormancy) || loserOf(dormancy) !== accountId) return;
  if (hasBounced) return saveTurned(tx, stop(dormancy, tx.now));
  const proofs = await dormancyProofs(tx, dormancy);
  if (proofs.some((proof) => proof.noticeId === noticeId)) return;
  tx.insert(NoticeProofTable, {
    id: noticeId,
    deadlineKind: 'dormancy.step',
    deadlineId: agreementId,
    accountId,
    provenAt,
  });
  const proven = prove(dormancy, [...proofs, { noticeId, provenAt }], await settingsOf(tx, agreementId));
  // The row is saved in any case: a timer that has read the proofs before decides again.
  saveTurned(tx, proven);
}
