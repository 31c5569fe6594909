import type { AppealRefusal } from '@holdfast/events';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type { Appeal } from '../domain/appeal.ts';

/** Appeals against holds: the person's words and those of who decided, encrypted under the person's key (S-11). */
export const HoldAppealTable = defineEntity({
  name: 'HoldAppeal',
  tableName: 'hold_appeals',
  properties: {
    id: p.uuid().primary(),
    holdId: p.uuid(),
    accountId: p.text(),
    status: p.text().$type<Appeal['status']>(),
    note: p.blob().$type<Buffer>(),
    openedAt: p.datetime(),
    /** The operator; null while it is open, and where nobody had to decide it any more. */
    decidedBy: p.text().nullable(),
    decisionNote: p.blob().$type<Buffer>().nullable(),
    refusal: p.text().$type<AppealRefusal>().nullable(),
    againAt: p.datetime().nullable(),
    endedAt: p.datetime().nullable(),
    version: p.integer(),
  },
});
export type AppealRow = Omit<InferEntity<typeof HoldAppealTable>, 'version'>;

export function fromRow(row: AppealRow): Appeal {
  const { id, holdId, accountId, openedAt, status, endedAt, refusal, againAt } = row;
  const appeal = { id, holdId, accountId, openedAt };
  switch (status) {
    case 'open':
      return { ...appeal, status };
    case 'refused':
      return { ...appeal, status, endedAt: endedAt!, refusal: refusal!, againAt: againAt! };
    default:
      return { ...appeal, status, endedAt: endedAt! };
  }
}
