import { BusinessClock } from '@holdfast/messaging';
import { noticeAlarms } from '@holdfast/providers';
import { type AlarmCheck, staffAlarms } from '@holdfast/service';
import { type EntityManager, MikroORM } from '@mikro-orm/postgresql';
import type { INestApplicationContext } from '@nestjs/common';
import { type Attended, Attention } from './queries/attention.ts';
import { ClearingTransferTable } from './tables/clearing-transfer.table.ts';
import { WithdrawalMethodTable } from './tables/withdrawal-method.table.ts';

const minuteMs = 60_000;
/** 15 min, like `answer.alarm_minutes` of M-15: a call is tried again every 30 s at the latest. */
const callMaxMs = 15 * minuteMs;
/** `recon.lag_minutes` = 15 (M-22): escrow answers a transfer within seconds. */
const transferMaxMs = 15 * minuteMs;
/** Enough to act on; the oldest ones are named. */
const findingsMax = 100;

/** What payouts watches besides what every service does. The rows carry business time, so the thresholds do too. */
export function payoutsAlarms(app: Pick<INestApplicationContext, 'get'>): AlarmCheck[] {
  const [orm, clock] = [app.get<MikroORM>(MikroORM), app.get(BusinessClock)];
  const em = (): EntityManager => orm.em.fork();
  const before = (ms: number): Date => new Date(clock.now().getTime() - ms);
  return [
    { name: 'screening.undecided', find: () => undecided(em()) },
    { name: 'method.unanswered', find: () => unanswered(em(), before(callMaxMs)) },
    { name: 'transfer.unanswered', find: () => unapplied(em(), before(transferMaxMs)) },
    ...withdrawalAlarms(new Attention(orm, clock)),
    ...staffAlarms(app),
    ...noticeAlarms(app),
  ];
}

/** Under review or blocked by the vendor's word alone: an operator decides (W-17). */
async function undecided(em: EntityManager) {
  const methods = await em.find(
    WithdrawalMethodTable,
    {
      status: { $in: ['added', 'active'] },
      screening: { $in: ['review', 'blocked'] },
      screeningDecided: false,
    },
    { orderBy: { screenedAt: 'asc' }, limit: findingsMax },
  );
  return methods.map(({ id, screenedAt }) => {
    return { id, what: 'a screening waits for a decision', since: screenedAt! };
  });
}

/** Neither the screening vendor nor the bank answers about a new method. */
async function unanswered(em: EntityManager, until: Date) {
  const methods = await em.find(
    WithdrawalMethodTable,
    { nextCallAt: { $lte: until } },
    { orderBy: { nextCallAt: 'asc' }, limit: findingsMax },
  );
  return methods.map(({ id, screening, nextCallAt }) => {
    const what =
      screening === 'pending' ? 'screening does not answer' : 'the bank does not register an account';
    return { id, what, since: nextCallAt! };
  });
}

/** Posted on clearing here, and not by escrow as far as payouts knows (M-22). */
async function unapplied(em: EntityManager, until: Date) {
  const transfers = await em.find(
    ClearingTransferTable,
    { status: 'sent', postedAt: { $lte: until } },
    { orderBy: { postedAt: 'asc' }, limit: findingsMax },
  );
  return transfers.map(({ id, postedAt, withdrawalId, causeId, kind }) => {
    const facts = { ...(withdrawalId ? { withdrawalId } : { causeId: causeId! }), kind };
    return { id, what: 'escrow does not answer a transfer', since: postedAt, facts };
  });
}

function withdrawalAlarms(attention: Attention): AlarmCheck[] {
  const found = async (rows: Promise<Attended[]>, what: string) =>
    (await rows).map(({ withdrawalId, attemptId, review, since }) => {
      const facts = { ...(attemptId ? { attemptId } : {}), ...(review ? { review } : {}) };
      return { id: attemptId ?? withdrawalId, what, since, facts: { withdrawalId, ...facts } };
    });
  return [
    {
      name: 'withdrawal.in_review',
      find: () => found(attention.inReview(), 'a sending waits for a person to look at it'),
    },
    {
      name: 'withdrawal.in_doubt',
      find: () => found(attention.inDoubt(), 'the outcome of a sending is not known'),
    },
    {
      name: 'withdrawal.overdue',
      find: () => found(attention.overdue(), 'it is past its cut-off and not sent'),
    },
  ];
}
