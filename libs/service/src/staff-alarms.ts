import { BusinessClock } from '@holdfast/messaging';
import { MikroORM } from '@mikro-orm/postgresql';
import type { INestApplicationContext } from '@nestjs/common';
import type { AlarmCheck } from './alarms.ts';
import { StaffDecisionTable } from './staff-decision.table.ts';

/** Enough to act on; the oldest ones are named. */
const findingsMax = 100;

/** Money that waits for the word of a second person, until that is given or the proposal lapses (S-11). */
export function staffAlarms(app: Pick<INestApplicationContext, 'get'>): AlarmCheck[] {
  const [orm, clock] = [app.get<MikroORM>(MikroORM), app.get(BusinessClock)];
  return [
    {
      name: 'decision.proposed',
      find: async () => {
        const waiting = { status: 'proposed', lapsesAt: { $gt: clock.now() } } as const;
        const order = { orderBy: { proposedAt: 'asc' }, limit: findingsMax } as const;
        const decisions = await orm.em.fork().find(StaffDecisionTable, waiting, order);
        return decisions.map(({ id, kind, proposedAt, lapsesAt }) => {
          const facts = { kind, lapsesAt: lapsesAt.toISOString() };
          return { id, what: 'a decision waits for a second person', since: proposedAt, facts };
        });
      },
    },
  ];
}
