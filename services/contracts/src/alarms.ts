import { BusinessClock } from '@holdfast/messaging';
import type { AlarmCheck } from '@holdfast/service';
import { type EntityManager, MikroORM } from '@mikro-orm/postgresql';
import type { INestApplicationContext } from '@nestjs/common';
import { AgreementTable } from './tables/agreement.table.ts';
import { AmendmentTable } from './tables/amendment.table.ts';
import { HoldAppealTable } from './tables/appeal.table.ts';
import { type NoticeRow, NoticeTable } from './tables/notice.table.ts';
import { SubmissionTable } from './tables/submission.table.ts';

/** 15 min, like `answer.alarm_minutes` of M-15: a mail is tried again every 30 s. */
const unsentMaxMs = 15 * 60_000;
/** `answer.alarm_minutes` = 15 (M-15): escrow answers within seconds. */
const answerMaxMs = 15 * 60_000;
/** Enough to act on; the oldest ones are named. */
const findingsMax = 100;

/**
 * What contracts watches besides what every service does: whether escrow answers what it is asked for (M-15), whether
 * people hear what they must hear (C-7, C-8), and whether they are heard (S-11).
 */
export function contractsAlarms(app: Pick<INestApplicationContext, 'get'>): AlarmCheck[] {
  const [orm, clock] = [app.get<MikroORM>(MikroORM), app.get(BusinessClock)];
  const find = (where: object): Promise<NoticeRow[]> =>
    orm.em.fork().find(NoticeTable, where, { orderBy: { plannedAt: 'asc' }, limit: findingsMax });
  const factsOf = ({ template, accountId }: NoticeRow) => ({ template, accountId });
  const unheard = () => {
    return { em: orm.em.fork(), until: new Date(clock.now().getTime() - answerMaxMs) };
  };
  return [
    { name: 'activation.unanswered', find: () => activationsUnanswered(unheard()) },
    { name: 'submission.unanswered', find: () => submissionsUnanswered(unheard()) },
    { name: 'amendment.unanswered', find: () => amendmentsUnanswered(unheard()) },
    { name: 'end.unanswered', find: () => endsUnanswered(unheard()) },
    { name: 'appeal.undecided', find: () => appealsUndecided(orm.em.fork()) },
    {
      name: 'notice.unsent',
      find: async () => {
        const until = new Date(clock.now().getTime() - unsentMaxMs);
        return (await find({ nextCallAt: { $lte: until } })).map((row) => {
          return { id: row.id, what: 'a mail is not sent', since: row.plannedAt, facts: factsOf(row) };
        });
      },
    },
    {
      name: 'notice.undelivered',
      find: async () => {
        const unproven = { status: ['bounced', 'failed'], provenAt: null, category: 'deadline' };
        const standing = await find({ ...unproven, deadlineDueAt: { $gt: clock.now() } });
        return standing.map((row) => {
          const what = 'a person could not be told of a deadline';
          return { id: row.id, what, since: row.plannedAt, facts: factsOf(row) };
        });
      },
    },
  ];
}

/** Asked before `until`, and neither a yes nor a no of escrow has come. */
type Unheard = Readonly<{ em: EntityManager; until: Date }>;

/** Accepted, and escrow has neither begun its first funding nor refused it (E-3). */
async function activationsUnanswered({ em, until }: Unheard) {
  const agreements = await em.find(
    AgreementTable,
    { fundingUnanswered: true, activatedAt: { $lte: until } },
    { orderBy: { activatedAt: 'asc' }, limit: findingsMax },
  );
  return agreements.map(({ id, activatedAt: since }) => {
    return { id, what: 'escrow does not answer an agreement', since, facts: { agreementId: id } };
  });
}

/** Submitted, and escrow has neither begun its review nor refused it (E-4). */
async function submissionsUnanswered({ em, until }: Unheard) {
  const submissions = await em.find(
    SubmissionTable,
    { status: 'sent', submittedAt: { $lte: until } },
    { orderBy: { submittedAt: 'asc' }, limit: findingsMax },
  );
  return submissions.map(({ id, submittedAt: since, agreementId }) => {
    return { id, what: 'escrow does not answer a submission', since, facts: { agreementId } };
  });
}

/** Accepted by both, and escrow has not answered every change. */
async function amendmentsUnanswered({ em, until }: Unheard) {
  const amendments = await em.find(
    AmendmentTable,
    { acceptedAt: { $lte: until } },
    { orderBy: { acceptedAt: 'asc' }, limit: findingsMax },
  );
  return amendments.map(({ id, acceptedAt, agreementId }) => {
    return {
      id,
      what: 'escrow does not answer a change of terms',
      since: acceptedAt!,
      facts: { agreementId },
    };
  });
}

/** It closes, and escrow has neither cleared it nor said what is left. */
async function endsUnanswered({ em, until }: Unheard) {
  const agreements = await em.find(
    AgreementTable,
    { endUnanswered: true, closingAt: { $lte: until } },
    { orderBy: { closingAt: 'asc' }, limit: findingsMax },
  );
  return agreements.map(({ id, closingAt }) => {
    const what = 'escrow does not answer the end of an agreement';
    return { id, what, since: closingAt!, facts: { agreementId: id } };
  });
}

/** A person says that a hold is wrong: an operator who did not place it decides (S-11). */
async function appealsUndecided(em: EntityManager) {
  const appeals = await em.find(
    HoldAppealTable,
    { status: 'open' },
    { orderBy: { openedAt: 'asc' }, limit: findingsMax },
  );
  return appeals.map(({ id, holdId, openedAt: since }) => {
    return { id, what: 'an appeal waits for a decision', since, facts: { holdId } };
  });
}
