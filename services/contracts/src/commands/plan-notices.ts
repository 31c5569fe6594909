import { NotYet } from '@holdfast/domain';
import {
  currentCausality,
  currentTraceparent,
  type MessageRef,
  newId,
  type Tx,
  UnitOfWork,
} from '@holdfast/messaging';
import { currentSettings } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { cancel, plan } from '../domain/notice.ts';
import { deadlinesEndedBy, type Known, noticesFor, type TellingFact } from '../domain/notices.ts';
import { contractsSettings, daysOf } from '../settings.ts';
import { AgreementTable } from '../tables/agreement.table.ts';
import { fromRow, insertNotice, NoticeTable, saveNotice } from '../tables/notice.table.ts';
import { SubmissionTable } from '../tables/submission.table.ts';

/** Facts of other services by which somebody is told something. */
export type ForeignTelling = Exclude<TellingFact, { type: `contracts.${string}` }>;

export class PlanNotices extends Command<void> {
  constructor(readonly input: { message: MessageRef; event: ForeignTelling }) {
    super();
  }
}

/** Writes down who is to be told what by another service's fact, once; the mails are work of their own (C-7). */
@CommandHandler(PlanNotices)
export class PlanNoticesHandler implements ICommandHandler<PlanNotices> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: PlanNotices): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { message, event } = command.input;
      const parties = 'agreementId' in event ? await partiesOf(tx, event.agreementId) : undefined;
      const submittedAt = 'submissionId' in event ? await submittedAtOf(tx, event.submissionId) : undefined;
      await tell(tx, event, { causeId: message.id, parties, submittedAt });
    });
  }
}

async function partiesOf(tx: Tx, id: string): Promise<Known['parties']> {
  const agreement = await tx.peek(AgreementTable, { id });
  if (!agreement) throw new NotYet('agreement.unknown');
  return agreement;
}

const submittedAtOf = async (tx: Tx, id: string | undefined): Promise<Date | undefined> =>
  id === undefined ? undefined : (await tx.peek(SubmissionTable, { id }))?.submittedAt;

/** Plans what a fact tells, and takes back what it makes pointless; for own facts in the transaction of their act. */
export async function tell(
  tx: Tx,
  fact: TellingFact,
  { causeId, ...known }: Pick<Known, 'parties' | 'submittedAt'> & { causeId: string },
): Promise<void> {
  for (const { service, kind, id } of deadlinesEndedBy(fact)) {
    const named = { deadlineService: service, deadlineKind: kind, deadlineId: id };
    for (const row of await tx.many(NoticeTable, { ...named, status: 'planned' })) {
      saveNotice(tx, row, cancel(fromRow(row)));
    }
  }
  const settings = await currentSettings(tx, contractsSettings);
  const told = noticesFor(fact, {
    ...known,
    now: tx.now,
    reminderDays: daysOf(settings['review.reminder_days']),
    noticeHours: settings['forfeit.notice_hours'],
  });
  for (const one of told) insertNotice(tx, plan({ id: newId(), causeId }, one), frameOfCause(causeId));
}

/** What joins a mail to the act that it tells of (AD-22). */
export const frameOfCause = (causeId: string) => ({
  address: null,
  correlationId: currentCausality()?.correlationId ?? causeId,
  traceparent: currentTraceparent() ?? null,
});
