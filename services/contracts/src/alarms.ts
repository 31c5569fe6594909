import { BusinessClock } from '@holdfast/messaging';
import type { AlarmCheck } from '@holdfast/service';
import { MikroORM } from '@mikro-orm/postgresql';
import type { INestApplicationContext } from '@nestjs/common';
import { type NoticeRow, NoticeTable } from './tables/notice.table.ts';

/** 15 min, like `answer.alarm_minutes` of M-15: a mail is tried again every 30 s. */
const unsentMaxMs = 15 * 60_000;
/** Enough to act on; the oldest ones are named. */
const findingsMax = 100;

/** What contracts watches besides what every service does: whether people hear what they must hear (C-7, C-8). */
export function contractsAlarms(app: Pick<INestApplicationContext, 'get'>): AlarmCheck[] {
  const [orm, clock] = [app.get<MikroORM>(MikroORM), app.get(BusinessClock)];
  const find = (where: object): Promise<NoticeRow[]> =>
    orm.em.fork().find(NoticeTable, where, { orderBy: { plannedAt: 'asc' }, limit: findingsMax });
  const factsOf = ({ template, accountId }: NoticeRow) => ({ template, accountId });
  return [
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
