import { BusinessClock } from '@holdfast/messaging';
import type { AlarmCheck, Finding } from '@holdfast/service';
import { MikroORM } from '@mikro-orm/postgresql';
import type { INestApplicationContext } from '@nestjs/common';
import { ProviderNoticeTable } from './provider-notice.table.ts';

/** 15 min, like `answer.alarm_minutes` of M-15: a notice is worked off at once, and every 30 s after a failure. */
const noticeMaxMs = 15 * 60_000;
/** Enough to act on; the oldest ones are named. */
const findingsMax = 100;

/** Notices that could not be worked off, and those that match nothing (0.2 of the provider protocols). */
export function noticeAlarms(app: Pick<INestApplicationContext, 'get'>): AlarmCheck[] {
  const [orm, clock] = [app.get<MikroORM>(MikroORM), app.get(BusinessClock)];
  const find = async (where: object, what: string): Promise<Finding[]> => {
    const rows = await orm.em
      .fork()
      .find(ProviderNoticeTable, where, { orderBy: { receivedAt: 'asc' }, limit: findingsMax });
    return rows.map(({ id, provider, receivedAt }) => ({ id, what, since: receivedAt, facts: { provider } }));
  };
  return [
    {
      name: 'notice.unprocessed',
      find: () => {
        const receivedAt = { $lte: new Date(clock.now().getTime() - noticeMaxMs) };
        return find({ nextCallAt: { $ne: null }, receivedAt }, 'a notice is not worked off');
      },
    },
    {
      name: 'notice.unmatched',
      find: () => find({ outcome: 'unmatched' }, 'a signed notice matches no object of ours'),
    },
  ];
}
