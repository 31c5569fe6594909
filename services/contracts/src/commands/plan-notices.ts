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
import type { InferEntity } from '@mikro-orm/postgresql';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { cancel, plan } from '../domain/notice.ts';
import { deadlinesEndedBy, noticesFor, type TellingFact } from '../domain/notices.ts';
import type { Known } from '../domain/telling.ts';
import { contractsSettings } from '../settings.ts';
import { AgreementTable } from '../tables/agreement.table.ts';
import { fromRow, insertNotice, NoticeTable, saveNotice } from '../tables/notice.table.ts';

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
      const agreement = 'agreementId' in event ? await agreementOf(tx, event.agreementId) : undefined;
      await tell(tx, event, { causeId: message.id, parties: agreement, settings: agreement?.settings });
    });
  }
}

async function agreementOf(tx: Tx, id: string): Promise<InferEntity<typeof AgreementTable>> {
  const agreement = await tx.peek(AgreementTable, { id });
  if (!agreement) throw new NotYet('agreement.unknown');
  return agreement;
}

/**
 * Plans what a fact tells, and takes back what it makes pointless; for own facts in the transaction of their act.
 * Deadlines of an agreement follow its pinned settings.
 */
export async function tell(
  tx: Tx,
  fact: TellingFact,
  { causeId, ...known }: Partial<Pick<Known, 'parties' | 'settings'>> & { causeId: string },
): Promise<void> {
  for (const { service, kind, id } of deadlinesEndedBy(fact)) {
    const named = { deadlineService: service, deadlineKind: kind, deadlineId: id };
    for (const row of await tx.many(NoticeTable, { ...named, status: 'planned' })) {
      saveNotice(tx, row, cancel(fromRow(row)));
    }
  }
  const settings = known.settings ?? (await currentSettings(tx, contractsSettings));
  for (const told of noticesFor(fact, { now: tx.now, parties: known.parties, settings })) {
    insertNotice(tx, plan({ id: newId(), causeId }, told), frameOfCause(causeId));
  }
}

/** What joins a mail to the act that it tells of (AD-22). */
export const frameOfCause = (causeId: string) => ({
  address: null,
  correlationId: currentCausality()?.correlationId ?? causeId,
  traceparent: currentTraceparent() ?? null,
});
