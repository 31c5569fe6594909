import { BusinessClock } from '@holdfast/messaging';
import { noticeAlarms } from '@holdfast/providers';
import type { AlarmCheck } from '@holdfast/service';
import { type EntityManager, MikroORM } from '@mikro-orm/postgresql';
import type { INestApplicationContext } from '@nestjs/common';
import { FundingTable } from './tables/funding.table.ts';
import { TransferTable } from './tables/transfer.table.ts';

const minuteMs = 60_000;
/** `recon.lag_minutes` = 15 (M-22): payouts answers a transfer within seconds. */
const transferMaxMs = 15 * minuteMs;
/** 30 min: three misses over 10 minutes settle a doubt, and the call that follows may be in doubt once more (E-26). */
const doubtMaxMs = 30 * minuteMs;
/** Enough to act on; the oldest ones are named. */
const findingsMax = 100;

/** What escrow watches besides what every service does. The rows carry business time, so the thresholds do too. */
export function escrowAlarms(app: Pick<INestApplicationContext, 'get'>): AlarmCheck[] {
  const [orm, clock] = [app.get<MikroORM>(MikroORM), app.get(BusinessClock)];
  const em = (): EntityManager => orm.em.fork();
  const before = (ms: number): Date => new Date(clock.now().getTime() - ms);
  return [
    { name: 'transfer.unanswered', find: () => unanswered(em(), before(transferMaxMs)) },
    { name: 'funding.in_review', find: () => inReview(em()) },
    { name: 'funding.in_doubt', find: () => inDoubt(em(), before(doubtMaxMs)) },
    ...noticeAlarms(app),
  ];
}

/** Released, and not credited by payouts as far as escrow knows (M-22). */
async function unanswered(em: EntityManager, until: Date) {
  const transfers = await em.find(
    TransferTable,
    { status: 'sent', releasedAt: { $lte: until } },
    { orderBy: { releasedAt: 'asc' }, limit: findingsMax },
  );
  return transfers.map(({ id, releasedAt, agreementId }) => {
    return { id, what: 'payouts does not answer a transfer', since: releasedAt, facts: { agreementId } };
  });
}

/** Another amount or currency than asked, or an outcome that could not be found out: not booked (F47). */
async function inReview(em: EntityManager) {
  const fundings = await em.find(
    FundingTable,
    { status: 'in_review' },
    { orderBy: { id: 'asc' }, limit: findingsMax },
  );
  return fundings.map(({ id, agreementId }) => {
    return { id, what: 'a charge waits for a person to compare it', facts: { agreementId } };
  });
}

/** The provider does not answer a step, or its queries find nothing of a call that may have been executed. */
async function inDoubt(em: EntityManager, until: Date) {
  const fundings = await em.find(
    FundingTable,
    {
      status: 'waiting',
      $or: [{ nextCallAt: { $lte: until } }, { misses: { $gt: 0 }, keySince: { $lte: until } }],
    },
    { orderBy: { id: 'asc' }, limit: findingsMax },
  );
  return fundings.map(({ id, agreementId, step, misses, nextCallAt, keySince }) => ({
    id,
    what: 'the outcome of a charge is not known',
    since: nextCallAt! <= until ? nextCallAt! : keySince,
    facts: { agreementId, step: step!, misses },
  }));
}
